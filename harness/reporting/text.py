"""What a terminal, a test failure or a log shows: failures first, then the layers, then what to type next."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO
from urllib.parse import quote

from rich.console import Console
from rich.text import Text

from harness.analysis.failures import sentence_of
from harness.analysis.staleness import advice_of, command_of, reasons
from harness.analysis.verdicts import METRICS, trial_verdicts
from harness.core.results import Fit, Trial, Verdict
from harness.reporting.clean import clean
from harness.reporting.columns import aligned
from harness.reporting.numbers import count, percent, plural, points
from harness.reporting.trajectory import Row, trajectory
from harness.reporting.view import (
    CARDS,
    SIGNS,
    WORDS,
    Report,
    address,
    attention,
    headline,
    provenance,
    rerun,
    short_changes,
)
from harness.scoring.rows import difference_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.analysis.metrics import Metric
    from harness.analysis.outcome import ScenarioResult

SHOWN = 10
"""How many failures are told in full."""

_NUMBERS = (1, 2)
"""Columns of the table of layers that are set to the right."""

_ROWS = 12
_NAMED = ("regressed", "fixed", "unjudged")
"""Kinds of change whose scenarios are named."""

_STYLES = {
    Verdict.PASSED: "cyan",
    Verdict.FAILED: "bold red",
    Verdict.ERRORED: "bold magenta",
    Verdict.NOT_APPLICABLE: "dim",
}


@dataclass(frozen=True, slots=True)
class Signs:
    """Signs that the output's encoding can hold."""

    passed: str = SIGNS[Verdict.PASSED]
    failed: str = SIGNS[Verdict.FAILED]
    errored: str = SIGNS[Verdict.ERRORED]
    absent: str = SIGNS[Verdict.NOT_APPLICABLE]
    arrow: str = "→"
    dot: str = "·"

    def of(self, verdict: Verdict) -> str:
        """The sign of a verdict."""
        signs = (self.passed, self.failed, self.errored, self.absent)
        return dict(zip(Verdict, signs, strict=True))[verdict]


ASCII = Signs(passed="ok", failed="X", arrow="->", dot="|")


def signs_of(stream: TextIO) -> Signs:
    """Plain ASCII unless the stream is UTF-8."""
    encoding = (getattr(stream, "encoding", None) or "ascii").lower().replace("-", "").replace("_", "")
    return Signs() if encoding in ("utf8", "utf8sig", "utf16", "utf32") else ASCII


class _Heard(Console):
    """A console that falls silent when nobody listens any more: what a run is worth does not depend on its readers."""

    def on_broken_pipe(self) -> None:
        """Not rich's own answer, an exit with 1: that is the code of agents that got worse."""
        self.quiet = True


def console_of(stream: TextIO, *, color: bool | None = None) -> Console:
    """A console without markup or emoji. `color` None lets the stream, NO_COLOR and FORCE_COLOR decide."""
    return _Heard(
        file=stream,
        # Without colours a terminal is still one: its progress is a bar.
        force_terminal=None if color is False and stream.isatty() else color,
        no_color=None if color is None else not color,
        markup=False,
        emoji=False,
        highlight=False,
        soft_wrap=True,
    )


