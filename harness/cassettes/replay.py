"""The OpenAI client of a trial: made cheaply, never retrying in replay, remembering what was cancelled."""

from __future__ import annotations

import asyncio
import ssl
from functools import cache
from typing import TYPE_CHECKING

import httpx2
from openai import AsyncOpenAI

from harness.core.results import Mode

if TYPE_CHECKING:
    from harness.cassettes.tape import Tape

_NO_KEY = "replay-needs-no-key"
CANCEL_SECONDS = 30.0
"""How long a call that was cancelled in the recording waits to be cancelled again."""


def client(tape: Tape, base_url: str | None = None, api_key: str | None = None) -> AsyncOpenAI:
    """A client for the SDK; in replay it needs neither key nor endpoint. Close it in the loop that used it."""
    replaying = tape.mode is Mode.REPLAY
    return AsyncOpenAI(
        api_key=_NO_KEY if replaying else api_key,
        base_url=base_url,
        max_retries=0 if replaying else 2,
        http_client=httpx2.AsyncClient(transport=_Transport(tape), timeout=httpx2.Timeout(600.0, connect=5.0)),
    )


class _Transport(httpx2.AsyncHTTPTransport):
    """Sees what the recording of answers alone cannot hold: a call that was cancelled before it was answered.

    A guardrail that trips cancels the agent's call that runs beside it. In replay that call finds no answer, and waits
    here until it is cancelled as it was then.
    """

    def __init__(self, tape: Tape) -> None:
        super().__init__(verify=_certificates())
        self._tape = tape

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer through vcrpy's patch of this class's parent."""
        asked = (request.method, str(request.url), request.read())
        if self._tape.mode is Mode.REPLAY and self._tape.was_cancelled(*asked):
            await asyncio.sleep(CANCEL_SECONDS)
            raise self._tape.not_cancelled(CANCEL_SECONDS)
        try:
            return await super().handle_async_request(request)
        except asyncio.CancelledError:
            self._tape.cancel(*asked)
            raise


@cache
def _certificates() -> ssl.SSLContext:
    """One for the process: loading them is most of what a client costs."""
    return ssl.create_default_context()
