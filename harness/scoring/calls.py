"""Which tool calls were made, and how one of them compares with an expected call."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.core.results import Difference
from harness.core.scenario import Count, ExpectedCall
from harness.core.trace import JSON, CallStatus, Step, ToolCall, ToolOrigin
from harness.scoring.matchers import explain_arguments
from harness.scoring.wording import alternatives, readable, show

MAX_DIFFERENCES = 20
"""How many differences of one call are kept."""

OutputsBefore = Callable[[ToolCall, str], Sequence[str]]
"""What a tool had answered before a call was made."""


@dataclass(frozen=True, slots=True)
class Actual:
    """A call as it was made. `arguments` is None when the model sent no JSON object; `problem` says why."""

    call: ToolCall
    arguments: Mapping[str, JSON] | None
    problem: str = ""


def tool_calls(steps: Iterable[Step]) -> tuple[ToolCall, ...]:
    """The tool calls among `steps`; handoffs are none."""
    return tuple(step for step in steps if isinstance(step, ToolCall))


def nested_calls(call: ToolCall) -> tuple[ToolCall, ...]:
    """The calls that the helper behind `call` made itself."""
    return tuple(inner for run in call.runs for inner in tool_calls(run.steps))


def made(calls: Iterable[ToolCall], count: Count) -> tuple[Actual, ...]:
    """The calls that count as made: those that succeeded, or all that ran. One of an unknown tool counts if it ran."""
    return tuple(_read(call) for call in calls if _counts(call, count))


def not_counted(calls: Iterable[ToolCall], count: Count) -> tuple[Actual, ...]:
    """The calls that ran but failed where only those that succeeded count."""
    return tuple(_read(call) for call in calls if call.status is CallStatus.FAILED and not _counts(call, count))


def _counts(call: ToolCall, count: Count) -> bool:
    if call.status is CallStatus.NEVER_RAN:
        return False
    return call.status is CallStatus.OK or count is Count.ALL or call.origin is ToolOrigin.UNKNOWN


def _read(call: ToolCall) -> Actual:
    if not call.arguments.strip():
        return Actual(call, {})
    try:
        value = json.loads(call.arguments)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        return Actual(call, None, f"the arguments are not valid JSON ({readable(reason, 100)}): {show(call.arguments)}")
    if not isinstance(value, dict):
        return Actual(call, None, f"the arguments are not a JSON object: {show(value)}")
    return Actual(call, value)


def compare(expected: ExpectedCall, actual: Actual, outputs: OutputsBefore) -> tuple[Difference, ...]:
    """Why `actual` is not the expected call, though of the same tool; empty when it is."""
    return (*_owner(expected, actual), *_arguments(expected, actual, outputs))[:MAX_DIFFERENCES]


def _owner(expected: ExpectedCall, actual: Actual) -> tuple[Difference, ...]:
    owner = actual.call.owner.name
    if not expected.by or owner in expected.by:
        return ()
    wanted = alternatives(expected.by)
    return (Difference(path="by", expected=wanted, actual=readable(owner), reason="is the wrong agent"),)


def _arguments(expected: ExpectedCall, actual: Actual, outputs: OutputsBefore) -> tuple[Difference, ...]:
    if actual.call.origin is ToolOrigin.UNKNOWN:
        name = readable(actual.call.tool)
        return (
            Difference(path="tool", expected=expected.tool, actual=name, reason="is a tool the agent does not have"),
        )
    if actual.arguments is None:
        shown = show(actual.call.arguments)
        return (Difference(path="$", expected="a JSON object", actual=shown, reason=actual.problem),)
    if expected.arguments is None and not expected.exact_arguments:
        return ()
    return explain_arguments(
        expected.arguments or {},
        actual.arguments,
        lambda tool: outputs(actual.call, tool),
        exact=expected.exact_arguments,
    )
