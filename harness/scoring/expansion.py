"""Expected calls spelt out: groups, alternatives and repetitions become plain slots with an order between them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import TYPE_CHECKING

from harness.core.scenario import AnyOfGroup, AnyOrderGroup, ExpectedCall, ExpectedItem, OptionalGroup

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_PLANS = 500
"""How many combinations of `any_of` alternatives are tried; those beyond are not."""

MAX_REPEATS = 1000
"""How often one call may be required; a greater `times` asks for this many."""

MAX_DEPTH = 32
"""Groups nested deeper than this are empty."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Room for one actual call. `before` is a bit mask of the slots that must come earlier."""

    call: ExpectedCall
    optional: bool = False
    before: int = 0


Plan = tuple[Slot, ...]
"""One way to satisfy an expectation."""


def plans(items: Sequence[ExpectedItem], actual: int, *, ordered: bool) -> list[Plan]:
    """Every way to satisfy `items` when `actual` calls were made (which bounds `times` without an upper limit)."""
    found = _combined(items, actual, 0, chained=True)
    if ordered:
        return found
    return [tuple(replace(slot, before=0) for slot in plan) for plan in found]


def _combined(items: Sequence[ExpectedItem], actual: int, depth: int, *, chained: bool) -> list[Plan]:
    """The plans of all items together: one after the other (`chained`), or without an order among them."""
    found: list[Plan] = [()]
    for item in items:
        choices = _item(item, actual, depth)
        joined = (_join(head, tail, chained=chained) for head in found for tail in choices)
        found = list(islice(joined, MAX_PLANS))
    return found


def _item(item: ExpectedItem, actual: int, depth: int) -> list[Plan]:
    if depth > MAX_DEPTH:
        return [()]
    match item:
        case ExpectedCall():
            return [_repeated(item, actual)]
        case AnyOrderGroup():
            return _combined(item.calls, actual, depth + 1, chained=False)
        case AnyOfGroup():
            sequences = (_combined(each, actual, depth + 1, chained=True) for each in item.alternatives)
            return list(islice(chain.from_iterable(sequences), MAX_PLANS)) or [()]
        case OptionalGroup():
            found = _combined(item.calls, actual, depth + 1, chained=True)
            return [tuple(replace(slot, optional=True) for slot in plan) for plan in found]


def _repeated(call: ExpectedCall, actual: int) -> Plan:
    least, most = call.times
    required = max(0, min(least, MAX_REPEATS))
    total = max(required, actual if most is None else min(most, actual))
    return tuple(Slot(call, optional=index >= required, before=(1 << index) - 1) for index in range(total))


def _join(head: Plan, tail: Plan, *, chained: bool) -> Plan:
    size = len(head)
    earlier = (1 << size) - 1 if chained else 0
    return head + tuple(replace(slot, before=(slot.before << size) | earlier) for slot in tail)
