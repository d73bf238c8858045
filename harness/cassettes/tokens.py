"""The tokens that recorded answers say they took."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from harness.cassettes.bodies import plain_bytes
from harness.cassettes.canonical import model_api
from harness.core.trace import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.cassettes.store import Cassette, Interaction

_EVENT = "data:"


def model_calls(cassette: Cassette) -> tuple[tuple[str, Usage], ...]:
    """(model, tokens) of each recorded model call; no tokens where the endpoint counted none."""
    return tuple(
        (str(_parsed(plain_bytes(each.request.body)).get("model")), _usage(each))
        for each in cassette.interactions
        if model_api(each.request.method, each.request.uri)
    )


def _usage(interaction: Interaction) -> Usage:
    told: dict[str, Any] = next(
        (each["usage"] for each in _answers(interaction) if isinstance(each.get("usage"), dict)), {}
    )
    cached = told.get("input_tokens_details") or told.get("prompt_tokens_details") or {}
    return Usage(
        requests=1,
        input_tokens=told.get("input_tokens") or told.get("prompt_tokens") or 0,
        output_tokens=told.get("output_tokens") or told.get("completion_tokens") or 0,
        cached_tokens=cached.get("cached_tokens") or 0,
    )


def _answers(interaction: Interaction) -> Iterator[dict[str, Any]]:
    """The answer; of a stream its events, the last first, since that one counts."""
    body = plain_bytes(interaction.response["body"]["string"])
    yield _parsed(body)
    for line in reversed(body.decode("utf-8", "replace").splitlines()):
        if line.startswith(_EVENT):
            event = _parsed(line.removeprefix(_EVENT).encode())
            yield event
            yield _mapping(event.get("response"))


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        return _mapping(json.loads(body))
    except ValueError:
        return {}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
