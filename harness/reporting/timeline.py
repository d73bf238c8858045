"""A trial as a tree in time: agent > model call > tool > helper > ..."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.core.trace import (
    AgentRun,
    CallStatus,
    Handoff,
    Message,
    ModelCall,
    OtherItem,
    Step,
    ToolCall,
)
from harness.reporting.numbers import cut

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.core.results import Timing, Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One bar. `start` and `width` are in percent of the trial; `ms` is None when nothing was measured."""

    kind: str
    title: str
    detail: str = ""
    output: str = ""
    owner: str = ""
    status: str = ""
    tokens: int = 0
    ms: float | None = None
    start: float = 0.0
    width: float = 0.0
    children: tuple[Node, ...] = ()


def timeline(trial: Trial) -> tuple[Node, ...]:
    """One node for each turn, and everything that happened in it below."""
    clock = _Clock(trial.timings)
    return tuple(
        Node(
            kind="turn",
            title=f"Turn {number}" if len(trial.trace.turns) > 1 else "Conversation",
            detail=cut(turn.user),
            children=tuple(_run(run, clock) for run in turn.runs),
        )
        for number, turn in enumerate(trial.trace.turns, start=1)
    )


class _Clock:
    """Places measured times on a scale of 0 to 100."""

    def __init__(self, timings: Mapping[str, Timing]) -> None:
        self._timings = timings
        self._whole = max((each.start_ms + each.duration_ms for each in timings.values()), default=0.0) or 1.0

    def place(self, key: str) -> tuple[float | None, float, float]:
        """Milliseconds, start and width in percent."""
        found = self._timings.get(key)
        if found is None:
            return None, 0.0, 0.0
        width = max(0.5, 100 * found.duration_ms / self._whole)
        start = min(100 * found.start_ms / self._whole, 100 - width)
        return found.duration_ms, round(start, 1), round(width, 1)


def _run(run: AgentRun, clock: _Clock) -> Node:
    ms, start, width = clock.place(run.id)
    tripped = [f"guardrail {each.name} tripped" for each in run.guardrails if each.tripped]
    error = [f"{run.error.type}: {run.error.message}"] if run.error else []
    interrupted = ["interrupted"] if run.interrupted else []
    return Node(
        kind="agent",
        title=run.agent.name,
        detail=cut("; ".join((*error, *tripped, *interrupted))),
        owner=run.agent.layer.value,
        status="failed" if run.error else "",
        tokens=run.usage.total_tokens,
        ms=ms,
        start=start,
        width=width,
        children=(*(_run(child, clock) for child in run.children), *_grouped(run.steps, clock)),
    )


def _grouped(steps: Sequence[Step], clock: _Clock) -> Iterator[Node]:
    """Model calls, each with the steps it asked for below it; steps of no known call stand by themselves."""
    asked: dict[str | None, list[Step]] = {step.id: [] for step in steps if isinstance(step, ModelCall)}
    current: str | None = None
    for step in steps:
        if isinstance(step, ModelCall):
            current = step.id
            continue
        asked.setdefault(step.model_call if step.model_call in asked else current, []).append(step)
    for step in asked.pop(None, []):
        yield _step(step, (), clock)
    for step in steps:
        if isinstance(step, ModelCall):
            yield _step(step, tuple(_step(each, (), clock) for each in asked[step.id]), clock)


def _step(step: Step, children: tuple[Node, ...], clock: _Clock) -> Node:
    ms, start, width = clock.place(step.id)
    kind, title, detail, output, status = _said(step)
    inner = tuple(_run(run, clock) for run in step.runs) if isinstance(step, ToolCall) else ()
    return Node(
        kind=kind,
        title=title,
        detail=cut(detail),
        output=cut(output),
        owner=step.owner.name,
        status=status,
        tokens=step.usage.total_tokens if isinstance(step, ModelCall) else 0,
        ms=ms,
        start=start,
        width=width,
        children=(*children, *inner),
    )


def _said(step: Step) -> tuple[str, str, str, str, str]:
    """Kind, title, detail, output and status of a step."""
    match step:
        case ModelCall():
            return "model", step.model, step.error or "", "", "failed" if step.error else ""
        case Message():
            return "message", "refused" if step.refusal else "said", step.text, "", ""
        case Handoff():
            target = step.target.name if step.target else "nobody"
            return (
                "handoff",
                f"hands off to {target}",
                "" if step.arguments == "{}" else step.arguments,
                "",
                _became(step),
            )
        case ToolCall():
            note = f"approval {step.approval}" if step.approval else ""
            return "tool", step.tool, step.arguments, step.error or step.output or "", _became(step) or note
        case OtherItem():
            return "item", step.type, step.summary, "", ""


def _became(step: Handoff | ToolCall) -> str:
    return "" if step.status is CallStatus.OK else step.status.value.replace("_", " ")
