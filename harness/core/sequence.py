"""A trace as one flat sequence of items, like the SDK's own but with nothing missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.core.trace import (
    AgentRef,
    AgentRun,
    Handoff,
    Message,
    ModelCall,
    OtherItem,
    Step,
    ToolCall,
    Trace,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def all_items(trace: Trace) -> tuple[dict[str, Any], ...]:
    """Every item of every run. What a helper did follows the call that ran it, before the next call.

    Within one model answer the calls come first, then the outputs in the order of the calls, as the SDK lists them.
    Each item has `type` (the SDK's name for it), `id` (its step), `run`, `turn`, `agent`, `layer` and `depth` (0 for
    the runs that hold the conversation).
    """
    return tuple(
        {**item, "turn": index}
        for index, turn in enumerate(trace.turns)
        for run in turn.runs
        for item in _of_run(run, depth=0)
    )


def _of_run(run: AgentRun, depth: int) -> Iterator[dict[str, Any]]:
    for child in run.children:
        yield from _of_run(child, depth + 1)
    outputs: list[dict[str, Any]] = []
    for step in run.steps:
        if isinstance(step, ModelCall):
            yield from outputs
            outputs = []
            continue
        common = {
            "id": step.id,
            "run": run.id,
            "agent": step.owner.name,
            "layer": step.owner.layer.value,
            "depth": depth,
        }
        yield {**_item(step), **common}
        if isinstance(step, ToolCall):
            for inner in step.runs:
                yield from _of_run(inner, depth + 1)
        outputs += [{**output, **common} for output in _outputs(step)]
    yield from sorted(outputs, key=lambda item: item["type"] == "handoff_output_item")


def _item(step: Step) -> dict[str, Any]:
    match step:
        case Message():
            return {"type": "message_output_item", "text": step.text}
        case Handoff():
            return {"type": "handoff_call_item", **_call(step), "target": _name(step.target)}
        case ToolCall():
            return {"type": "tool_call_item", **_call(step)}
        case OtherItem():
            return {"type": step.type, "summary": step.summary, "data": step.data}
        case ModelCall():
            return {"type": "model_call"}


def _call(step: ToolCall | Handoff) -> dict[str, Any]:
    return {"name": step.tool, "call_id": step.call_id, "arguments": step.arguments, "status": step.status.value}


def _outputs(step: Step) -> Iterator[dict[str, Any]]:
    """What a call left, if it left anything."""
    if isinstance(step, ToolCall) and step.output is not None:
        yield {"type": "tool_call_output_item", "call_id": step.call_id, "output": step.output}
    if isinstance(step, Handoff) and step.status.value == "ok":
        yield {"type": "handoff_output_item", "call_id": step.call_id, "target": _name(step.target)}


def _name(agent: AgentRef | None) -> str | None:
    return agent.name if agent is not None else None
