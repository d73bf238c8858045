"""Expected against actual, row by row: the route first, then every alignment of tool calls."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.core.results import AlignedCall, Difference, Fit, Score, Trial, Verdict
from harness.core.trace import CallStatus, ToolCall, route_of, runs_of
from harness.scoring.wording import call_text, readable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MARKS: Mapping[Fit, str] = {
    Fit.MATCHED: "=",
    Fit.MISSING: "-",
    Fit.UNEXPECTED: "+",
    Fit.MISMATCHED: "x",
    Fit.OUT_OF_ORDER: "~",
}
"""How a row relates expected and actual: same, missing, unexpected, different, out of order."""

_PATH_SCORERS = ("routing", "route", "escalation", "clarifying_questions", "guardrail")
_CALL_LIMIT = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a trajectory. `fit` None means: it happened, and nothing was expected of it.

    `label` says what is compared where that is not a call. An `allowed` row does not count against the agents.
    """

    fit: Fit | None
    label: str = ""
    expected: str = ""
    actual: str = ""
    note: str = ""
    differences: tuple[Difference, ...] = ()
    allowed: bool = False

    @property
    def mark(self) -> str:
        """The sign between the two columns."""
        return "." if self.fit is None or self.allowed else MARKS[self.fit]

    @property
    def wrong(self) -> bool:
        """Whether this row counts against the agents."""
        return self.fit not in (None, Fit.MATCHED) and not self.allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Rows that were judged together. `note` tells how, or that they were not."""

    title: str
    rows: tuple[Row, ...]
    note: str = ""


def trajectory(trial: Trial) -> tuple[Section, ...]:
    """What should have happened against what did, in reading order; unchecked calls are shown as such."""
    calls = {call.id: call for run in runs_of(trial.trace) for call in run.steps if isinstance(call, ToolCall)}
    turns = len(trial.trace.turns)
    judged = [_aligned(score, calls, turns) for score in trial.scores if score.alignment is not None]
    sections = [_path(trial), *judged]
    if not judged and calls:
        sections.append(_unchecked(trial))
    return tuple(section for section in sections if section.rows)


def _path(trial: Trial) -> Section:
    scores = [each for each in trial.scores if each.scorer in _PATH_SCORERS]
    route = " > ".join(agent.name for agent in route_of(trial.trace))
    rows = [Row(fit=None, actual=route, note="the route taken")] if route else []
    return Section(title="Route", rows=(*rows, *(_path_row(score, len(trial.trace.turns)) for score in scores)))


def _path_row(score: Score, turns: int) -> Row:
    fits = {Verdict.PASSED: Fit.MATCHED, Verdict.FAILED: Fit.MISMATCHED}
    wrong = score.verdict is Verdict.FAILED
    return Row(
        fit=fits.get(score.verdict),
        label=f"{score.scorer.replace('_', ' ')}{turn_of(score, turns)}",
        expected=score.expected,
        actual=score.actual or "nothing",
        note=score.reason if wrong or score.verdict not in fits else "",
        allowed=score.advisory,
    )


def turn_of(score: Score, turns: int) -> str:
    """Which turn a score judges, where there are several."""
    return f", turn {score.turn + 1}" if score.turn is not None and turns > 1 else ""


def _aligned(score: Score, calls: Mapping[str, ToolCall], turns: int) -> Section:
    rows = score.alignment.rows if score.alignment else ()
    layer = "Helper calls" if score.layer is not None and score.layer.value == "helper" else "Tool calls"
    unjudged = score.verdict is Verdict.NOT_APPLICABLE
    note = score.reason if unjudged or not rows else ""
    shown = tuple(_row(row, calls, judged=not unjudged) for row in rows) or (
        Row(fit=None, expected=score.expected, actual=score.actual),
    )
    return Section(title=f"{layer}: {score.agent or 'anyone'}{turn_of(score, turns)}", rows=shown, note=note)


def _row(row: AlignedCall, calls: Mapping[str, ToolCall], *, judged: bool) -> Row:
    made = calls.get(row.step) if row.step else None
    wrong = row.fit is not Fit.MATCHED and not row.optional and judged
    note = _reason(row) if wrong and not row.differences else "arguments unchecked" if row.unchecked else ""
    return Row(
        fit=row.fit,
        expected=row.expected or "",
        actual=call_of(made) if made else "",
        note="allowed" if row.optional and row.fit is not Fit.MATCHED else note,
        differences=row.differences,
        allowed=not judged or (row.optional and row.fit is not Fit.MATCHED),
    )


def _reason(row: AlignedCall) -> str:
    """Why the row is wrong, without the call that stands beside it."""
    return row.reason.partition("), ")[2] or row.reason if row.fit is Fit.UNEXPECTED else row.reason


def _unchecked(trial: Trial) -> Section:
    calls: Sequence[ToolCall] = [
        step
        for turn in trial.trace.turns
        for run in turn.runs
        for step in run.steps
        if isinstance(step, ToolCall) and step.status is not CallStatus.NEVER_RAN
    ]
    rows = tuple(Row(fit=None, actual=call_of(call)) for call in calls)
    return Section(title="Tool calls", rows=rows, note="not checked: the scenario says nothing about tools")


def call_of(call: ToolCall) -> str:
    """The call as it was made, on one line."""
    try:
        arguments = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError):
        arguments = None
    tool = readable(call.tool, 80)
    if not isinstance(arguments, dict):
        return f"{tool}({readable(call.arguments, _CALL_LIMIT)})"
    return readable(call_text(tool, arguments), _CALL_LIMIT)
