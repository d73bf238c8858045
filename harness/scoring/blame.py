"""The first divergence of a failed trial, and the layer and agent that caused it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.core.results import Alignment, Blame, Fit, Score, Verdict
from harness.core.trace import AgentRun, Layer, ToolCall, Trace
from harness.scoring.wording import readable

_RANK = {Layer.TRIAGE: 0, Layer.SPECIALIST: 1, Layer.HELPER: 2, None: 3}
_Spans = Mapping[str, tuple[int, int]]
"""Where each step begins and ends when the whole trace is read in order."""


def blame(scores: Sequence[Score], trace: Trace) -> Blame | None:
    """Of all failures the one that shows first in the trace; between two at one place, the upper layer's."""
    failed = [each for each in scores if each.verdict is Verdict.FAILED and not each.advisory]
    if not failed:
        return None
    spans, turns = _spans(trace)
    first = min(failed, key=lambda score: _place(score, spans, turns))
    where = f"In turn {first.turn + 1}, " if first.turn is not None and len(trace.turns) > 1 else ""
    detail = _first_row(first.alignment) or first.reason
    return Blame(
        sentence=readable(f"{where}{detail}", 400),
        layer=first.layer,
        agent=first.agent,
        step=first.step,
        turn=first.turn,
        signature=readable(_signature(first), 200),
    )


def _signature(score: Score) -> str:
    """Layer, agent and what went wrong, without ids and values: equal failures have equal signatures."""
    layer = score.layer.value if score.layer else "end_to_end"
    parts = (layer, score.agent or "-", score.scorer, score.outcome or "failed")
    towards = (f"{score.expected} -> {score.actual}",) if score.scorer == "routing" else ()
    return " | ".join((*parts, *towards))


def _first_row(alignment: Alignment | None) -> str:
    rows = alignment.rows if alignment else ()
    return next((row.reason for row in rows if row.fit is not Fit.MATCHED and not row.optional), "")


def _place(score: Score, spans: _Spans, turns: Sequence[tuple[int, int]]) -> tuple[float, int]:
    """Where the failure shows: at its step, for a missing call after the last call before it, else at the end."""
    rank = _RANK[score.layer]
    start, end = turns[score.turn] if score.turn is not None and score.turn < len(turns) else _whole(turns)
    if score.step is not None and score.step in spans:
        return spans[score.step][0], rank
    if score.alignment is not None:
        return _after_last(score.alignment, spans, start), rank
    return end + (0.5 if score.layer is None else 0.0), rank


def _whole(turns: Sequence[tuple[int, int]]) -> tuple[int, int]:
    return (turns[0][0], turns[-1][1]) if turns else (0, 0)


def _after_last(alignment: Alignment, spans: _Spans, start: int) -> float:
    """The end of the last call that was right before the first that was not."""
    place: float = start
    for row in alignment.rows:
        if row.fit is not Fit.MATCHED and not row.optional:
            break
        if row.step is not None and row.step in spans:
            place = spans[row.step][1] + 0.5
    return place


def _spans(trace: Trace) -> tuple[_Spans, list[tuple[int, int]]]:
    spans: dict[str, tuple[int, int]] = {}
    turns: list[tuple[int, int]] = []
    position = 0
    for turn in trace.turns:
        start = position
        for run in turn.runs:
            position = _read(run, position, spans)
        turns.append((start, position))
    return spans, turns


def _read(run: AgentRun, position: int, spans: dict[str, tuple[int, int]]) -> int:
    start = position
    for child in run.children:
        position = _read(child, position, spans)
    for step in run.steps:
        position += 1
        begin = position
        if isinstance(step, ToolCall):
            for inner in step.runs:
                position = _read(inner, position, spans)
        spans[step.id] = (begin, position)
    spans[run.id] = (start, position)
    return position
