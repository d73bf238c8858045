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
    from collections.abc import Collection, Iterable, Iterator

    from detect_secrets.plugins.base import BasePlugin

_SECRET_VARIABLE = re.compile(r"(?i)(KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?|_ORG_ID|_PROJECT_ID)$")
_SHORTEST = 12
_SHORTEST_SENT = 8
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")
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


def refuse_secrets(text: str, where: str, sent: Collection[str] = ()) -> None:
    """Raise SecretFoundError when `text`, or something encoded in it, holds a secret; the secret is not repeated.

    `sent` are values that went out as keys, cookies or organisation ids.
    """
    for part in (text, *_decoded(text)):
        found = _sent_value(part, sent) or _environment_secret(part) or _known_shape(part)
        if found:
            raise SecretFoundError(
                f"{found} would have been written; nothing was",
                where=where,
                hint="keep it out of what the agents see, or name a pattern for it in [tool.harness.redact]",
            )


def _sent_value(text: str, sent: Iterable[str]) -> str:
    if any(len(value) >= _SHORTEST_SENT and value in text for value in sent):
        return "a key, cookie or organisation id that was sent in a header"
    return ""


def _environment_secret(text: str) -> str:
    for name, value in os.environ.items():
        if len(value) >= _SHORTEST and _SECRET_VARIABLE.search(name) and value in text:
            return f"the value of {name}"
    return ""


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


def _decoded(text: str) -> Iterator[str]:
    """What escapes and base64 in the text stand for, unpacked when that is compressed."""
    if "%" in text:
        yield unquote(text)
    for match in _BASE64.finditer(text):
        raw = _from_base64(match.group())
        if raw is not None:
            yield _unpacked(raw).decode("utf-8", "ignore")


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
