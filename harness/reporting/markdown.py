"""A comment for a pull request: verdict, layers, failures, and how to run them again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.analysis.failures import sentence_of
from harness.reporting.clean import clean
from harness.reporting.numbers import count, percent, points
from harness.reporting.text import next_commands, result_text
from harness.reporting.view import CARDS, SIGNS, WORDS, Report, attention, headline, provenance, short_changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.analysis.outcome import ScenarioResult

_FAILURES = 50
_TEXT_LIMIT = 300
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!@$])")


def render_markdown(report: Report, failures: int = _FAILURES) -> str:
    """GitHub-flavoured Markdown with at most `failures` of them listed."""
    return "\n".join((*_head(report), *_layers(report), *_changes(report), *_failed(report, failures), *_foot(report)))


def _head(report: Report) -> Iterator[str]:
    yield f"## {SIGNS[report.verdict]} {WORDS[report.verdict].capitalize()}: {plain(headline(report))}"
    yield ""
    yield plain(" · ".join(provenance(report)))
    yield ""
    for reason in report.gate.reasons if report.gate else ():
        yield f"- {plain(reason)}"
    yield ""


def _layers(report: Report) -> Iterator[str]:
    yield "| Layer | Rate | n | 95% interval | Against baseline |"
    yield "| --- | ---: | ---: | --- | --- |"
    for name in CARDS:
        metric = report.metrics.layers[name]
        interval = metric.population or metric.interval
        span = f"{percent(interval.low)} to {percent(interval.high)}" if interval else "nothing judged"
        before = report.changes.rates.get(name) if report.changes else None
        change = points(metric.rate - before) if before is not None and metric.rate is not None else "-"
        rate = percent(metric.rate)
        yield f"| {metric.label} | {rate} | {count(metric.hits)}/{count(metric.n)} | {span} | {change} |"
    yield ""


def _changes(report: Report) -> Iterator[str]:
    if report.changes is None:
        return
    found = [f"**{count(len(scenarios))}** {words}" for _, words, scenarios in short_changes(report.changes)]
    yield f"Against {plain(report.changes.baseline)}: {', '.join(found)}. {plain(report.changes.sentence)}".rstrip()
    yield ""


def _failed(report: Report, limit: int) -> Iterator[str]:
    bad = attention(report.results)
    if not bad:
        return
    yield f"### {count(len(bad))} not passed"
    yield ""
    for result in bad[:limit]:
        yield from _failure(report, result)
    if len(bad) > limit:
        yield f"and {count(len(bad) - limit)} more in the report."
        yield ""


def _failure(report: Report, result: ScenarioResult) -> Iterator[str]:
    sentence = sentence_of(result.telling) if result.telling else ""
    aside = " (quarantined)" if result.quarantined else ""
    short = sentence if len(sentence) <= _TEXT_LIMIT else f"{sentence[:_TEXT_LIMIT]}..."
    name = f"{SIGNS[result.verdict]} <b>{plain(result.scenario.id)}</b>{aside}"
    yield f"<details><summary>{name}: {plain(short)}</summary>"
    yield ""
    yield fenced(result_text(report, result)[:4000])
    yield "</details>"
    yield ""


def _foot(report: Report) -> Iterator[str]:
    commands = next_commands(report, attention(report.results))
    if commands:
        yield "Next:"
        yield ""
        yield fenced("\n".join(commands))
    yield ""


def plain(text: str) -> str:
    """Text that Markdown and HTML show as it is, on one line, and that mentions nobody."""
    flat = " ".join(clean(text).split())
    return _SPECIAL.sub(r"\\\1", flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def fenced(text: str) -> str:
    """A code block that its own text cannot close."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{clean(text)}\n{fence}"
