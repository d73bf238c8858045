"""What guardrails found in a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agents import InputGuardrailTripwireTriggered, OutputGuardrailTripwireTriggered
from agents.exceptions import ToolInputGuardrailTripwireTriggered, ToolOutputGuardrailTripwireTriggered

from harness.core.trace import GuardrailOutcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.execution.recording import Recording
    from harness.system.graph import LiveGraph

_STAGES = ("input", "output", "tool_input", "tool_output")


def guardrails_of(recording: Recording, graph: LiveGraph) -> tuple[GuardrailOutcome, ...]:
    """The findings, sorted: guardrails run side by side and the SDK lists them as they finish.

    Beside a tripped input guardrail the others are left out: whether they finished before they were stopped is chance.
    """
    found = {*_listed(recording, graph), *_tripped(recording.error, recording, graph)}
    if any(each.stage == "input" and each.tripped for each in found):
        found = {each for each in found if each.tripped}
    return tuple(sorted(found, key=lambda each: (_STAGES.index(each.stage), each.agent or "", each.name)))


def stopped_by_input(recording: Recording) -> bool:
    """Whether an input guardrail ended the run."""
    return isinstance(recording.error, InputGuardrailTripwireTriggered)


def _listed(recording: Recording, graph: LiveGraph) -> Iterator[GuardrailOutcome]:
    teller = recording.result if recording.result is not None else getattr(recording.error, "run_data", None)
    for stage in _STAGES:
        for each in getattr(teller, f"{stage}_guardrail_results", None) or ():
            yield _outcome(stage, each, recording, graph)


def _tripped(error: BaseException | None, recording: Recording, graph: LiveGraph) -> Iterator[GuardrailOutcome]:
    match error:
        case InputGuardrailTripwireTriggered():
            yield _outcome("input", error.guardrail_result, recording, graph)
        case OutputGuardrailTripwireTriggered():
            yield _outcome("output", error.guardrail_result, recording, graph)
        case ToolInputGuardrailTripwireTriggered():
            yield GuardrailOutcome(name=error.guardrail.get_name(), stage="tool_input", tripped=True)
        case ToolOutputGuardrailTripwireTriggered():
            yield GuardrailOutcome(name=error.guardrail.get_name(), stage="tool_output", tripped=True)


def _outcome(stage: str, result: Any, recording: Recording, graph: LiveGraph) -> GuardrailOutcome:
    """One result of the SDK. A tool's guardrail trips when it does anything but allow."""
    name = result.guardrail.get_name()
    if stage.startswith("tool"):
        return GuardrailOutcome(name=name, stage=stage, tripped=result.output.behavior["type"] != "allow")
    agent = getattr(result, "agent", None) or recording.agent
    return GuardrailOutcome(
        name=name, stage=stage, tripped=result.output.tripwire_triggered, agent=graph.ref(agent).name
    )
