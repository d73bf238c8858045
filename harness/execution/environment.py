"""What the process is like while trials run: no key is needed in replay, and traces are never uploaded."""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from harness.core.results import Mode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NO_KEY = "replay-needs-no-key"
"""Stands where a key is asked for and none is needed."""

_KEY, _BASE_URL = "OPENAI_API_KEY", "OPENAI_BASE_URL"
_NOWHERE_TO_LOG = logging.NullHandler()
_NOWHERE = "http://127.0.0.1:9/v1"
_ACCOUNT = ("OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_WEBHOOK_SECRET")


@contextmanager
def prepared(mode: Mode, endpoint: str | None) -> Iterator[None]:
    """The environment in which an application may be loaded and run.

    Applications that make a client of their own read the key and the address here. In replay both are made harmless,
    else the address is the endpoint that was asked for. What says which model is meant (OPENAI_DEFAULT_MODEL) stays:
    it is part of the agents.
    """
    from harness.execution.tracing import switch_off_upload  # noqa: PLC0415 - imports the SDK, which takes seconds

    switch_off_upload()
    # Where the application configured no logging, Python prints what the SDK logs of errors that a trial tells anyway.
    logging.getLogger("openai.agents").addHandler(_NOWHERE_TO_LOG)
    changes = _changes(mode, endpoint)
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _changes(mode: Mode, endpoint: str | None) -> Mapping[str, str]:
    """A variable that was set stays set, so that an application which insists on it can be loaded."""
    if mode is Mode.REPLAY:
        placeholders = {_BASE_URL: _NOWHERE, **dict.fromkeys(_ACCOUNT, NO_KEY)}
        return {_KEY: NO_KEY, **{name: text for name, text in placeholders.items() if name in os.environ}}
    if endpoint is not None:
        return {_BASE_URL: endpoint, _KEY: os.environ.get(_KEY) or NO_KEY}
    return {}
