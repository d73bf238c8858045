"""Calls that were cancelled before they were answered.

A guardrail that trips cancels the agent's call that runs beside it. Such a call has no answer to record; in replay it
waits until it is cancelled as it was then. Seen where async HTTP libraries send, whichever client they were made for.
"""

from __future__ import annotations

import asyncio
from functools import wraps
from typing import TYPE_CHECKING, Any
from unittest import mock

import httpx2

from harness.core.results import Mode

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from harness.cassettes.tape import Tape

LIMIT_SECONDS = 30.0
"""How long a call that was cancelled in the recording waits to be cancelled again."""


def patches(current: Callable[[], Tape | None]) -> Iterator[Any]:
    """What to enter after vcrpy's own patches; `current` gives the tape of the trial that asks."""
    for transport in _transports():
        yield mock.patch.object(transport, "handle_async_request", _watched(transport.handle_async_request, current))


def _transports() -> Iterator[Any]:
    yield from (httpx2.AsyncHTTPTransport, httpx2.MockTransport, httpx2.ASGITransport)
    try:
        import httpx  # noqa: PLC0415 - the harness itself does without
    except ImportError:
        return
    yield from (httpx.AsyncHTTPTransport, httpx.MockTransport, httpx.ASGITransport)


def _watched(send: Callable[..., Awaitable[Any]], current: Callable[[], Tape | None]) -> Callable[..., Awaitable[Any]]:
    @wraps(send)
    async def handle_async_request(transport: Any, request: Any) -> Any:
        tape = current()
        if tape is None or tape.mode is Mode.LIVE:
            return await send(transport, request)
        asked = (request.method, str(request.url), await request.aread())
        if tape.was_cancelled(*asked):
            await asyncio.sleep(LIMIT_SECONDS)
            raise tape.not_cancelled(LIMIT_SECONDS)
        try:
            return await send(transport, request)
        except asyncio.CancelledError:
            tape.cancel(*asked)
            raise

    return handle_async_request
