"""Expected calls against actual calls: consume-once and optimal.

An alignment leaves as few calls missing or unexpected as any could. What is left over is then paired for the
explanation: calls that fit but came out of order, then calls of the right tool that do not fit.

F1 = 2TP / (2TP + FP + FN), van Rijsbergen, "Information Retrieval" (1979), chapter 7, with TP the calls matched, FP the
unexpected and FN the missing ones; a mismatched or out-of-order pair is one of each. Nothing expected and nothing done
is 1. An alignment passes when nothing counts against it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.core.results import AlignedCall, Alignment, Difference, Fit
from harness.core.scenario import ExpectedCall, Order, ToolsExpectation
from harness.core.trace import ToolCall
from harness.scoring.assignment import Pair, assign
from harness.scoring.calls import Actual, OutputsBefore, compare, made, nested_calls, not_counted
from harness.scoring.expansion import Plan, plans
from harness.scoring.ordering import best_in_order, consistent
from harness.scoring.rows import Paired, rows_of

_REQUIRED = 2e12
_OPTIONAL = 1e12
_MATCH = 1e9
_HELPER = 1e8
_MOST = 1000.0


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


@dataclass(frozen=True, slots=True)
class _Table:
    """One plan against the calls made: which pairs are of the same tool, and why they do not fit."""

    plan: Plan
    actual: Sequence[Actual]
    extra: bool
    before: Sequence[int]
    misfits: Mapping[Pair, tuple[Difference, ...]]
    helper: Mapping[Pair, float]

    def weight(self, pair: Pair) -> float:
        """What matching `pair` saves: missing and unexpected calls first, then a helper's worth, then nearness."""
        slot = self.plan[pair[0]]
        worth = _OPTIONAL if self.extra or slot.optional else _REQUIRED
        if self.extra and slot.optional:
            worth = 0.0
        distance = slot.before.bit_count() - self.before[pair[1]].bit_count()
        return worth + _MATCH + _HELPER * self.helper.get(pair, 0.0) - min(distance * distance, 10_000)


def align(
    expectation: ToolsExpectation, calls: Sequence[ToolCall], outputs: OutputsBefore = lambda _call, _tool: ()
) -> Alignment:
    """How `calls`, in the order they were made, satisfy `expectation`."""
    return align_helped(expectation, calls, outputs).alignment


def align_helped(expectation: ToolsExpectation, calls: Sequence[ToolCall], outputs: OutputsBefore) -> Aligned:
    """As `align`, with what is expected of helpers behind the calls."""
    judged = [call for call in calls if call.tool not in expectation.ignore]
    actual = made(judged, expectation.count)
    spare = not_counted(judged, expectation.count)
    ordered = expectation.order is not Order.ANY_ORDER
    extra = expectation.extra or expectation.order is Order.IN_ORDER
    before = _batches(actual) if ordered else [0] * len(actual)
    best: Aligned | None = None
    for plan in plans(expectation.calls, len(actual), ordered=ordered):
        table = _table(plan, actual, before, outputs, extra=extra)
        found = _aligned(table, expectation, judged, _spare_misfits(plan, spare, outputs))
        if best is None or _better(found.alignment, best.alignment):
            best = found
        if best.alignment.passed:
            break
    return best or Aligned(Alignment(rows=(), f1=1.0, passed=True))


def _better(one: Alignment, other: Alignment) -> bool:
    return (one.passed, one.f1) > (other.passed, other.f1)


def _batches(actual: Sequence[Actual]) -> list[int]:
    """For each call the mask of those before it; calls of one model response have no order among themselves."""
    masks: list[int] = []
    response: str | None = None
    mask = 0
    for index, each in enumerate(actual):
        if each.call.model_call is None or each.call.model_call != response:
            response, mask = each.call.model_call, (1 << index) - 1
        masks.append(mask)
    return masks


def _table(
    plan: Plan, actual: Sequence[Actual], before: Sequence[int], outputs: OutputsBefore, *, extra: bool
) -> _Table:
    misfits: dict[Pair, tuple[Difference, ...]] = {}
    helper: dict[Pair, float] = {}
    known: dict[tuple[int, int], tuple[tuple[Difference, ...], float]] = {}
    for left, slot in enumerate(plan):
        for right, each in enumerate(actual):
            if each.call.tool != slot.call.tool:
                continue
            key = (id(slot.call), right)
            if key not in known:
                known[key] = compare(slot.call, each, outputs), _helper_worth(slot.call, each, outputs)
            misfits[left, right], helper[left, right] = known[key]
    return _Table(plan, actual, extra, before, misfits, helper)


