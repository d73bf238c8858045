"""The rows of an alignment, in reading order, each with a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.core.results import AlignedCall, Difference, Fit
from harness.core.scenario import Order
from harness.core.trace import CallStatus, ToolCall, ToolOrigin
from harness.scoring.calls import Actual
from harness.scoring.wording import call_text, readable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.core.scenario import ExpectedCall, ToolsExpectation
    from harness.scoring.expansion import Plan, Slot


@dataclass(frozen=True, slots=True)
class Paired:
    """An expected call (its place in the plan) and the actual call it was paired with."""

    slot: int
    actual: Actual
    fit: Fit
    differences: tuple[Difference, ...] = ()


def rows_of(
    plan: Plan,
    actual: Sequence[Actual],
    paired: Sequence[Paired],
    expectation: ToolsExpectation,
    asked: Sequence[ToolCall],
) -> tuple[AlignedCall, ...]:
    """One row for each pair, each missing call and each call left over.

    Rows follow the actual calls; a missing call stands after the last expected call before it that was matched.
    """
    places = {id(call): place for place, call in enumerate(asked)}
    by_call = {id(each.actual.call): each for each in paired}
    known = {id(each.call): each for each in actual} | {id(each.actual.call): each.actual for each in paired}
    rows: list[tuple[int, AlignedCall]] = []
    for call in asked:
        pair = by_call.get(id(call))
        if pair:
            hint = _where(pair, paired, plan, places) if pair.fit is Fit.OUT_OF_ORDER else ""
            rows.append((pair.slot if pair.fit is Fit.MATCHED else -1, _pair_row(pair, plan[pair.slot], hint)))
        elif id(call) in known:
            rows.append((-1, _left_over(known[id(call)], expectation)))
    filled = {each.slot for each in paired}
    for index, slot in enumerate(plan):
        if index not in filled and not slot.optional:
            rows.insert(_after(rows, index), (index, _missing(slot.call, asked)))
    return tuple(row for _, row in rows)


def _where(displaced: Paired, paired: Sequence[Paired], plan: Plan, places: Mapping[int, int]) -> str:
    """Which matched call, on the wrong side of the displaced one, it should have come before or after."""
    place = places[id(displaced.actual.call)]
    for each in sorted((each for each in paired if each.fit is Fit.MATCHED), key=lambda pair: pair.slot):
        came_after = places[id(each.actual.call)] > place
        if plan[each.slot].before >> displaced.slot & 1 and not came_after:
            return f": expected before {plan[each.slot].call.tool}"
        if plan[displaced.slot].before >> each.slot & 1 and came_after:
            return f": expected after {plan[each.slot].call.tool}"
    return ""


def _after(rows: Sequence[tuple[int, AlignedCall]], slot: int) -> int:
    places = [place for place, (index, _) in enumerate(rows) if 0 <= index < slot]
    return max(places) + 1 if places else 0


def expected_text(call: ExpectedCall) -> str:
    """The expected call as text; a bare name when its arguments are unchecked."""
    unchecked = call.arguments is None and not call.exact_arguments
    text = call_text(call.tool, None if unchecked else call.arguments or {})
    least, most = call.times
    if (least, most) == (1, 1):
        return text
    return f"{text} x{least}" if least == most else f"{text} x{least}..{'' if most is None else most}"


def actual_text(actual: Actual) -> str:
    """The call as it was made."""
    if actual.arguments is None:
        return f"{readable(actual.call.tool, 80)}({readable(actual.call.arguments, 80)})"
    return call_text(readable(actual.call.tool, 80), actual.arguments)


def _pair_row(pair: Paired, slot: Slot, hint: str) -> AlignedCall:
    call, expected = pair.actual.call, slot.call
    unchecked = expected.arguments is None and not expected.exact_arguments
    return AlignedCall(
        fit=pair.fit,
        tool=expected.tool,
        expected=expected_text(expected),
        step=call.id,
        agent=call.owner,
        differences=pair.differences,
        reason=_pair_reason(pair, hint, unchecked=unchecked),
        unchecked=unchecked,
        optional=slot.optional and pair.fit is Fit.MATCHED,
    )


def _pair_reason(pair: Paired, hint: str, *, unchecked: bool) -> str:
    who, tool = readable(pair.actual.call.owner.name), readable(pair.actual.call.tool)
    if pair.fit is Fit.MATCHED:
        return f"{who} called {tool} as expected{' (arguments unchecked)' if unchecked else ''}"
    if pair.fit is Fit.OUT_OF_ORDER:
        return f"{who} called {tool} out of order{hint}"
    details = "; ".join(difference_text(each) for each in pair.differences)
    return f"{who} called {tool}, but {details}"


def difference_text(difference: Difference) -> str:
    """A misfit as a clause: where, what was expected, what came, and why that does not fit."""
    if difference.path == "by":
        return f"{difference.expected} should have called it"
    if difference.path == "status":
        return f"the call {difference.reason}"
    if difference.path == "tool":
        return f"it {difference.reason}"
    if difference.path == "$":
        return difference.reason
    return f"{difference.path} {difference.reason}: expected {difference.expected}, got {difference.actual}"


def allows_extra(expectation: ToolsExpectation) -> bool:
    """Whether calls beyond the expected ones are allowed; where none is expected, none is."""
    return bool(expectation.calls) and expectation.order is Order.IN_ORDER


def _left_over(actual: Actual, expectation: ToolsExpectation) -> AlignedCall:
    call = actual.call
    forbidden = call.tool in expectation.forbidden
    unreadable = call.origin is ToolOrigin.UNKNOWN or actual.arguments is None
    allowed = allows_extra(expectation) and not forbidden and not unreadable
    if allowed:
        why = "an extra call, which is allowed here"
    elif forbidden:
        why = "which is forbidden"
    elif call.origin is ToolOrigin.UNKNOWN:
        why = "a tool that it does not have"
    else:
        why = f"which was not expected{'; ' if actual.problem else ''}{actual.problem}"
    return AlignedCall(
        fit=Fit.UNEXPECTED,
        tool=readable(call.tool),
        step=call.id,
        agent=call.owner,
        reason=f"{readable(call.owner.name)} called {actual_text(actual)}, {why}",
        optional=allowed,
    )


def _missing(expected: ExpectedCall, asked: Sequence[ToolCall]) -> AlignedCall:
    text = expected_text(expected)
    never = [call for call in asked if call.tool == expected.tool and call.status is CallStatus.NEVER_RAN]
    told = f"; {readable(never[0].owner.name)} asked for it, but it never ran" if never else ""
    rejected = " (approval was refused)" if never and never[0].approval == "rejected" else ""
    return AlignedCall(
        fit=Fit.MISSING,
        tool=expected.tool,
        expected=text,
        reason=f"{text} was not called{told}{rejected}",
        unchecked=expected.arguments is None and not expected.exact_arguments,
    )
