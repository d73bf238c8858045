"""Recorded answers as they are given in a replay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.cassettes.bodies import header
from harness.cassettes.drift import translated_text
from harness.cassettes.recorded import is_retryable

if TYPE_CHECKING:
    from collections.abc import Mapping

_OK = 200


def is_plain(response: dict[str, Any]) -> bool:
    """Whether the answer is a whole JSON object: no stream, no error, nothing compressed."""
    headers = response["headers"]
    return (
        response["status"]["code"] == _OK
        and header(headers, "content-type").startswith("application/json")
        and not header(headers, "content-encoding")
    )


def told_anew(response: dict[str, Any], pairs: Mapping[str, str]) -> dict[str, Any]:
    """The answer with this run's values where it has the recording's, so that tools know what they are asked for.

    A copy: what is given away may be changed by whoever gets it. Nothing is gained by waiting for a recorded failure
    to go away, and the OpenAI client is told so.
    """
    headers = {name: list(values) for name, values in response["headers"].items()}
    if is_retryable(response):
        headers |= {"x-should-retry": ["false"]}
    body = response["body"]["string"]
    if pairs and isinstance(body, bytes):
        body = translated_text(body.decode("utf-8", "surrogateescape"), pairs).encode("utf-8", "surrogateescape")
    return {"status": dict(response["status"]), "headers": headers, "body": {"string": body}}
