"""What became of each call: it worked, it failed, or it never ran."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from agents import Agent, RunContextWrapper, default_tool_error_function
from agents.items import HandoffOutputItem, ToolCallOutputItem
from agents.tool import default_tool_timeout_error_message

from harness.core.trace import CallStatus, Handoff, ToolCall, ToolOrigin
from harness.execution.classification import TRIPWIRES, told
from harness.execution.items import (
    call_id_of,
    handoff_targets,
    helper_of,
    is_tool_output,
    output_text,
    raw_output_text,
    tool_named,
    value_of,
)
from harness.execution.recording import Recording
from harness.system.graph import LiveGraph
from harness.system.nodes import origin_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.execution.drafts import Draft
    from harness.execution.recording import SeenToolCall

_DEFAULT_TEXT = default_tool_error_function(RunContextWrapper(None), Exception())
"""What the SDK tells a model about a tool that raised."""

_APPROVALS = {True: "approved", False: "rejected", None: None}


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of a run's calls: outputs by call id, agents handed off to by call id."""

    recording: Recording
    graph: LiveGraph
    outputs: dict[str | None, str]
    targets: dict[str | None, Agent[Any]]
    last: int

    @property
    def context(self) -> Any:
        return getattr(self.recording.result, "context_wrapper", None) or self.recording.context


def settle(drafts: Sequence[Draft], recording: Recording, graph: LiveGraph) -> None:
    """Write into every drafted call and handoff what became of it. A call id seen before has had its turn."""
    items = recording.items()
    outputs = [item for item in items if isinstance(item, ToolCallOutputItem) and is_tool_output(item.raw_item)]
    facts = _Facts(
        recording,
        graph,
        {call_id_of(item.raw_item): raw_output_text(item.raw_item) for item in outputs},
        {call_id_of(item.raw_item): item.target_agent for item in items if isinstance(item, HandoffOutputItem)},
        max((draft.after for draft in drafts), default=-1),
    )
    done: set[str | None] = set()
    for draft in drafts:
        if isinstance(draft.step, ToolCall):
            repeated = draft.step.call_id in done
            done.add(draft.step.call_id)
            draft.step = _repeated(draft.step) if repeated else _settled_call(draft, facts)
    for draft in drafts:
        if isinstance(draft.step, Handoff):
            draft.step = _settled_handoff(draft, [each for each in drafts if each.after == draft.after], facts)


def _repeated(step: ToolCall) -> ToolCall:
    return replace(step, status=CallStatus.NEVER_RAN, error="this call id was used before")


def _settled_call(draft: Draft, facts: _Facts) -> ToolCall:
    step = draft.step
    assert isinstance(step, ToolCall)  # noqa: S101 - for the type checker: only calls are settled here
    seen = facts.recording.tool_calls.get(step.call_id or "")
    tool = seen.tool if seen is not None else tool_named(draft.agent, step.tool)
    helper = helper_of(tool)
    output = facts.outputs.get(step.call_id)
    if output is None and seen is not None and seen.ended is not None:
        output = output_text(seen.output, seen.call)
    step = replace(
        step,
        output=output,
        origin=origin_of(tool) if tool is not None else ToolOrigin.UNKNOWN,
        helper=facts.graph.ref(helper) if helper is not None else None,
        approval=_approval(step, facts),
    )
    if (seen is None and step.approval == "rejected") or _waits(seen, output, facts):
        return replace(step, status=CallStatus.NEVER_RAN)
    failure = _failure_of_run(step, seen, facts) if seen is not None else _failure_before_run(draft, step, facts)
    if failure is None:
        return replace(step, status=CallStatus.OK if seen is not None else CallStatus.NEVER_RAN)
    return replace(step, status=CallStatus.FAILED, error=failure)


def _approval(step: ToolCall, facts: _Facts) -> str | None:
    if facts.context is None or step.call_id is None:
        return None
    return _APPROVALS[facts.context.is_tool_approved(step.tool, step.call_id)]


def _waits(seen: SeenToolCall | None, output: str | None, facts: _Facts) -> bool:
    """Whether the call is a helper's that waits for an approval of its own."""
    return seen is not None and seen.ended is None and output is None and facts.recording.interrupted


def _failure_of_run(step: ToolCall, seen: SeenToolCall, facts: _Facts) -> str | None:
    """Why a tool that began to run failed, or None."""
    if seen.error is not None:
        return seen.error
    if step.output is None:
        return _text(facts.recording.error) or "stopped before it ended"
    if step.output == _timeout_text(seen.tool):
        return step.output
    inner = facts.recording.made_in(step.call_id)
    broken = _text(inner[-1].error) if inner else None
    if seen.told or step.output == _DEFAULT_TEXT or (broken and step.helper is not None):
        return broken or seen.told or step.output
    pattern = facts.graph.data.failed_output
    if pattern and re.search(pattern, step.output):
        return f"its output matches {pattern!r}"
    return None


def _text(error: BaseException | None) -> str | None:
    return told(error) if error is not None else None


def _timeout_text(tool: Any) -> str | None:
    seconds = getattr(tool, "timeout_seconds", None)
    if seconds is None:
        return None
    return default_tool_timeout_error_message(tool_name=tool.name, timeout_seconds=seconds)


def _failure_before_run(draft: Draft, step: ToolCall, facts: _Facts) -> str | None:
    """Why a call was answered, or ended the run, without its tool being run; None when it was just not reached."""
    if step.output is not None:
        return f"refused before it ran: {step.output}"
    unknown = f"ool {_qualified(draft.raw)} not found in agent {draft.agent.name}"
    ended_by = _text(facts.recording.error)
    return ended_by if ended_by is not None and unknown in ended_by else None


def _qualified(raw: Any) -> str:
    namespace, name = value_of(raw, "namespace"), value_of(raw, "name")
    return f"{namespace}.{name}" if namespace and namespace != name else str(name)


def _settled_handoff(draft: Draft, siblings: Sequence[Draft], facts: _Facts) -> Handoff:
    step = draft.step
    assert isinstance(step, Handoff)  # noqa: S101 - for the type checker: only handoffs are settled here
    target = _taken(draft, siblings, facts)
    if target is not None:
        return replace(step, target=facts.graph.ref(target), status=CallStatus.OK)
    meant = handoff_targets(draft.agent).get(step.tool)
    status = CallStatus.FAILED if _broke_the_run(draft, siblings, facts) else CallStatus.NEVER_RAN
    return replace(step, target=facts.graph.ref(meant) if meant is not None else None, status=status)


def _taken(draft: Draft, siblings: Sequence[Draft], facts: _Facts) -> Agent[Any] | None:
    """The agent that the conversation moved to by this call: of several in one answer the SDK takes the first."""
    step = draft.step
    if isinstance(step, Handoff) and step.call_id in facts.targets:
        return facts.targets[step.call_id]
    if not _is_first(draft, siblings):
        return None
    return next((each.target for each in facts.recording.handoffs if each.after == draft.after), None)


def _is_first(draft: Draft, siblings: Sequence[Draft]) -> bool:
    return draft is next(each for each in siblings if isinstance(each.step, Handoff))


def _broke_the_run(draft: Draft, siblings: Sequence[Draft], facts: _Facts) -> bool:
    """Whether the run ended in this handoff: it was the next thing to do, and an error came instead."""
    error = facts.recording.error
    if error is None or isinstance(error, TRIPWIRES) or draft.after != facts.last or not _is_first(draft, siblings):
        return False
    calls = [each.step for each in siblings if isinstance(each.step, ToolCall)]
    return all(call.output is not None for call in calls)
