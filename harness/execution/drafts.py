"""A recording's steps in order, before they have ids: what each model call produced, and what the SDK added itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agents import Agent
from agents.items import (
    HandoffCallItem,
    HandoffOutputItem,
    ToolApprovalItem,
    ToolCallItem,
    ToolCallOutputItem,
)

from harness.core.trace import Handoff, ModelCall, Step, ToolCall
from harness.execution.classification import told
from harness.execution.items import (
    call_id_of,
    handoff_targets,
    is_tool_output,
    key_of,
    step_of,
    type_of,
    usage_of,
    value_of,
)
from harness.execution.recording import Recording, SeenModelCall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.system.graph import LiveGraph


@dataclass(slots=True, eq=False)
class Draft:
    """A step to be, of the model call at index `after` of its run (-1: of none). `raw` is None for the call itself."""

    step: Step
    agent: Agent[Any]
    after: int
    raw: Any = None
    seen: SeenModelCall | None = None


def drafts_of(recording: Recording, calls: Sequence[SeenModelCall], graph: LiveGraph) -> list[Draft]:
    """The model calls, each followed by what it produced in the order emitted, and every other item of the run."""
    items = recording.items()
    handed_off = {call_id_of(item.raw_item) for item in items if isinstance(item, HandoffCallItem)}
    called = {call_id_of(item.raw_item) for item in items if isinstance(item, ToolCallItem)}
    drafts: list[Draft] = []
    for index, seen in enumerate(calls):
        drafts.append(Draft(_model_call(seen, recording, graph), seen.agent, index, seen=seen))
        targets = handoff_targets(seen.agent)
        for raw in seen.response.output if seen.response is not None else ():
            named = value_of(raw, "name") in targets and call_id_of(raw) not in called
            is_handoff = call_id_of(raw) in handed_off or named
            step = step_of(raw, seen.agent, graph.ref(seen.agent), handoff=is_handoff)
            drafts.append(Draft(step, seen.agent, index, raw))
    _add_missing(drafts, items, recording, graph)
    return drafts


def _model_call(seen: SeenModelCall, recording: Recording, graph: LiveGraph) -> ModelCall:
    owner = graph.ref(seen.agent)
    if seen.response is None:
        error = recording.error
        why = told(error) if error is not None else "the run ended before an answer"
        return ModelCall(id="", owner=owner, model=seen.model, error=why)
    return ModelCall(
        id="",
        owner=owner,
        model=seen.model,
        usage=usage_of(seen.response),
        response_id=seen.response.response_id,
    )


def _add_missing(drafts: list[Draft], items: Sequence[Any], recording: Recording, graph: LiveGraph) -> None:
    """Put every item of the SDK that no answer accounts for after the one that precedes it in the SDK's list."""
    open_drafts = [draft for draft in drafts if draft.raw is not None]
    anchor = -1
    for item in items:
        match = _counterpart(item, open_drafts, drafts)
        if match is None:
            after = drafts[anchor].after if anchor >= 0 else -1
            match = Draft(_step(item, recording, graph), item.agent or recording.agent, after, item.raw_item)
            drafts.insert(anchor + 1, match)
        elif match in open_drafts:
            open_drafts.remove(match)
            if type_of(item.raw_item) != type_of(match.raw):
                match.step, match.raw = _step(item, recording, graph), item.raw_item
        anchor = max(anchor, drafts.index(match))


def _step(item: Any, recording: Recording, graph: LiveGraph) -> Step:
    """An item of the SDK as a step."""
    agent = item.agent or recording.agent
    return step_of(item.raw_item, agent, graph.ref(agent), handoff=isinstance(item, HandoffCallItem))


def _counterpart(item: Any, open_drafts: list[Draft], drafts: list[Draft]) -> Draft | None:
    """The draft that already tells of this item: the answer it came from, or the call whose output it is."""
    raw = item.raw_item
    if isinstance(item, ToolApprovalItem | HandoffOutputItem) or (
        isinstance(item, ToolCallOutputItem) and is_tool_output(raw)
    ):
        wanted = call_id_of(raw)
        return next((each for each in drafts if wanted is not None and _call_id(each.step) == wanted), None)
    tests = (
        lambda draft: draft.raw is raw,
        lambda draft: key_of(raw) is not None and key_of(draft.raw) == key_of(raw),
        lambda draft: draft.raw == raw,
        lambda draft: isinstance(item, ToolCallItem) and call_id_of(raw) in _ids(draft),
    )
    return next((draft for test in tests for draft in open_drafts if test(draft)), None)


def _ids(draft: Draft) -> set[str]:
    """The call id of an answer, which the SDK keeps when it reads a call as one of another kind."""
    found = call_id_of(draft.raw)
    return {found} if found is not None else set()


def _call_id(step: Step) -> str | None:
    return step.call_id if isinstance(step, ToolCall | Handoff) else None
