"""What looks like a secret, or is known to be one, stops the write: nothing of the recording reaches the disk."""

from __future__ import annotations

import base64
import binascii
import gzip
import os
import re
import zlib
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

from harness.errors import SecretFoundError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from detect_secrets.plugins.base import BasePlugin

_SECRET_VARIABLE = re.compile(
    r"(?i)(?:(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?)(?:_?\d+)?|_PASS|_ORG_ID|_PROJECT_ID)$"
)
_SHORTEST = 8
_SHORTEST_WORD = 12
"""A shorter word of letters alone may stand in any text."""

_DEPTH = 3
_PLACEHOLDERS = frozenset({"replay-needs-no-key"})
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")
_LINE_END = re.compile(r"(?:\\r)?\\n|\s")
_WRAPPED = re.compile(r"(?<![A-Za-z0-9+/])(?:[A-Za-z0-9+/]{60,}+(?:(?:\\r)?\\n|\s)++)+[A-Za-z0-9+/]+={0,2}")
"""Base64 over several lines, as YAML and mail write it. A long run is read once, not again from each of its letters."""

_ESCAPE = re.compile(r"""\\(?:u(?P<unit>[0-9a-fA-F]{4})|x(?P<byte>[0-9a-fA-F]{2})|(?P<mark>[bfnrt"'/\\]))""")
_MARKS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
"""Escapes of JSON, and of Python where it shows a text."""

_DELTA = re.compile(r'"(?:content|delta|arguments)"\s*:\s*"((?:[^"\\]|\\.)*)"')
"""The pieces that a stream gives a text in."""

_PRIVATE_KEY = re.compile(
    r"(?:-----)?BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?.*?(?:END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?(?:-----)?|\Z)",
    re.DOTALL,
)
HIDDEN = "<secret>"
"""What stands in reports where a secret stood."""

_DETECTORS = (
    "ArtifactoryDetector",
    "AWSKeyDetector",
    "AzureStorageKeyDetector",
    "BasicAuthDetector",
    "CloudantDetector",
    "DiscordBotTokenDetector",
    "GitHubTokenDetector",
    "GitLabTokenDetector",
    "JwtTokenDetector",
    "MailchimpDetector",
    "NpmDetector",
    "OpenAIDetector",
    "PrivateKeyDetector",
    "PypiTokenDetector",
    "SendGridDetector",
    "SlackDetector",
    "SquareOAuthDetector",
    "StripeDetector",
    "TelegramBotTokenDetector",
    "TwilioKeyDetector",
)
"""Detectors of well-known shapes; those that guess by entropy would refuse every id."""

_MODERN_KEYS = re.compile(r"\bsk-(?:proj|svcacct|admin|ant)-[A-Za-z0-9_-]{20,}")


_known: dict[str, str] = {}
"""Values of the environment that must be written nowhere -> the names they go by."""


def remember_environment() -> None:
    """Keep in mind what the environment holds of secrets now: in replay they are taken out of it."""
    _known.update(_environment_secrets())


def refuse_secrets(text: str, where: str, sent: Collection[str] = ()) -> None:
    """Raise SecretFoundError when `text`, or something encoded in it, holds a secret; the secret is not repeated.

    `sent` are values that went out as keys, cookies or organisation ids.
    """
    found = secret_in(text, sent)
    if found:
        raise SecretFoundError(
            f"{found} would have been written; nothing was",
            where=where,
            hint="keep it out of what the agents see, or name a pattern for it in [tool.harness.redact]",
        )


def secret_in(text: str, sent: Collection[str] = ()) -> str:
    """What kind of secret `text` holds, in clear, escaped, in base64 or compressed; empty when it holds none."""
    known = _known | _environment_secrets()
    for part in _readings(text):
        found = _sent_value(part, sent) or _environment_secret(part, known) or _known_shape(part)
        if found:
            return found
    return ""


