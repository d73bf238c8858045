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
from harness.scoring.rows import Paired, allows_extra, rows_of
from harness.scoring.wording import readable

_CALL = 1e12
_MATCH = 1e9
_HELPER = 1e8
_FAR = 10_000
_MOST = 1000.0
_NO_CALL = -1


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


class _Compared:
    """Comparisons of expected with actual calls, each made once: repetitions of a call share theirs."""

    def __init__(self, outputs: OutputsBefore) -> None:
        self._outputs = outputs
        self._misfits: dict[Pair, tuple[Difference, ...]] = {}
        self._helper: dict[Pair, float] = {}

    def misfits(self, expected: ExpectedCall, actual: Actual) -> tuple[Difference, ...]:
        key = (id(expected), id(actual))
        if key not in self._misfits:
            self._misfits[key] = compare(expected, actual, self._outputs)
        return self._misfits[key]

    def helper(self, expected: ExpectedCall, actual: Actual) -> float:
        """How well the helper behind the call did what is expected of it, 0..1."""
        if expected.helper is None:
            return 1.0
        key = (id(expected), id(actual))
        if key not in self._helper:
            self._helper[key] = align(expected.helper, nested_calls(actual.call), self._outputs).f1
        return self._helper[key]


@dataclass(frozen=True, slots=True)
class _Calls:
    """The calls made, those that `failed` where only successes count, and who came `before` whom, as bit masks."""

    actual: Sequence[Actual]
    failed: Sequence[Actual]
    before: Sequence[int]
    extra: bool
    compared: _Compared

    @classmethod
    def of(cls, judged: Sequence[ToolCall], expectation: ToolsExpectation, outputs: OutputsBefore) -> _Calls:
        actual = made(judged, expectation.count)
        ordered = expectation.order is not Order.ANY_ORDER
        before = _batches(actual) if ordered else [0] * len(actual)
        failed = not_counted(judged, expectation.count)
        return cls(actual, failed, before, allows_extra(expectation), _Compared(outputs))


@dataclass(frozen=True, slots=True)
class _Table:
    """One plan against the calls made: why the pairs of one tool do not fit, and how well their helpers did.

    `broken` is the same as `misfits` for calls that failed.
    """

    plan: Plan
    calls: _Calls
    misfits: Mapping[Pair, tuple[Difference, ...]]
    helper: Mapping[Pair, float]
    broken: Mapping[Pair, tuple[Difference, ...]]

    @classmethod
    def of(cls, plan: Plan, calls: _Calls) -> _Table:
        pairs, spare = _same_tool(plan, calls.actual), _same_tool(plan, calls.failed)
        compared = calls.compared
        return cls(
            plan,
            calls,
            misfits={pair: compared.misfits(plan[pair[0]].call, calls.actual[pair[1]]) for pair in pairs},
            helper={pair: compared.helper(plan[pair[0]].call, calls.actual[pair[1]]) for pair in pairs},
            broken={
                pair: (*compared.misfits(plan[pair[0]].call, calls.failed[pair[1]]), _failure(calls.failed[pair[1]]))
                for pair in spare
                if not plan[pair[0]].optional
            },
        )

    def weight(self, pair: Pair) -> float:
        """What matching `pair` saves: missing and unexpected calls first, then a helper's worth, then nearness."""
        slot = self.plan[pair[0]]
        worth = _CALL * (not slot.optional) + _CALL * (not self.calls.extra)
        distance = slot.before.bit_count() - self.calls.before[pair[1]].bit_count()
        return worth + _MATCH + _HELPER * self.helper[pair] - min(distance * distance, _FAR)

    def allowed(self, pair: Pair) -> bool:
        """Whether neither side of the pair is missed when it is not made: an optional call among extra ones."""
        return self.calls.extra and self.plan[pair[0]].optional


def align(
    expectation: ToolsExpectation, calls: Sequence[ToolCall], outputs: OutputsBefore = lambda _call, _tool: ()
) -> Alignment:
    """How `calls`, in the order they were made, satisfy `expectation`."""
    return align_helped(expectation, calls, outputs).alignment


