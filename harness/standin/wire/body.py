"""Reading JSON bodies: checked access, the request's hash, ids and usage derived from it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from harness.standin.request import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

_TRANSPORT_KEYS = frozenset({"stream", "stream_options"})
_LETTERS_PER_TOKEN = 4
_ID_LENGTH = 32
CREATED = 1_700_000_000
"""The moment every answer claims to be made: a clock would make answers differ."""


def digest_of(api: str, body: Mapping[str, Any]) -> str:
    """A hash of the request that key order and streaming do not change."""
    content = {key: value for key, value in body.items() if key not in _TRANSPORT_KEYS}
    text = json.dumps([api, content], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def identifier(prefix: str, digest: str, index: int = 0) -> str:
    """An id like `call_3f...`, the same for the same request, different for every `index` and prefix."""
    return f"{prefix}_{hashlib.sha256(f'{prefix}:{digest}:{index}'.encode()).hexdigest()[:_ID_LENGTH]}"


def tokens(text: str) -> int:
    """An estimate: one token per four characters, at least one for a text that is not empty."""
    return -(-len(text) // _LETTERS_PER_TOKEN)


def compact(value: Any) -> str:
    """JSON as models write it into arguments."""
    return json.dumps(value, ensure_ascii=False)


def text_of(content: Any, where: str) -> str:
    """The text of a message's content: a string, or the texts of its parts joined."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise BadRequestError(f"{where} must be a string or a list of parts, not {type(content).__name__}", where)
    texts = [part.get("text") or part.get("refusal") or "" for part in content if isinstance(part, dict)]
    return "\n".join(str(text) for text in texts if text)


def mapping(value: Any, where: str) -> dict[str, Any]:
    """The value, which has to be a JSON object."""
    if not isinstance(value, dict):
        raise BadRequestError(f"{where} must be an object, not {type(value).__name__}", where)
    return value


def sequence(value: Any, where: str) -> list[Any]:
    """The value, which has to be an array; absent counts as empty."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadRequestError(f"{where} must be an array, not {type(value).__name__}", where)
    return value


def string(value: Any, where: str) -> str:
    """The value, which has to be a string."""
    if not isinstance(value, str):
        raise BadRequestError(f"{where} must be a string, not {type(value).__name__}", where)
    return value
