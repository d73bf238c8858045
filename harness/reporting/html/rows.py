"""The table of scenarios: one short row each, the same for the static page and for its script."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

from harness.analysis.failures import sentence_of
from harness.analysis.verdicts import trial_verdicts
from harness.core.results import Score, Trial, Verdict
from harness.core.trace import route_of, usage_of
from harness.reporting.clean import clean
from harness.reporting.html.cards import CODES
from harness.reporting.view import address
from harness.scoring.scope import level_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.outcome import ScenarioResult
    from harness.reporting.view import Report

DOTS = ("triage.routing", "specialist.tools", "helper.tools", "escalation")
"""The layers that each row shows a sign for."""

_TEXT_LIMIT = 200
_CELL_LIMIT = 90


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row. `status` and `dots` are codes (p f e n, `.` for not asked); `search` is what the search looks through."""

    id: str
    variant: str
    status: str
    quarantined: bool
    flaky: bool
    expected: str
    actual: str
    dots: str
    passed: int
    trials: int
    change: str
    ms: int
    tokens: int
    level: str
    tags: tuple[str, ...]
    search: str

    @property
    def address(self) -> str:
        """What stands behind `#/s/`."""
        return address(self.id, self.variant)


def table_rows(report: Report) -> list[TableRow]:
    """One row a result, in the order of the suite."""
    changed = report.changes.kinds if report.changes else {}
    return [_row(report, result, changed.get(result.scenario.id, "")) for result in report.results]


def packed(rows: Sequence[TableRow]) -> list[tuple[object, ...]]:
    """Rows as plain tuples for the page's script."""
    return [astuple(row) for row in rows]


def attention_order(rows: list[TableRow]) -> list[int]:
    """Row numbers, what needs a look first: failed, could not judge, flaky, then the rest."""
    ranks = {"f": 0, "e": 1}
    return sorted(
        range(len(rows)),
        key=lambda place: (rows[place].quarantined, ranks.get(rows[place].status, 3 - rows[place].flaky), place),
    )


def _row(report: Report, result: ScenarioResult, change: str) -> TableRow:
    telling = result.telling
    expected, actual = _expected_actual(telling) if telling else ("", "")
    level = level_of(result.scenario, report.run.graph)
    count = len(result.trials) or 1
    user = result.scenario.conversation[0].user if result.scenario.conversation else ""
    said = sentence_of(telling) if telling else ""
    return TableRow(
        id=clean(result.scenario.id),
        variant=clean(result.variant or ""),
        status=CODES[result.verdict],
        quarantined=result.quarantined,
        flaky=result.flaky,
        expected=clean(_short(expected)),
        actual=clean(_short(actual)),
        dots=_dots(report, result),
        passed=result.passed,
        trials=len(result.trials),
        change=change,
        ms=round(1000 * sum(trial.seconds for trial in result.trials) / count),
        tokens=round(sum(usage_of(trial.trace).total_tokens for trial in result.trials) / count),
        level=level.value if level else "end to end",
        tags=tuple(clean(tag) for tag in result.scenario.tags),
        search=clean(f"{user[:_TEXT_LIMIT]} {said[:_TEXT_LIMIT]}").lower(),
    )


def _dots(report: Report, result: ScenarioResult) -> str:
    if result.telling is None:
        return "." * len(DOTS)
    said = trial_verdicts(result.telling, result.scenario, report.run.graph)
    return "".join(CODES[said[name]] if name in said else "." for name in DOTS)


def _expected_actual(trial: Trial) -> tuple[str, str]:
    """The blamed score's two sides; where nothing failed the owner of the conversation."""
    if trial.error is not None:
        return "", trial.error.type
    score = _blamed(trial)
    if score is not None:
        return score.expected, score.actual
    routed = [each for each in trial.scores if each.scorer == "routing"]
    if routed:
        return routed[-1].expected, routed[-1].actual
    route = route_of(trial.trace)
    return "", route[-1].name if route else ""


def _blamed(trial: Trial) -> Score | None:
    blame = trial.blame
    failed = [each for each in trial.scores if each.verdict is Verdict.FAILED and not each.advisory]
    if blame is None:
        return failed[0] if failed else None
    same = [each for each in failed if (each.layer, each.agent, each.turn) == (blame.layer, blame.agent, blame.turn)]
    return next(iter(same or failed), None)


def _short(text: str) -> str:
    return text if len(text) <= _CELL_LIMIT else f"{text[: _CELL_LIMIT - 3]}..."
