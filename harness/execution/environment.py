"""What the process is like while trials run: no key is needed in replay, and traces are never uploaded."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from harness.core.results import Mode

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEY, _BASE_URL = "OPENAI_API_KEY", "OPENAI_BASE_URL"
_ACCOUNT = ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_WEBHOOK_SECRET")
NO_KEY = "replay-needs-no-key"


@contextmanager
def prepared(mode: Mode, endpoint: str | None) -> Iterator[None]:
    """The environment in which an application may be loaded and run.

    Applications that make a client of their own read the key and the address here. In replay both are made harmless,
    else the address is the endpoint that was asked for.
    """
    before = dict(os.environ)
    if mode is Mode.REPLAY:
        for name in (_BASE_URL, *_ACCOUNT):
            os.environ.pop(name, None)
        os.environ[_KEY] = NO_KEY
    elif endpoint is not None:
        os.environ[_BASE_URL] = endpoint
        os.environ.setdefault(_KEY, NO_KEY)
    _stop_uploads()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _stop_uploads() -> None:
    """Take the SDK's exporter away for good: it sends from a thread of its own, past any client."""
    from agents import set_trace_processors  # noqa: PLC0415 - keeps this module importable without the SDK

    set_trace_processors([])
