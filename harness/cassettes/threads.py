"""Threads: one belongs to the trial that started it, and what it sends does not unpatch the others.

Plain threads and thread pools start with no context, so their requests would belong to no trial. And vcrpy takes its
whole patch off the process while one connection is made: what another thread, or the event loop, sends meanwhile would
pass unseen.
"""

from __future__ import annotations

import http.client
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from contextvars import Context, copy_context
from functools import partial, wraps
from types import FunctionType, SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest import mock

from vcr.stubs import VCRHTTPSConnection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def patches() -> Iterator[Any]:
    """What to enter, in this order, beside vcrpy's own patches."""
    yield mock.patch("vcr.patch.force_reset", nullcontext)
    yield from _connections()
    yield mock.patch.object(threading.Thread, "start", _started(threading.Thread.start))
    yield mock.patch.object(ThreadPoolExecutor, "submit", _submitted(ThreadPoolExecutor.submit))


def _connections() -> Iterator[Any]:
    """The connections behind vcrpy's stubs, able to be made while their names stand for the stubs."""
    https = _unpatched(http.client.HTTPSConnection)
    yield mock.patch.object(VCRHTTPSConnection, "_baseclass", https)
    with suppress(ImportError):
        import httplib2  # noqa: PLC0415 - an application may use it; the harness itself does without
        from vcr.stubs import httplib2_stubs as stubs  # noqa: PLC0415 - needs it

        plain = _unpatched(httplib2.HTTPConnectionWithTimeout)
        yield mock.patch.object(stubs.VCRHTTPConnectionWithTimeout, "_baseclass", plain)
        secure = _unpatched(httplib2.HTTPSConnectionWithTimeout, https)
        yield mock.patch.object(stubs.VCRHTTPSConnectionWithTimeout, "_baseclass", secure)


def _unpatched(connection: Any, *above: type) -> type:
    """A connection whose `__init__` looks names up in copies of the modules as they are before the patch.

    It looks up the classes it is derived from. `above` come next to it among these.
    """
    plain = connection.__init__
    names = dict(plain.__globals__) | {"http": SimpleNamespace(client=SimpleNamespace(**vars(http.client)))}
    made = FunctionType(plain.__code__, names, "__init__", plain.__defaults__, plain.__closure__)
    made.__kwdefaults__ = plain.__kwdefaults__
    return type(connection.__name__, (connection, *above), {"__init__": made})


def _started(start: Callable[[threading.Thread], None]) -> Callable[[threading.Thread], None]:
    @wraps(start)
    def start_in_context(thread: threading.Thread) -> None:
        run = thread.run
        # An instance attribute: the thread's class, which may be anyone's, stays as it is.
        thread.run = partial(copy_context().run, run)  # type: ignore[method-assign]  # see above
        start(thread)

    return start_in_context


def _submitted(submit: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(submit)
    def submit_in_context(pool: ThreadPoolExecutor, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        # From an empty context: the pool's own threads, which this may start, outlive the trial and belong to none.
        return Context().run(submit, pool, copy_context().run, work, *args, **kwargs)

    return submit_in_context
