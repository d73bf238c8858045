"""Route patterns: names in order, `*` for any one agent, `**` for any number of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ANY_ONE = "*"
ANY_NUMBER = "**"


def follows(pattern: Sequence[str], names: Sequence[str]) -> bool:
    """Whether the whole of `names` follows `pattern`."""
    return len(pattern) in _read(pattern, names)[1]


def matched_prefix(pattern: Sequence[str], names: Sequence[str]) -> int:
    """How many of `names`, from the first, can be the beginning of a route that follows `pattern`."""
    return _read(pattern, names)[0]


def _read(pattern: Sequence[str], names: Sequence[str]) -> tuple[int, set[int]]:
    """How far `names` can be read, and the positions in the pattern after the last (none when it cannot)."""
    positions = _skip(pattern, {0})
    for count, name in enumerate(names):
        positions = _skip(pattern, {reached for place in positions for reached in _step(pattern, place, name)})
        if not positions:
            return count, positions
    return len(names), positions


def _step(pattern: Sequence[str], place: int, name: str) -> set[int]:
    if place == len(pattern):
        return set()
    if pattern[place] == ANY_NUMBER:
        return {place}
    return {place + 1} if pattern[place] in (ANY_ONE, name) else set()


def _skip(pattern: Sequence[str], positions: set[int]) -> set[int]:
    """The positions, and those behind a `**` that stands for nobody."""
    found = set(positions)
    waiting = list(positions)
    while waiting:
        place = waiting.pop()
        if place < len(pattern) and pattern[place] == ANY_NUMBER and place + 1 not in found:
            found.add(place + 1)
            waiting.append(place + 1)
    return found
