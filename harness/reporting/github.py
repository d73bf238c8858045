"""What GitHub Actions shows: annotations on the scenario's line, and the summary of the step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.analysis.failures import sentence_of
from harness.core.results import Verdict
from harness.reporting.clean import clean
from harness.reporting.markdown import render_markdown
from harness.reporting.view import Report, attention, rerun

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.analysis.outcome import ScenarioResult

ANNOTATIONS = 9
"""GitHub drops what exceeds ten of a kind a step, without a word: nine, and one that tells of the rest."""

SUMMARY_BYTES = 900_000
"""Over 1 MiB GitHub drops the whole summary."""

_MESSAGE = 1000


def render_annotations(report: Report) -> str:
    """Workflow commands for the log, one a scenario; quarantined ones warn."""
    bad = attention(report.results)
    errors = [result for result in bad if not result.quarantined]
    warnings = [result for result in bad if result.quarantined]
    lines = (*_limited("error", errors), *_limited("warning", warnings))
    return "".join(f"{line}\n" for line in lines)


def render_step_summary(report: Report) -> str:
    """Markdown for GITHUB_STEP_SUMMARY that stays below the limit whatever the run holds."""
    failures = 1000
    text = render_markdown(report, failures)
    while len(text.encode("utf-8", "replace")) > SUMMARY_BYTES and failures:
        failures //= 2
        text = render_markdown(report, failures)
    return text.encode("utf-8", "replace")[:SUMMARY_BYTES].decode("utf-8", "ignore")


def _limited(kind: str, results: list[ScenarioResult]) -> Iterator[str]:
    for result in results[:ANNOTATIONS]:
        yield _annotation(kind, result)
    if len(results) > ANNOTATIONS:
        yield f"::{kind} title=harness::{_data(f'and {len(results) - ANNOTATIONS:,} more scenarios did not pass')}"


def _annotation(kind: str, result: ScenarioResult) -> str:
    where = result.scenario.location
    sentence = sentence_of(result.telling)[:_MESSAGE] if result.telling else ""
    word = "could not judge" if result.verdict is Verdict.ERRORED else result.verdict.value
    properties = {"file": where.file, "line": str(where.line), "title": f"{result.scenario.id} {word}"}
    told = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    message = _data(f"{sentence}\n{rerun(result)}")
    return f"::{kind} {told}::{message}"


def _data(text: str) -> str:
    return clean(text.replace("\r", "\n")).replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
