"""Async HTTP libraries, made to wait: answers come one at a time, and calls that are cancelled are seen.

A guardrail that trips cancels the agent's call that runs beside it. Such a call has no answer to record; in replay it
waits until it is cancelled as it was then. vcrpy's stubs cannot wait where they are asked for an answer, so they are
called again once the answer's turn has come (`harness.cassettes.pace`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial, wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any
from unittest import mock

import httpx2

from harness.cassettes import pace
from harness.cassettes.call import Call
from harness.core.results import Mode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vcr.request import Request

    from harness.cassettes.tape import Tape

Send = Callable[..., Awaitable[Any]]


@dataclass(slots=True)
class _Asking:
    """What one call of an async library asked for; `ready` once it need not wait any more."""

    call: Call | None = None
    ready: bool = False


class _NotYetError(Exception):
    """Ends a stub that would answer, or send, before it is time."""


_asking: ContextVar[_Asking | None] = ContextVar("harness_asking", default=None)


def call_of(request: Request, tape: Tape) -> Call:
    """The call that `request` belongs to: a stub asks several times, and is itself called again after a wait."""
    call: Call | None = getattr(request, "harness_call", None)
    if call is None:
        asking = _asking.get()
        call = asking.call if asking is not None and asking.ready else None
        if call is None or call.request is None or call.request.uri != request.uri:
            call = tape.ask(request)
        if asking is not None:
            asking.call = call
        request.harness_call = call
    return call


def wait_for(call: Call, tape: Tape) -> None:
    """Raises what makes an async library wait, when the call has to. A blocking library never waits."""
    asking = _asking.get()
    if asking is not None and asking.call is call and not asking.ready and tape.is_paced(call):
        raise _NotYetError


def end_at_once(call: Call, tape: Tape) -> None:
    """Note the end of a call that a blocking library made: it has its answer now."""
    if _asking.get() is None:
        tape.end(call)


def patches(current: Callable[[], Tape | None]) -> Iterator[Any]:
    """What to enter after vcrpy's own patches; `current` gives the tape of the trial that asks."""
    for owner, name in _senders():
        yield mock.patch.object(owner, name, _paced(getattr(owner, name), current))


def _senders() -> Iterator[tuple[Any, str]]:
    for library in (httpx2, *_installed("httpx")):
        for transport in (library.AsyncHTTPTransport, library.MockTransport, library.ASGITransport):
            yield transport, "handle_async_request"
    for library in _installed("aiohttp"):
        yield library.ClientSession, "_request"


def _installed(name: str) -> Iterator[Any]:
    """The library, when an application may use it; the harness itself does without."""
    with suppress(ImportError):
        yield import_module(name)


def _paced(send: Send, current: Callable[[], Tape | None]) -> Send:
    @wraps(send)
    async def paced(*args: Any, **kwargs: Any) -> Any:
        tape = current()
        if tape is None or tape.mode is Mode.LIVE:
            return await send(*args, **kwargs)
        asking = _Asking()
        token = _asking.set(asking)
        try:
            return await _sent(tape, asking, partial(send, *args, **kwargs))
        except asyncio.CancelledError:
            if asking.call is not None:
                tape.cancel(asking.call)
            raise
        except Exception:
            if asking.call is not None:
                tape.end(asking.call)
            raise
        finally:
            _asking.reset(token)

    return paced


async def _sent(tape: Tape, asking: _Asking, send: Send) -> Any:
    try:
        answer = await send()
    except _NotYetError:
        if asking.call is not None:
            await pace.turn(tape, asking.call)
        asking.ready = True
        answer = await send()
    if tape.mode is Mode.RECORD and asking.call is not None:
        await pace.settled(tape)
        tape.end(asking.call)
    return answer