def align_helped(expectation: ToolsExpectation, calls: Sequence[ToolCall], outputs: OutputsBefore) -> Aligned:
    """As `align`, with what is expected of helpers behind the calls."""
    judged = [call for call in calls if call.tool not in expectation.ignore]
    given = _Calls.of(judged, expectation, outputs)
    best: Aligned | None = None
    for plan in plans(expectation.calls, len(given.actual), ordered=expectation.order is not Order.ANY_ORDER):
        paired = _paired(_Table.of(plan, given))
        rows = rows_of(plan, given.actual, paired, expectation, judged)
        found = Aligned(_scored(rows), _helped(plan, paired))
        if best is None or _better(found.alignment, best.alignment):
            best = found
        if best.alignment.passed:
            break
    return best or Aligned(Alignment(rows=(), f1=1.0, passed=True))


def _better(one: Alignment, other: Alignment) -> bool:
    return (one.passed, one.f1) > (other.passed, other.f1)


def _same_tool(plan: Plan, actual: Sequence[Actual]) -> list[Pair]:
    return [
        (left, right)
        for left, slot in enumerate(plan)
        for right, each in enumerate(actual)
        if slot.call.tool == each.call.tool
    ]


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


def _failure(actual: Actual) -> Difference:
    error = actual.call.error or actual.call.output or "no reason is known"
    return Difference(path="status", expected="ok", actual="failed", reason=f"failed: {readable(error, 200)}")


def _paired(table: _Table) -> list[Paired]:
    """Every pair worth a row: matched, out of order, mismatched, and failed calls that explain a missing one."""
    weights = {pair: table.weight(pair) for pair, misfits in table.misfits.items() if not misfits}
    wrong = {pair: _MOST - len(misfits) for pair, misfits in table.misfits.items() if misfits}
    matched = _best(weights, table)
    displaced = _explaining(weights, matched, table)
    mismatched = _explaining(wrong, [*matched, *displaced], table)
    filled = [(left, _NO_CALL) for left, _ in (*matched, *displaced, *mismatched)]
    broken = assign(_free({pair: _MOST - len(misfits) for pair, misfits in table.broken.items()}, filled))
    return [
        *(Paired(left, table.calls.actual[right], Fit.MATCHED) for left, right in matched),
        *(Paired(left, table.calls.actual[right], Fit.OUT_OF_ORDER) for left, right in displaced),
        *(
            Paired(left, table.calls.actual[right], Fit.MISMATCHED, table.misfits[left, right])
            for left, right in mismatched
        ),
        *(Paired(left, table.calls.failed[right], Fit.MISMATCHED, table.broken[left, right]) for left, right in broken),
    ]


def _explaining(weights: Mapping[Pair, float], taken: Sequence[Pair], table: _Table) -> list[Pair]:
    """Pairs among what is left over; a call that needs no explanation is in none."""
    return assign({pair: weight for pair, weight in _free(weights, taken).items() if not table.allowed(pair)})


def _free(weights: Mapping[Pair, float], taken: Sequence[Pair]) -> dict[Pair, float]:
    """The pairs of which neither side is taken."""
    lefts, rights = {left for left, _ in taken}, {right for _, right in taken}
    return {pair: weight for pair, weight in weights.items() if pair[0] not in lefts and pair[1] not in rights}


def _best(weights: Mapping[Pair, float], table: _Table) -> list[Pair]:
    """The consistent pairs of greatest weight; the cheap ways first, which decide almost every real case."""
    straight = _straight(table)
    if straight and all(pair in weights and table.helper[pair] >= 1 for pair in straight):
        return straight
    left = [slot.before for slot in table.plan]
    pairs = assign(weights)
    return pairs if consistent(pairs, left, table.calls.before) else best_in_order(weights, left, table.calls.before)


def _straight(table: _Table) -> list[Pair]:
    """First to first, second to second, when the two sides have the same length and nothing is optional."""
    if len(table.plan) != len(table.calls.actual) or any(slot.optional for slot in table.plan):
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