class Writer:
    """Writes a report line by line."""

    def __init__(self, console: Console, signs: Signs, place: str = "") -> None:
        self._console = console
        self._signs = signs
        self._place = place

    def line(self, text: str = "", style: str = "") -> None:
        """One line, whatever characters it holds."""
        self._console.print(Text(self._fit(text), style=style))

    def report(self, report: Report, *, verbose: bool = False) -> None:
        """Everything; one line when all is well."""
        bad = attention(report.results)
        if not bad and report.verdict is Verdict.PASSED and not verbose:
            self._well(report)
            return
        self._stale(report)
        told = [each for each in bad if not _is_stale(each.telling)]
        self._failures(report, [each for each in told if not each.quarantined])
        self._aside([each for each in told if each.quarantined])
        self.layers(report)
        self._changes(report)
        self.verdict(report)
        self._next(report, bad)

    def _failures(self, report: Report, deciding: list[ScenarioResult]) -> None:
        for result in deciding[:SHOWN]:
            self.failure(report, result)
        if len(deciding) > SHOWN:
            self.line(f"+{count(len(deciding) - SHOWN)} more", "dim")
            self.line()

    def _aside(self, quarantined: list[ScenarioResult]) -> None:
        """What did not pass and decides nothing, a line each."""
        if not quarantined:
            return
        self.line("Quarantined, decide nothing:", "dim")
        for result in quarantined[:SHOWN]:
            told = f": {sentence_of(result.telling)}" if result.telling else ""
            self.line(f"  {self._signs.of(result.verdict)} {result.scenario.id}{told}", "dim")
        if len(quarantined) > SHOWN:
            self.line(f"  +{count(len(quarantined) - SHOWN)} more", "dim")
        self.line()

    def _stale(self, report: Report) -> None:
        """Recordings of other agents: each change once, however many scenarios it affects."""
        for reason in reasons(each.telling for each in report.results if each.telling and _is_stale(each.telling)):
            affected = f"{count(len(reason.scenarios))} of {plural(len(report.results), 'scenario')}"
            self.line(f"{self._signs.errored} {reason.what}; affects {affected}", _STYLES[Verdict.ERRORED])
            more = f" and {count(len(reason.scenarios) - SHOWN)} more" if len(reason.scenarios) > SHOWN else ""
            self.line(f"  {', '.join(reason.scenarios[:SHOWN])}{more}", "dim")
            for line in reason.advice:
                self.line(f"  {line}")
            self.line()

    def failure(self, report: Report, result: ScenarioResult) -> None:
        """One scenario that did not pass: why, where, and how to run it again."""
        trial = result.telling
        style = _STYLES[result.verdict]
        aside = "  (quarantined)" if result.quarantined else ""
        self.line(f"{self._signs.of(result.verdict)} {result.scenario.id}  {WORDS[result.verdict]}{aside}", style)
        if trial is None:
            return
        self.line(f"  {sentence_of(trial)}")
        for line in advice_of(trial.error.hint) if trial.error else ():
            self.line(f"  {line}")
        self.line(f"  {self._layer_signs(report, result, trial)}", "dim")
        for text, row_style in self._diff(trial):
            self.line(f"    {text}", row_style)
        self.line(f"  {result.scenario.location}  {self._signs.dot}  {rerun(result)}", "dim")
        if self._place:
            link = quote(clean(address(result.scenario.id, result.variant)), safe="")
            self.line(f"  {self._place}#/s/{link}", "dim")
        self.line()

    def _layer_signs(self, report: Report, result: ScenarioResult, trial: Trial) -> str:
        said = trial_verdicts(trial, result.scenario, report.run.graph)
        asked = [f"{METRICS[name].lower()} {self._signs.of(said[name])}" for name in CARDS[:-1] if name in said]
        trials = f"{result.passed} of {plural(len(result.trials), 'trial')} passed" if len(result.trials) > 1 else ""
        return f"  {self._signs.dot}  ".join(each for each in (*asked, trials) if each)

    def _diff(self, trial: Trial) -> Iterator[tuple[str, str]]:
        for section in trajectory(trial):
            wrong = [row for row in section.rows if row.wrong]
            if not wrong:
                continue
            yield section.title, "bold"
            for row in section.rows[:_ROWS]:
                yield from self._row(row)
            if len(section.rows) > _ROWS:
                yield f"... {plural(len(section.rows) - _ROWS, 'more row')}", "dim"

    def _row(self, row: Row) -> Iterator[tuple[str, str]]:
        label = f"{row.label}: " if row.label else ""
        if not row.wrong:
            yield f"{row.mark if row.mark == '=' else ' '} {label}{row.actual or row.expected}", "dim"
            return
        if row.fit is Fit.OUT_OF_ORDER:
            yield f"~ {row.actual}  (out of order)", "yellow"
            return
        if row.expected:
            yield f"- {label}{row.expected}", "red"
        if row.actual:
            yield f"+ {label}{row.actual}", "green"
        for each in row.differences:
            yield f"    {difference_text(each)}", ""

    def layers(self, report: Report) -> None:
        """The table of layers, each rate with its n and its interval."""
        against = bool(report.changes)
        shown = [metric for name, metric in report.metrics.layers.items() if name in CARDS or metric.n]
        heads = ("Layer", "Rate", "n", "95% interval", *(("Against baseline",) if against else ()), "")
        cells = [heads, *(tuple(self._cells(report, metric, against=against)) for metric in shown)]
        for place, line in enumerate(aligned(cells, _NUMBERS)):
            self.line(line, "" if place else "dim")
        self.line()

    def _cells(self, report: Report, metric: Metric, *, against: bool) -> Iterator[str]:
        interval = metric.population or metric.interval
        yield f"  {metric.label}" if metric.name not in CARDS else metric.label
        yield percent(metric.rate)
        yield f"{count(metric.hits)}/{count(metric.n)}"
        yield f"{percent(interval.low)} to {percent(interval.high)}" if interval else "nothing judged"
        if against:
            before = report.changes.rates.get(metric.name) if report.changes else None
            yield points(metric.rate - before) if before is not None and metric.rate is not None else "-"
        absent = "unchecked" if metric.name == "end_to_end" else "not reached"
        notes = [f"{count(metric.errored)} could not be judged"] if metric.errored else []
        notes += [f"{count(metric.not_applicable)} {absent}"] if metric.not_applicable else []
        given = metric.given_above
        if given is not None and given.rate not in (None, metric.rate):
            notes.append(f"{percent(given.rate)} of {count(given.n)} where the layer above was right")
        yield ", ".join(notes)

    def _changes(self, report: Report) -> None:
        if report.changes is None:
            return
        kinds = short_changes(report.changes)
        told = f" {self._signs.dot} ".join(f"{count(len(scenarios))} {words}" for _, words, scenarios in kinds)
        self.line(f"Against {report.changes.baseline}: {told}")
        for name, words, scenarios in kinds:
            if scenarios and name in _NAMED:
                more = f" and {count(len(scenarios) - SHOWN)} more" if len(scenarios) > SHOWN else ""
                self.line(f"  {words}: {', '.join(scenarios[:SHOWN])}{more}")
        if report.changes.sentence:
            self.line(report.changes.sentence)
        self.line()

    def verdict(self, report: Report) -> None:
        """The verdict, its reasons, and where the answers came from."""
        style = _STYLES[report.verdict]
        self.line(f"{WORDS[report.verdict].upper()}: {headline(report)}", style)
        self._reasons(report)
        self.line(f" {self._signs.dot} ".join(provenance(report)), "dim")

    def _reasons(self, report: Report) -> None:
        for reason in report.gate.reasons if report.gate else ():
            self.line(f"  {self._signs.dot} {reason}")

    def _next(self, report: Report, bad: tuple[ScenarioResult, ...]) -> None:
        for command in next_commands(report, bad):
            self.line(f"next: {command}")
        if self._place:
            self.line(f"report: {self._place}")

    def _well(self, report: Report) -> None:
        rates = [report.metrics.layers[name] for name in CARDS]
        told = [f"{each.label.lower()} {percent(each.rate)} n={count(each.n)}" for each in rates if each.n]
        place = [self._place] if self._place else []
        said = f" {self._signs.dot} ".join((headline(report), *told, *provenance(report), *place))
        self.line(f"{self._signs.passed} {said}", _STYLES[Verdict.PASSED])
        self._reasons(report)

    def _fit(self, text: str) -> str:
        safe = clean(text)
        return safe if self._signs is not ASCII else _ascii(safe)


