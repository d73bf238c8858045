"""What a trial leaves to its recording: the calls that were answered, and those that were cancelled."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vcr.request import Request

from harness.cassettes.canonical import Canonical
from harness.cassettes.recorded import is_retryable
from harness.cassettes.store import Cancelled, Interaction

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(slots=True)
class Kept:
    """Calls by their order in this run, whichever was answered first. Requests and answers as they may be written."""

    answered: dict[int, tuple[Interaction, Canonical]] = field(default_factory=dict)
    cancelled: dict[int, tuple[Request, Canonical]] = field(default_factory=dict)

    def answer(self, order: int, interaction: Interaction, wanted: Canonical) -> None:
        """Keep an answered call."""
        self.answered[order] = interaction, wanted

    def cancel(self, order: int, request: Request, wanted: Canonical) -> None:
        """Keep a call that was cancelled: before it was answered, or before anyone read the answer."""
        self.answered.pop(order, None)
        self.cancelled[order] = request, wanted

    def forget(self, orders: Iterable[int]) -> None:
        """Keep nothing of these calls."""
        for order in orders:
            self.answered.pop(order, None)
            self.cancelled.pop(order, None)

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
