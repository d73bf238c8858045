"""In which order the calls of a trial were asked and answered, where several were under way at once.

What a cancelled run had done by then depends on that order, and in replay every answer would be there at once. So a
recording keeps it, and a replay hands answers over in it. `+2 -1` says that the second call was asked, then the
first one answered. Calls count in the order of asking, from 1; the end of a cancelled call is an end as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Event:
    """A call was asked, or it came to its end. `call` is its order in this run, or its place in a recording."""

    call: int
    ended: bool


@dataclass(slots=True)
class Course:
    """What happened so far, and what a recording says must happen first. `happened` grows with every event."""

    events: list[Event] = field(default_factory=list)
    _first: dict[int, frozenset[Event]] = field(default_factory=dict)
    _past: set[Event] = field(default_factory=set)
    _waived: bool = False

    @property
    def happened(self) -> int:
        """How many events there were."""
        return len(self.events)

    def asked(self, order: int, place: int | None) -> None:
        """A call was asked, and has its recording at `place`."""
        self._note(order, place, ended=False)

    def ended(self, order: int, place: int | None) -> None:
        """It was given its answer, or cancelled."""
        self._note(order, place, ended=True)

    def _note(self, order: int, place: int | None, *, ended: bool) -> None:
        self.events.append(Event(order, ended))
        if place is not None:
            self._past.add(Event(place, ended))

    def read(self, text: str, places: Sequence[int], cancelled: Collection[int]) -> None:
        """Learn the order of a recording whose calls are at `places`. Raises ValueError for what is no course."""
        numbers = [int(each) for each in text.split()]
        told = [Event(places[abs(number) - 1], number < 0) for number in numbers if 0 < abs(number) <= len(places)]
        if len(told) != len(numbers):
            raise ValueError(text)
        self._first |= _first_of_each(told, cancelled)

    def is_ordered(self, place: int) -> bool:
        """Whether the call recorded there was under way together with others."""
        return place in self._first

    def may_end(self, place: int) -> bool:
        """Whether all happened that happened before its answer in the recording."""
        return self._waived or self._first.get(place, frozenset()) <= self._past

    def waive(self) -> None:
        """What the order waits for does not happen any more: go on without one."""
        self._waived = True


def written(events: Sequence[Event], orders: Sequence[int]) -> str:
    """The course of the calls in `orders` as text; empty when never two of them were under way at once."""
    number = {order: count for count, order in enumerate(sorted(orders), 1)}
    told = [-number[each.call] if each.ended else number[each.call] for each in events if each.call in number]
    one_by_one = [sign * count for count in number.values() for sign in (1, -1)]
    return "" if told == one_by_one else " ".join(f"{each:+d}" for each in told)


def _first_of_each(told: Sequence[Event], cancelled: Collection[int]) -> Mapping[int, frozenset[Event]]:
    """For each call that was under way with others: what happened to those before it was answered.

    That a call was cancelled is what comes of the order, and no part of it.
    """
    since: dict[int, set[Event]] = {}
    first: dict[int, frozenset[Event]] = {}
    for event in told:
        if event.ended:
            found = since.pop(event.call, set())
            if found and event.call not in cancelled:
                first[event.call] = frozenset(found)
            news = set() if event.call in cancelled else {event}
        else:
            since[event.call] = {Event(each, ended=False) for each in since}
            news = {event}
        for call, seen in since.items():
            if call != event.call:
                seen.update(news)
    return first
