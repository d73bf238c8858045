"""The OpenAI client of a trial: made cheaply, never retrying in replay.

In replay, answers are given where the SDK calls the client, before the client turns the request into JSON over HTTP:
that is most of what a replayed call costs. What cannot be answered there goes the long way, so that the short one can
only be faster, never different.
"""

from __future__ import annotations

import ssl
from functools import cache
from typing import TYPE_CHECKING, Any

import httpx2
from openai import AsyncOpenAI, NotGiven, Omit
from openai._base_client import get_platform
from openai.types.chat import ChatCompletion
from openai.types.responses import Response

from harness.cassettes import pace
from harness.cassettes.model_answers import read
from harness.core.results import Mode

if TYPE_CHECKING:
    from openai import BaseModel

    from harness.cassettes.tape import Tape

_NOT_BODY = ("extra_headers", "extra_query", "timeout")
_NO_KEY = "replay-needs-no-key"


def client(tape: Tape, base_url: str | None = None, api_key: str | None = None) -> AsyncOpenAI:
    """A client for the SDK; in replay it needs neither key nor endpoint. Close it in the loop that used it."""
    replaying = tape.mode is Mode.REPLAY
    api = AsyncOpenAI(
        api_key=_NO_KEY if replaying else api_key,
        base_url=base_url,
        max_retries=0 if replaying else 2,
        http_client=httpx2.AsyncClient(
            verify=_certificates(),
            # Many trials that start at once keep an event loop from looking for longer than the usual five seconds.
            timeout=httpx2.Timeout(600.0, connect=30.0),
            # The proxies of the environment: in replay nothing goes out.
            trust_env=not replaying,
        ),
    )
    # Else the first request of a client waits for a thread that finds this out.
    api._platform = get_platform()  # noqa: SLF001 - there is no public way to tell
    if replaying:
        # Both are cached properties: what stands in the instance's dictionary is what they give from now on.
        vars(api)["responses"] = _ShortWay(api.responses, tape, "/responses", Response)
        vars(api.chat)["completions"] = _ShortWay(api.chat.completions, tape, "/chat/completions", ChatCompletion)
    return api


class _ShortWay:
    """An endpoint of the client whose `create` is answered from the tape where that can be done without HTTP."""

    def __init__(self, endpoint: Any, tape: Tape, kind: str, answer: type[BaseModel]) -> None:
        self._endpoint, self._tape, self._kind, self._answer = endpoint, tape, kind, answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._endpoint, name)

    async def create(self, **asked: Any) -> Any:
        """The recorded answer, or the endpoint's own `create`: for streams, and for what is not plainly recorded."""
        call = None if asked.get("stream") is True else self._tape.ask_plainly(self._kind, _body(asked))
        if call is None:
            return await self._endpoint.create(**asked)
        if self._tape.is_paced(call):
            await pace.turn(self._tape, call)
        return read(self._answer, self._tape.play(call)["body"]["string"])


def _body(asked: dict[str, Any]) -> dict[str, Any]:
    """The JSON body that the client would send."""
    given = {name: value for name, value in asked.items() if not isinstance(value, NotGiven | Omit)}
    extra = given.pop("extra_body", None) or {}
    return {name: value for name, value in given.items() if name not in _NOT_BODY} | extra


@cache
def _certificates() -> ssl.SSLContext:
    """One for the process: loading them is most of what a client costs."""
    return ssl.create_default_context()
