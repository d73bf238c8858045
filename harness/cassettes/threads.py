"""Threads: one belongs to the trial that started it, and what it sends does not unpatch the others.

Plain threads and thread pools start with no context, so their requests would belong to no trial. And vcrpy takes its
whole patch off the process while one connection is made: what another thread, or the event loop, sends meanwhile would
pass unseen.
"""

from __future__ import annotations

import http.client
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from contextvars import Context, copy_context
from functools import partial, wraps
from types import FunctionType
from typing import TYPE_CHECKING, Any
from unittest import mock

from vcr.stubs import VCRHTTPSConnection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def patches() -> Iterator[Any]:
    """What to enter, in this order, beside vcrpy's own patches."""
    yield mock.patch("vcr.patch.force_reset", nullcontext)
    yield mock.patch.object(VCRHTTPSConnection, "_baseclass", _unpatched_https())
    yield mock.patch.object(threading.Thread, "start", _started(threading.Thread.start))
    yield mock.patch.object(ThreadPoolExecutor, "submit", _submitted(ThreadPoolExecutor.submit))


def _unpatched_https() -> type[http.client.HTTPSConnection]:
    """The standard library's connection, able to be made while its name in its own module stands for vcrpy's stub.

    Its `__init__` looks that name up. This one looks it up in a copy of the module as it is before the patch.
    """
    plain: Any = http.client.HTTPSConnection.__init__
    unpatched = FunctionType(
        plain.__code__, vars(http.client).copy(), "__init__", plain.__defaults__, plain.__closure__
    )
    unpatched.__kwdefaults__ = plain.__kwdefaults__
    return type("HTTPSConnection", (http.client.HTTPSConnection,), {"__init__": unpatched})


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
