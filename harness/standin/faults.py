"""Trouble on purpose: latency, refusals, errors, dropped connections; always the same for the same request."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

_TOO_MANY = 429


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An answer that is an error: an HTTP status, or no answer at all when `drop` is true."""

    status: int = 500
    message: str = "The stand-in was asked to fail."
    drop: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Trouble for every request.

    `latency` and `jitter` are seconds: a request waits `latency` plus up to `jitter`, drawn from `seed` and the
    request. `reject_first` is how often each distinct request is told 429 before it is answered; `failure` answers
    every request.
    """

    latency: float = 0.0
    jitter: float = 0.0
    seed: int = 0
    reject_first: int = 0
    failure: Failure | None = None

    def delay(self, digest: str) -> float:
        """Seconds this request waits."""
        drawn = hashlib.sha256(f"{self.seed}:{digest}".encode()).digest()
        return self.latency + self.jitter * int.from_bytes(drawn[:4], "big") / 2**32


@dataclass(slots=True)
class Rejections:
    """How often each request was turned away so far; the memory behind `Faults.reject_first`."""

    faults: Faults
    seen: Counter[str] = field(default_factory=Counter)

    def failure(self, digest: str) -> Failure | None:
        """The failure this request gets now, if any."""
        self.seen[digest] += 1
        if self.seen[digest] <= self.faults.reject_first:
            return Failure(
                status=_TOO_MANY, message="The stand-in was asked to refuse this request at first; try again."
            )
        return self.faults.failure


class DroppedResponse(Response):
    """Promises a body and never sends it, so that the server closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head only."""
        del scope, receive
        headers = [*self.raw_headers, (b"content-length", b"1")]
        headers = [(name, value) for name, value in headers if (name, value) != (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
