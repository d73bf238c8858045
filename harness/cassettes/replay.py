"""The OpenAI client of a trial: made cheaply, never retrying what a recording answers."""

from __future__ import annotations

import ssl
from functools import cache
from typing import TYPE_CHECKING

import httpx2
from openai import AsyncOpenAI

from harness.core.results import Mode

if TYPE_CHECKING:
    from harness.cassettes.tape import Tape

_NO_KEY = "replay-needs-no-key"


def client(tape: Tape, base_url: str | None = None, api_key: str | None = None) -> AsyncOpenAI:
    """A client for the SDK; in replay it needs neither key nor endpoint. Close it in the loop that used it."""
    replaying = tape.mode is Mode.REPLAY
    return AsyncOpenAI(
        api_key=_NO_KEY if replaying else api_key,
        base_url=base_url,
        max_retries=0 if replaying else 2,
        http_client=httpx2.AsyncClient(verify=_certificates(), timeout=httpx2.Timeout(600.0, connect=5.0)),
    )


@cache
def _certificates() -> ssl.SSLContext:
    """One for the process: loading them is most of what a client costs."""
    return ssl.create_default_context()
