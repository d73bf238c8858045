"""What makes two requests the same.

Of a model request only what reaches the model counts: not the host, the headers, the order of keys or of `include`,
nor the ids that the endpoint made up. Call ids are numbered in the order they appear, so that a recording whose
earlier answers were made anew still fits. Of any other HTTP request the method, the address with its query, and the
body count.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import pydantic_core

from harness.cassettes.redaction import without_named
from harness.core.trace import JSON

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

RESPONSES = "/responses"
CHAT = "/chat/completions"
CONVERSATIONS = ("input", "messages")
"""Where a model request keeps what was said, in either API."""

_NOT_FOR_THE_MODEL = frozenset(
    {
        "conversation",
        "metadata",
        "previous_response_id",
        "prompt_cache_key",
        "prompt_cache_retention",
        "safety_identifier",
        "stream_options",
        "user",
    }
)
_MADE_UP = frozenset({"id", "status"})
_CALL_IDS = ("call_id", "tool_call_id")
_PLAIN_AND_SORTED = (
    orjson.OPT_SORT_KEYS
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)
_JSON = json.JSONEncoder(sort_keys=True, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Canonical:
    """A request in the form that is compared. `body` is plain data for a model request, data or text for any other.

    Equal requests have equal `key`s. `ids` are the call ids as they were sent: of several recordings that fit, the
    one with the same ids belongs to the same branch of the run.
    """

    kind: str
    body: JSON
    key: str
    ids: tuple[str, ...] = ()

    @property
    def is_model_call(self) -> bool:
        """Whether a model is asked."""
        return self.kind in (RESPONSES, CHAT)


def canonical(method: str, uri: str, body: Any, clean: Callable[[str], str] | None = None) -> Canonical:
    """The canonical form of a request as it goes over the wire.

    `clean` is applied to text before anything is compared, to recordings and requests alike.
    """
    text = _text(body)
    kind = model_api(method, uri)
    if kind:
        parsed = _parsed(text)
        if isinstance(parsed, dict):
            return canonical_model_request(kind, parsed, clean)
    address, text = without_named(_address(uri)), without_named(text)
    if clean is not None:
        address, text = clean(address), clean(text)
    parsed, kind = _parsed(text), f"{method.upper()} {address}"
    plain = text if parsed is None else parsed
    return Canonical(kind, plain, _key(kind, plain))


def model_api(method: str, uri: str) -> str:
    """Which API a request asks for a model's answer, RESPONSES or CHAT; empty for any other request."""
    if method.upper() != "POST":
        return ""
    path = urlsplit(uri).path
    return next((each for each in (RESPONSES, CHAT) if path.endswith(each)), "")


def canonical_model_request(kind: str, body: Mapping[str, Any], clean: Callable[[str], str] | None = None) -> Canonical:
    """The canonical form of a model request given as plain data; `kind` is RESPONSES or CHAT.

    Raises TypeError or ValueError when the body is not plain data.
    """
    kept = {name: value for name, value in body.items() if name not in _NOT_FOR_THE_MODEL}
    if isinstance(kept.get("include"), list):
        kept["include"] = sorted(kept["include"])
    numbers: dict[str, str] = {}
    for conversation in CONVERSATIONS:
        if isinstance(kept.get(conversation), list):
            kept[conversation] = [_item(each, numbers) for each in kept[conversation]]
    if clean is not None and (cleaned := clean(text := _dumped(kept))) != text:
        kept = _parsed(cleaned) or kept
    return Canonical(kind, kept, _key(kind, kept), tuple(numbers))


def _item(item: JSON, numbers: dict[str, str]) -> JSON:
    """An item of a conversation without made-up ids, its call ids replaced by their order of appearance."""
    if not isinstance(item, dict):
        return item
    kept = dict(item)
    if kept.get("type") is not None:
        for name in _MADE_UP:
            kept.pop(name, None)
    for name in _CALL_IDS:
        if name in kept:
            kept[name] = _number(kept[name], numbers)
    if isinstance(kept.get("tool_calls"), list):
        kept["tool_calls"] = [
            call | {"id": _number(call.get("id"), numbers)} if isinstance(call, dict) else call
            for call in kept["tool_calls"]
        ]
    return kept


def _number(value: JSON, numbers: dict[str, str]) -> JSON:
    return numbers.setdefault(value, f"call {len(numbers) + 1}") if isinstance(value, str) else value


def _address(uri: str) -> str:
    """The address with its query in a steady order; the fragment never leaves the client."""
    parts = urlsplit(uri)
    query = sorted(parse_qsl(parts.query, keep_blank_values=True))
    asked = "?" + "&".join(f"{name}={value}" for name, value in query) if query else ""
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path or '/'}{asked}"


def _text(body: Any) -> str:
    if isinstance(body, bytes | bytearray):
        return bytes(body).decode("utf-8", "surrogateescape")
    if hasattr(body, "read"):
        return _text(body.read())
    if isinstance(body, str) or body is None:
        return body or ""
    return _dumped(body) if isinstance(body, dict | list) else _text(b"".join(body))


def _dumped(value: JSON) -> str:
    return _JSON.encode(value)


def _key(kind: str, body: JSON) -> str:
    """A digest that is the same for the same data, whatever the order of its keys."""
    try:
        text = orjson.dumps(body, option=_PLAIN_AND_SORTED)
    except (orjson.JSONEncodeError, RecursionError):  # half a surrogate, or a number of more than 64 bits
        text = _dumped(body).encode("utf-8", "surrogatepass")
    return hashlib.sha256(kind.encode("utf-8", "surrogatepass") + b"\n" + text).hexdigest()


def _parsed(text: str) -> JSON:
    try:
        parsed: JSON = pydantic_core.from_json(text)
    except (TypeError, ValueError):
        return _parsed_leniently(text)
    return parsed


def _parsed_leniently(text: str) -> JSON:
    """What Python's own reader takes besides: half a surrogate, say."""
    try:
        parsed: JSON = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return parsed
