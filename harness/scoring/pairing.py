"""Which expected call is paired with which actual one, and how they relate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.core.results import Difference, Fit
from harness.core.scenario import ExpectedCall, Order, ToolsExpectation
from harness.scoring.assignment import Pair, assign
from harness.scoring.calls import Actual, OutputsBefore, compare, made, not_counted
from harness.scoring.expansion import Plan
from harness.scoring.matchers import Misfits
from harness.scoring.ordering import best_in_order, consistent
from harness.scoring.rows import Paired, allows_extra
from harness.scoring.wording import readable

if TYPE_CHECKING:
    from harness.core.trace import ToolCall

_CALL = 1e12
_MATCH = 1e9
_HELPER = 1e8
_FAR = 10_000
_MOST = 1000.0
_NO_CALL = -1

Worth = Callable[[ExpectedCall, Actual], float]
"""How well the helper behind a call did what is expected of it, 0..1."""


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls made, those that `failed` where only successes count, and who came `before` whom, as bit masks.

    `extra` calls may be allowed. Comparisons are made once and kept: repetitions of an expected call share them.
    """

    actual: Sequence[Actual]
    failed: Sequence[Actual]
    before: Sequence[int]
    extra: bool
    outputs: OutputsBefore
    worth: Worth
    _misfits: dict[Pair, Misfits] = field(default_factory=dict)
    _worths: dict[Pair, float] = field(default_factory=dict)

    @classmethod
    def of(
        cls, judged: Sequence[ToolCall], expectation: ToolsExpectation, outputs: OutputsBefore, worth: Worth
    ) -> Calls:
        """What of `judged` counts under `expectation`."""
        actual = made(judged, expectation.count)
        ordered = expectation.order is not Order.ANY_ORDER
        return cls(
            actual=actual,
            failed=not_counted(judged, expectation.count),
            before=_batches(actual) if ordered else [0] * len(actual),
            extra=allows_extra(expectation),
            outputs=outputs,
            worth=worth,
        )

    def misfits(self, expected: ExpectedCall, actual: Actual) -> Misfits:
        """Why the call does not fit."""
        key = (id(expected), id(actual))
        if key not in self._misfits:
            self._misfits[key] = compare(expected, actual, self.outputs)
        return self._misfits[key]

    def helper(self, expected: ExpectedCall, actual: Actual) -> float:
        """The worth of the helper behind the call; 1 when nothing is expected of it."""
        key = (id(expected), id(actual))
        if key not in self._worths:
            self._worths[key] = 1.0 if expected.helper is None else self.worth(expected, actual)
        return self._worths[key]


@dataclass(frozen=True, slots=True)
class _Table:
    """One plan against the calls made: why the pairs of one tool do not fit, and how well their helpers did.

    `broken` is the same as `misfits` for calls that failed.
    """

    plan: Plan
    calls: Calls
    misfits: Mapping[Pair, Misfits]
    helper: Mapping[Pair, float]
    broken: Mapping[Pair, Misfits]

    @classmethod
    def of(cls, plan: Plan, calls: Calls) -> _Table:
        pairs, spare = _same_tool(plan, calls.actual), _same_tool(plan, calls.failed)
        return cls(
            plan,
            calls,
            misfits={pair: calls.misfits(plan[pair[0]].call, calls.actual[pair[1]]) for pair in pairs},
            helper={pair: calls.helper(plan[pair[0]].call, calls.actual[pair[1]]) for pair in pairs},
            broken={
                pair: (*calls.misfits(plan[pair[0]].call, calls.failed[pair[1]]), _failure(calls.failed[pair[1]]))
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


def pairs_of(plan: Plan, calls: Calls) -> list[Paired]:
    """Every pair worth a row: matched, out of order, mismatched, and failed calls that explain a missing one."""
    table = _Table.of(plan, calls)
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
