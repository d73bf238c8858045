"""The best assignment that respects the order on both sides.

Both sides are partially ordered: expected calls by their groups, actual calls by the model response that issued them.
Pairs are consistent when one reading of both sides, each in an order it allows, meets them in sequence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from harness.scoring.assignment import assign

if TYPE_CHECKING:
    from harness.scoring.assignment import Pair

MAX_STATES = 5_000
"""Beyond this many partial readings an approximation takes over, which is consistent but may not be the best."""

_Chain: TypeAlias = "tuple[Pair, _Chain] | None"
_State: TypeAlias = tuple[int, int]
_Masks: TypeAlias = tuple[Sequence[int], Sequence[int]]


def consistent(pairs: Sequence[Pair], left: Sequence[int], right: Sequence[int]) -> bool:
    """Whether `pairs` can all be met in sequence; `left` and `right` are masks of each element's predecessors.

    No two pairs may cross. That is enough because the right side, calls in batches, is a weak order: a longer cycle
    would contain two pairs that cross.
    """
    return not any(_cross(one, other, left, right) for index, one in enumerate(pairs) for other in pairs[index + 1 :])


def _cross(one: Pair, other: Pair, left: Sequence[int], right: Sequence[int]) -> bool:
    forward = left[other[0]] >> one[0] & 1 and right[one[1]] >> other[1] & 1
    return bool(forward or (left[one[0]] >> other[0] & 1 and right[other[1]] >> one[1] & 1))


def best_in_order(weights: Mapping[Pair, float], left: Sequence[int], right: Sequence[int]) -> list[Pair]:
    """The consistent pairs of greatest total weight (exact up to `MAX_STATES`).

    A longest-common-subsequence recurrence (Wagner and Fischer, 1974) over down-sets instead of prefixes, so that
    elements without an order among themselves may be met in any.
    """
    used_left = sum({1 << pair[0] for pair in weights})
    used_right = sum({1 << pair[1] for pair in weights})
    found = _search(weights, _Side.of(left, used_left), _Side.of(right, used_right))
    return _approximate(weights, left, right) if found is None else found


@dataclass(frozen=True, slots=True)
class _Side:
    """One partially ordered side, reduced to the `members` that may be paired at all."""

    members: tuple[int, ...]
    before: Mapping[int, int]

    @classmethod
    def of(cls, before: Sequence[int], used: int) -> _Side:
        members = tuple(index for index in range(len(before)) if used >> index & 1)
        return cls(members, {index: before[index] & used for index in members})

    def next(self, done: int) -> list[int]:
        """The elements whose predecessors are all done."""
        return [
            index for index in self.members if not done >> index & 1 and self.before[index] & done == self.before[index]
        ]


def _search(weights: Mapping[Pair, float], left: _Side, right: _Side) -> list[Pair] | None:
    size = len(left.members) + len(right.members)
    levels: list[dict[_State, tuple[float, _Chain]]] = [{} for _ in range(size + 2)]
    levels[0][0, 0] = (0.0, None)
    states = 0
    for level in range(size):
        states += len(levels[level])
        if states > MAX_STATES:
            return None
        for state, best in levels[level].items():
            _extend(state, best, (left, right), weights, levels[level + 1 : level + 3])
        levels[level] = {}
    (_, chain), *_ = levels[size].values()
    return _unrolled(chain)


def _extend(
    state: _State,
    best: tuple[float, _Chain],
    sides: tuple[_Side, _Side],
    weights: Mapping[Pair, float],
    ahead: list[dict[_State, tuple[float, _Chain]]],
) -> None:
    """Every way to read on from `state`: skip one element of either side, or pair one of each."""
    value, chain = best
    lefts, rights = sides[0].next(state[0]), sides[1].next(state[1])
    for one in lefts:
        _offer(ahead[0], (state[0] | 1 << one, state[1]), (value, chain))
    for other in rights:
        _offer(ahead[0], (state[0], state[1] | 1 << other), (value, chain))
    for one in lefts:
        for other in rights:
            weight = weights.get((one, other))
            if weight is not None:
                _offer(ahead[1], (state[0] | 1 << one, state[1] | 1 << other), (value + weight, ((one, other), chain)))


def _offer(frontier: dict[_State, tuple[float, _Chain]], state: _State, offer: tuple[float, _Chain]) -> None:
    known = frontier.get(state)
    if known is None or offer[0] > known[0]:
        frontier[state] = offer


def _unrolled(chain: _Chain) -> list[Pair]:
    pairs: list[Pair] = []
    while chain is not None:
        pair, chain = chain
        pairs.append(pair)
    return pairs[::-1]


def _approximate(weights: Mapping[Pair, float], left: Sequence[int], right: Sequence[int]) -> list[Pair]:
    """The better of two: pairs taken one by one along both sides, or the best assignment without what crosses in it."""
    starts: tuple[list[Pair], ...] = ([], _untangled(assign(weights), weights, (left, right)))
    found = [_extended(start, weights, (left, right)) for start in starts]
    return max(found, key=lambda pairs: sum(weights[pair] for pair in pairs))


def _untangled(pairs: Sequence[Pair], weights: Mapping[Pair, float], sides: _Masks) -> list[Pair]:
    """`pairs` without those that cross most, taken away one by one until none do."""
    crossing = {pair: {other for other in pairs if _cross(pair, other, *sides)} for pair in pairs}
    while crossing:
        worst = max(crossing, key=lambda pair: (len(crossing[pair]), -weights[pair]))
        if not crossing[worst]:
            break
        for other in crossing.pop(worst):
            crossing[other].discard(worst)
    return list(crossing)


def _extended(taken: list[Pair], weights: Mapping[Pair, float], sides: _Masks) -> list[Pair]:
    """`taken` and further pairs along both sides, as long as all stay consistent."""
    found = list(taken)
    for pair in sorted(weights, key=lambda each: (each[1], each[0])):
        if not any(_shares(pair, each) or _cross(pair, each, *sides) for each in found):
            found.append(pair)
    return found


def _shares(one: Pair, other: Pair) -> bool:
    return one[0] == other[0] or one[1] == other[1]
