"""What makes two requests the same.

Of a model request only what reaches the model counts: not the host, the headers, the order of keys or of `include`,
nor the ids that the endpoint made up. Call ids are renumbered in the order they appear, so that a recording made
elsewhere still fits. Of any other HTTP request the method, the address with its query, and the body count.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from harness.core.trace import JSON

if TYPE_CHECKING:
    from collections.abc import Mapping


_MODEL_PATHS = ("/responses", "/chat/completions")
_RUN_SPECIFIC = frozenset({"prompt_cache_key", "metadata", "user", "safety_identifier", "stream_options"})
_MADE_UP = frozenset({"id", "status"})
_CALL_IDS = ("call_id", "tool_call_id")


@dataclass(frozen=True, slots=True)
class Canonical:
    """A request in the form that is compared. `body` is plain data for a model request, text for any other."""

    kind: str
    body: JSON

    @property
    def is_model_call(self) -> bool:
        """Whether a model is asked."""
        return self.kind in _MODEL_PATHS

    @property
    def key(self) -> str:
        """Equal for equal requests."""
        text = json.dumps([self.kind, self.body], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def canonical(method: str, uri: str, body: bytes | str | None) -> Canonical:
    """The canonical form of a request as it goes over the wire."""
    text = body.decode("utf-8", "surrogateescape") if isinstance(body, bytes) else body or ""
    path = urlsplit(uri).path
    kind = next((each for each in _MODEL_PATHS if path.endswith(each)), "")
    if kind and method.upper() == "POST":
        parsed = _parsed(text)
        if isinstance(parsed, dict):
            return canonical_model_request(kind, parsed)
    return Canonical(f"{method.upper()} {_address(uri)}", _plain_body(text))


def canonical_model_request(kind: str, body: Mapping[str, Any]) -> Canonical:
    """The canonical form of a model request given as plain data; `kind` is /responses or /chat/completions."""
    kept = {name: value for name, value in body.items() if name not in _RUN_SPECIFIC}
    if isinstance(kept.get("include"), list):
        kept["include"] = sorted(kept["include"])
    for conversation in ("input", "messages"):
        if isinstance(kept.get(conversation), list):
            kept[conversation] = _renumbered([_without_made_up(item) for item in kept[conversation]])
    return Canonical(kind, kept)


def _without_made_up(item: JSON) -> JSON:
    if not isinstance(item, dict):
        return item
    return {name: value for name, value in item.items() if name not in _MADE_UP or item.get("type") is None}


def _renumbered(items: list[JSON]) -> list[JSON]:
    """The items with call ids replaced by their order of appearance."""
    numbers: dict[str, str] = {}

    def number(value: JSON) -> JSON:
        return numbers.setdefault(value, f"call {len(numbers) + 1}") if isinstance(value, str) else value

    def visit(item: JSON) -> JSON:
        if not isinstance(item, dict):
            return item
        changed = {name: number(value) if name in _CALL_IDS else value for name, value in item.items()}
        calls = changed.get("tool_calls")
        if isinstance(calls, list):
            changed["tool_calls"] = [call | {"id": number(call.get("id"))} for call in calls if isinstance(call, dict)]
        return changed

    return [visit(item) for item in items]


def _address(uri: str) -> str:
    parts = urlsplit(uri)
    query = sorted(parse_qsl(parts.query, keep_blank_values=True))
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path}?{json.dumps(query)}" if query else uri


def _plain_body(text: str) -> JSON:
    parsed = _parsed(text)
    return text if parsed is None else parsed


def _parsed(text: str) -> JSON:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