def _helper_worth(expected: ExpectedCall, actual: Actual, outputs: OutputsBefore) -> float:
    """How well the helper behind the call did what is expected of it, 0..1; which of two equal calls is meant."""
    if expected.helper is None:
        return 1.0
    return align(expected.helper, nested_calls(actual.call), outputs).f1


def _spare_misfits(
    plan: Plan, spare: Sequence[Actual], outputs: OutputsBefore
) -> Mapping[Pair, tuple[Difference, ...]]:
    """Why calls that failed are not the required ones: because they failed, whatever else is wrong."""
    return {
        (left, right): (*compare(slot.call, each, outputs), _failure(each))
        for left, slot in enumerate(plan)
        for right, each in enumerate(spare)
        if each.call.tool == slot.call.tool and not slot.optional
    }


def _failure(actual: Actual) -> Difference:
    error = actual.call.error or actual.call.output or "no reason is known"
    return Difference(path="status", expected="ok", actual="failed", reason=f"failed: {error[:200]}")


def _aligned(
    table: _Table,
    expectation: ToolsExpectation,
    judged: Sequence[ToolCall],
    spare: Mapping[Pair, tuple[Difference, ...]],
) -> Aligned:
    paired = _paired(table, not_counted(judged, expectation.count), spare)
    rows = rows_of(table.plan, table.actual, paired, expectation, judged)
    return Aligned(_scored(rows), _helped(table.plan, paired))


def _paired(table: _Table, failed: Sequence[Actual], spare: Mapping[Pair, tuple[Difference, ...]]) -> list[Paired]:
    """Every pair worth a row: matched, out of order, mismatched, and failed calls that explain a missing one."""
    weights = {pair: table.weight(pair) for pair, misfits in table.misfits.items() if not misfits}
    matched = _best(weights, table)
    found = [Paired(left, table.actual[right], Fit.MATCHED) for left, right in matched]
    rest = _Rest(matched)
    late = {pair: weight for pair, weight in weights.items() if rest.has(pair) and not _allowed_extra(table, pair)}
    displaced = assign(late)
    found += [Paired(left, table.actual[right], Fit.OUT_OF_ORDER) for left, right in displaced]
    rest = _Rest([*matched, *displaced])
    wrong = {pair: _MOST - len(misfits) for pair, misfits in table.misfits.items() if misfits and rest.has(pair)}
    mismatched = assign({pair: weight for pair, weight in wrong.items() if not _allowed_extra(table, pair)})
    found += [Paired(one, table.actual[other], Fit.MISMATCHED, table.misfits[one, other]) for one, other in mismatched]
    lefts = _Rest([*matched, *displaced, *mismatched])
    broken = assign({pair: _MOST - len(misfits) for pair, misfits in spare.items() if lefts.has_left(pair[0])})
    return found + [Paired(one, failed[other], Fit.MISMATCHED, spare[one, other]) for one, other in broken]


def _allowed_extra(table: _Table, pair: Pair) -> bool:
    """Whether the call needs no explanation: extra calls are allowed, and the slot was only optional."""
    return table.extra and table.plan[pair[0]].optional


class _Rest:
    """What `pairs` leave over."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self._lefts = {left for left, _ in pairs}
        self._rights = {right for _, right in pairs}

    def has_left(self, left: int) -> bool:
        return left not in self._lefts

    def has(self, pair: Pair) -> bool:
        return pair[0] not in self._lefts and pair[1] not in self._rights


def _best(weights: Mapping[Pair, float], table: _Table) -> list[Pair]:
    """The consistent pairs of greatest weight; the cheap ways first, which decide almost every real case."""
    left = [slot.before for slot in table.plan]
    straight = _straight(table)
    if straight and all(pair in weights and table.helper[pair] >= 1 for pair in straight):
        return straight
    pairs = assign(weights)
    return pairs if consistent(pairs, left, table.before) else best_in_order(weights, left, table.before)


def _straight(table: _Table) -> list[Pair]:
    """First to first, second to second, when the two sides have the same length and nothing is optional."""
    if len(table.plan) != len(table.actual) or any(slot.optional for slot in table.plan):
        return []
    return [(index, index) for index in range(len(table.plan))]


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