def without_secrets(text: str, sent: Collection[str] = ()) -> str:
    """`text` with every secret replaced. What cannot be cut out, since it is encoded, is withheld as a whole."""
    if not secret_in(text, sent):
        return text
    kept = _PRIVATE_KEY.sub(HIDDEN, text)
    for value in sorted({*sent, *_known, *_environment_secrets(), *_shapes(kept)}, key=len, reverse=True):
        kept = kept.replace(value, HIDDEN) if len(value) >= _SHORTEST else kept
    for encoded in (_WRAPPED, _BASE64):
        kept = encoded.sub(lambda match: HIDDEN if secret_in(match.group(), sent) else match.group(), kept)
    found = secret_in(kept, sent)
    return f"<withheld: {found}>" if found else kept


def _shapes(text: str) -> Iterator[str]:
    yield from _MODERN_KEYS.findall(text)
    for detector in _detectors():
        yield from (each for each in detector.analyze_string(text) if each)


def _sent_value(text: str, sent: Iterable[str]) -> str:
    if any(len(value) >= _SHORTEST and value in text for value in sent):
        return "a key, cookie or organisation id that was sent in a header"
    return ""


def _environment_secret(text: str, known: Mapping[str, str]) -> str:
    return next((f"the value of {name}" for value, name in known.items() if value in text), "")


def _environment_secrets() -> dict[str, str]:
    return {
        value: name
        for name, value in os.environ.items()
        if _SECRET_VARIABLE.search(name) and value not in _PLACEHOLDERS and _is_telling(value)
    }


def _is_telling(value: str) -> bool:
    return len(value) >= (_SHORTEST_WORD if value.isalpha() else _SHORTEST)


def _known_shape(text: str) -> str:
    if _MODERN_KEYS.search(text):
        return "what looks like an API key"
    for detector in _detectors():
        for found in detector.analyze_string(text):
            if found:
                return f"what looks like a secret ({detector.secret_type})"
    return ""


@cache
def _detectors() -> tuple[BasePlugin, ...]:
    from detect_secrets.core.plugins.util import (  # noqa: PLC0415 - reads its plugins from disk
        get_mapping_from_secret_type_to_class,
    )

    known: Iterable[type[BasePlugin]] = get_mapping_from_secret_type_to_class().values()
    return tuple(each() for each in known if each.__name__ in _DETECTORS)


def _readings(text: str, depth: int = _DEPTH) -> Iterator[str]:
    """The text, and what is encoded in it, and in that."""
    yield text
    for decoded in _decoded(text) if depth else ():
        yield from _readings(decoded, depth - 1)


def _decoded(text: str) -> Iterator[str]:
    """What escapes, streams and base64 in the text stand for, unpacked when that is compressed."""
    if "%" in text and (plain := unquote(text)) != text:
        yield plain
    if "\\" in text and (plain := _unescaped(text)) != text:
        yield plain
    if "data:" in text:
        yield "".join(_DELTA.findall(text))
    wrapped = (_LINE_END.sub("", match.group()) for match in _WRAPPED.finditer(text))
    for run in (*_BASE64.findall(text), *wrapped):
        raw = _from_base64(run)
        if raw is not None:
            yield text_of(raw)


def _unescaped(text: str) -> str:
    plain = _ESCAPE.sub(_meant, text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _meant(escape: re.Match[str]) -> str:
    code = escape["unit"] or escape["byte"]
    return chr(int(code, 16)) if code else _MARKS.get(escape["mark"], escape["mark"])


def text_of(body: object) -> str:
    """A request's or an answer's body as text; bytes are unpacked when they are compressed."""
    return _unpacked(body).decode("utf-8", "ignore") if isinstance(body, bytes) else str(body or "")


def _from_base64(text: str) -> bytes | None:
    padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
    try:
        return base64.b64decode(padded.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        return None


def _unpacked(raw: bytes) -> bytes:
    for unpack in (gzip.decompress, zlib.decompress):
        try:
            return unpack(raw)
        except (OSError, EOFError, zlib.error):
            continue
    return raw
