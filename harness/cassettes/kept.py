"""What a trial leaves to its recording: the calls that were answered, and those that were cancelled."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vcr.request import Request

from harness.cassettes.bodies import tidy_answer, tidy_request
from harness.cassettes.canonical import Canonical
from harness.cassettes.detection import refuse_secrets, text_of
from harness.cassettes.recorded import is_retryable
from harness.cassettes.store import Cancelled, Cassette, Interaction, dump

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from harness.cassettes.call import Call


@dataclass(slots=True)
class Kept:
    """Calls by their order in this run, whichever was answered first. Requests and answers as they may be written."""

    answered: dict[int, tuple[Interaction, Canonical]] = field(default_factory=dict)
    cancelled: dict[int, tuple[Request, Canonical]] = field(default_factory=dict)

    def answer(self, order: int, interaction: Interaction, wanted: Canonical) -> None:
        """Keep an answered call."""
        self.answered[order] = interaction, wanted

    def keep_on(self, order: int, found: Interaction, wanted: Canonical) -> None:
        """Keep an answer of an older recording: plain vcrpy may have written it, with all its headers."""
        asked, told = tidy_request(found.request), tidy_answer(found.request, found.response)
        self.answer(order, Interaction(asked, told), wanted)

    def cancel(self, order: int, request: Request, wanted: Canonical) -> None:
        """Keep a call that was cancelled: before it was answered, or before anyone read the answer."""
        self.answered.pop(order, None)
        self.cancelled[order] = request, wanted

    def forget(self, orders: Iterable[int]) -> None:
        """Keep nothing of these calls."""
        for order in orders:
            self.answered.pop(order, None)
            self.cancelled.pop(order, None)

    @property
    def told(self) -> frozenset[int]:
        """The calls that something is kept of."""
        return frozenset(self.answered) | frozenset(self.cancelled)

    def orders(self) -> list[int]:
        """The calls that count, in the order of asking.

        A failed attempt that was followed by another is none: only the last one of a series is.
        """
        keys = {order: wanted.key for kept in (self.answered, self.cancelled) for order, (_, wanted) in kept.items()}
        last = {key: order for order, key in sorted(keys.items())}
        return [order for order in sorted(keys) if last[keys[order]] == order or not self._failed(order)]

    def _failed(self, order: int) -> bool:
        return order in self.answered and is_retryable(self.answered[order][0].response)

    def interactions(self) -> list[tuple[Interaction, Canonical]]:
        """The answered calls, in the order of asking."""
        return [self.answered[order] for order in self.orders() if order in self.answered]

    def cancellations(self) -> list[Cancelled]:
        """The cancelled calls with their numbers among all calls."""
        return [
            Cancelled(number, self.cancelled[order][0])
            for number, order in enumerate(self.orders(), 1)
            if order in self.cancelled
        ]


def unanswered(calls: Iterable[Call], kept: Kept, excused: Iterable[str]) -> Call | None:
    """The first call that nothing is kept of: it failed in transport, or was under way to the end.

    One that whoever made it tried again is none. In a replay there would be nothing to answer it with, and what the
    HTTP libraries raise cannot be told the same way twice.
    """
    calls = list(calls)
    had = {(each.wanted.key, each.tool) for each in calls if each.place is not None or each.order in kept.told}
    spared = set(excused)
    return next(
        (
            each
            for each in calls
            if (each.wanted.key, each.tool) not in had and not (each.tool is not None and each.tool.call_id in spared)
        ),
        None,
    )


def refuse_secrets_in(cassette: Cassette, place: str, sent: Collection[str]) -> None:
    """Raise SecretFoundError, naming the place, when this recording would write a secret."""
    for number, (request, told) in enumerate(cassette.calls(), 1):
        where = f"{place}: interaction {number} ({request.method} {request.uri.partition('?')[0]})"
        refuse_secrets(request.uri, f"{place}: interaction {number}, its address", sent)
        refuse_secrets(text_of(request.body), f"{where}, the request's body", sent)
        if told is not None:
            refuse_secrets(text_of(told.response["body"]["string"]), f"{where}, the answer's body", sent)
    refuse_secrets(dump(cassette), place, sent)
