"""Expected calls against actual calls: consume-once and optimal.

An alignment leaves as few calls missing or unexpected as any could. What is left over is then paired for the
explanation: calls that fit but came out of order, then calls of the right tool that do not fit.

F1 = 2TP / (2TP + FP + FN), van Rijsbergen, "Information Retrieval" (1979), chapter 7, with TP the calls matched, FP the
unexpected and FN the missing ones; a mismatched or out-of-order pair is one of each. Nothing expected and nothing done
is 1. An alignment passes when nothing counts against it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from harness.core.results import AlignedCall, Alignment, Fit
from harness.core.scenario import Count, ExpectedCall, Order, ToolsExpectation
from harness.core.trace import ToolCall
from harness.scoring.calls import Actual, OutputsBefore, nested_calls
from harness.scoring.expansion import Plan, plans
from harness.scoring.pairing import Calls, pairs_of
from harness.scoring.rows import Paired, rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Helped:
    """An expectation of a helper, and the call it was found behind (None: the call was not made)."""

    expected: ExpectedCall
    call: ToolCall | None
    fit: Fit


@dataclass(frozen=True, slots=True)
class Aligned:
    """An alignment, and where to go on with what helpers should have done."""

    alignment: Alignment
    helped: tuple[Helped, ...] = ()


def align(
    expectation: ToolsExpectation, calls: Sequence[ToolCall], outputs: OutputsBefore = lambda _call, _tool: ()
) -> Alignment:
    """How `calls`, in the order they were made, satisfy `expectation`."""
    return align_helped(expectation, calls, outputs).alignment


def align_helped(expectation: ToolsExpectation, calls: Sequence[ToolCall], outputs: OutputsBefore) -> Aligned:
    """As `align`, with what is expected of helpers behind the calls.

    Where no call is expected, one that failed was made all the same: it can be no retry of anything.
    """
    if not expectation.calls:
        expectation = replace(expectation, count=Count.ALL)
    judged = [call for call in calls if call.tool not in expectation.ignore]
    given = Calls.of(judged, expectation, outputs, partial(_worth, outputs))
    best: Aligned | None = None
    for plan in plans(expectation.calls, len(given.actual), ordered=expectation.order is not Order.ANY_ORDER):
        paired = pairs_of(plan, given)
        rows = rows_of(plan, given.actual, paired, expectation, judged)
        found = Aligned(_scored(rows), _helped(plan, paired))
        if best is None or _better(found.alignment, best.alignment):
            best = found
        if best.alignment.passed:
            break
    return best or Aligned(Alignment(rows=(), f1=1.0, passed=True))


def _better(one: Alignment, other: Alignment) -> bool:
    return (one.passed, one.f1) > (other.passed, other.f1)


def _worth(outputs: OutputsBefore, expected: ExpectedCall, actual: Actual) -> float:
    return align(expected.helper, nested_calls(actual.call), outputs).f1 if expected.helper else 1.0


def _scored(rows: Sequence[AlignedCall]) -> Alignment:
    count = {fit: sum(row.fit is fit for row in rows) for fit in Fit}
    allowed = sum(row.fit is Fit.UNEXPECTED and row.optional for row in rows)
    pairs = count[Fit.MISMATCHED] + count[Fit.OUT_OF_ORDER]
    wrong = count[Fit.MISSING] + count[Fit.UNEXPECTED] - allowed + 2 * pairs
    matched = 2 * count[Fit.MATCHED]
    return Alignment(rows=tuple(rows), f1=matched / (matched + wrong) if wrong else 1.0, passed=not wrong)


def _helped(plan: Plan, paired: Sequence[Paired]) -> tuple[Helped, ...]:
    by_slot = {each.slot: each for each in paired}
    return tuple(
        Helped(slot.call, by_slot[index].actual.call, by_slot[index].fit)
        if index in by_slot
        else Helped(slot.call, None, Fit.MISSING)
        for index, slot in enumerate(plan)
        if slot.call.helper is not None and (index in by_slot or not slot.optional)
    )