def _is_stale(trial: Trial | None) -> bool:
    return trial is not None and trial.cassette is not None and bool(trial.cassette.stale)


def next_commands(report: Report, bad: tuple[ScenarioResult, ...]) -> list[str]:
    """One to three exact commands, what cannot be judged first."""
    deciding = [each for each in bad if not each.quarantined]
    errors = [each.telling.error for each in deciding if each.telling and each.telling.error]
    found = list(dict.fromkeys(filter(None, (command_of(error.hint) for error in errors))))[:1]
    failed = [each for each in deciding if each.verdict is Verdict.FAILED]
    if len(failed) == 1:
        found.append(rerun(failed[0]))
    elif failed:
        found.append(f"harness run --last-failed{_variant(failed)}")
    otherwise = "harness merge SHARDS" if report.run.info.shard else "harness list"
    return found or ([] if report.verdict is Verdict.PASSED else [otherwise])


def _variant(results: list[ScenarioResult]) -> str:
    """The flag that names the variant these ran with, where it is one and the same."""
    names = {each.variant for each in results}
    return f" --variant {names.pop()}" if len(names) == 1 and None not in names else ""


def failure_lines(report: Report) -> str:
    """Every failure of `report` as plain text, for logs, JUnit and pytest."""

    def write(writer: Writer) -> None:
        for result in attention(report.results):
            writer.failure(report, result)

    return _plain(write).rstrip()


def layer_lines(report: Report) -> str:
    """The table of layers and the verdict of `report` as plain text."""

    def write(writer: Writer) -> None:
        writer.layers(report)
        writer.verdict(report)

    return _plain(write).rstrip()


def result_text(report: Report, result: ScenarioResult) -> str:
    """One failure of `report` as plain text."""
    return _plain(lambda writer: writer.failure(report, result)).rstrip()


def render_text(report: Report) -> str:
    """The whole terminal report as plain text."""
    return _plain(lambda writer: writer.report(report, verbose=True))


def _plain(write: Callable[[Writer], None]) -> str:
    stream = io.StringIO()
    write(Writer(console_of(stream, color=False), Signs()))
    return stream.getvalue()


def _ascii(text: str) -> str:
    for sign, plain in (("→", "->"), ("✓", "ok"), ("✗", "X"), ("·", "|")):
        text = text.replace(sign, plain)
    return text.encode("ascii", "backslashreplace").decode("ascii")
