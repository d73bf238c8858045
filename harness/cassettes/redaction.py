"""What a user wants hidden is replaced: in the recording, and in the requests that are compared with it.

So replay still matches. In HTTP calls made by tools, parameters and fields with a telling name are replaced as well.
Headers need none of it: only harmless ones are kept at all. What still looks like a secret then stops the write
(`harness.cassettes.detection`).
"""

from __future__ import annotations

import base64
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Patterns = tuple[tuple[str, "re.Pattern[str]"], ...]

REDACTED = "REDACTED"
_SECRET_NAME = re.compile(
    r"(?i)(api[-_]?key|access[-_]?key|private[-_]?key|token|secret|passw(or)?d|authori[sz]ation|credential|cookie"
    r"|signature|session[-_]?id|^auth$|^sig$|^key$)"
)
_SECRET_HEADER = re.compile(r"(?i)(authorization|cookie|organization|project|api[-_]?key|token|secret|passw|signature)")
_NOISE = re.compile(
    r"(?i)^(date|server|connection|keep-alive|content-length|content-encoding|transfer-encoding|alt-svc|via|cf-.*"
    r"|x-request-id|x-ratelimit-.*|strict-transport-security|report-to|nel|openai-.*)$"
)
_FIELD = re.compile(r'("(?P<name>[^"\\]{1,64})"\s*:\s*)"(?P<value>(?:[^"\\]|\\.)*)"')
_PARAMETER = re.compile(r"(?P<before>[?&;]|^)(?P<name>[^=&?#\s]{1,64})=(?P<value>[^&#\s]*)")


def patterns_of(table: Mapping[str, str]) -> Patterns:
    """The patterns of [tool.harness.redact]: name -> regular expression. Raises UsageError for one that is wrong."""
    return tuple((name, _compiled(name, text)) for name, text in table.items())


def _compiled(name: str, text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise UsageError(
            f"{name} = {text!r} is no regular expression: {error}", where="[tool.harness.redact]"
        ) from error


def redacted(text: str, patterns: Patterns) -> str:
    """`text` with every match of a pattern replaced by the pattern's name."""
    for name, pattern in patterns:
        text = pattern.sub(placeholder(name), text)
    return text


def placeholder(name: str) -> str:
    """What stands in a recording for what the pattern of this name matched."""
    return f"<{name}>"


def without_named(text: str) -> str:
    """`text`, an address, a form or JSON, without the values of parameters and fields with a telling name."""
    return _PARAMETER.sub(_parameter, _FIELD.sub(_field, text))


def secret_values(headers: Mapping[str, Any]) -> Iterator[str]:
    """What a request's headers carry that must appear nowhere else either: keys, cookies, organisation ids."""
    for name, value in headers.items():
        for each in value if isinstance(value, list | tuple) else (value,):
            text = each.decode("latin-1") if isinstance(each, bytes) else str(each)
            if "cookie" in name.lower():
                pairs = text.split(";")[: 1 if name.lower() == "set-cookie" else None]
                yield from (pair.partition("=")[2].strip() for pair in pairs)
            elif _SECRET_HEADER.search(name):
                yield from _credentials(text)


def _credentials(text: str) -> Iterator[str]:
    """What a header like Authorization holds after its scheme; of a Basic one the password as well."""
    scheme, _, value = text.rpartition(" ")
    yield value
    if scheme.lower() == "basic":
        with suppress(ValueError):
            yield base64.b64decode(value).decode("utf-8", "replace").partition(":")[2]


def kept_headers(headers: Mapping[str, Any]) -> dict[str, list[str]]:
    """The headers of an answer that an application may read: neither secret nor different in every run."""
    return {
        name.lower(): [str(value) for value in (values if isinstance(values, list | tuple) else [values])]
        for name, values in sorted(headers.items(), key=lambda pair: pair[0].lower())
        if not _SECRET_HEADER.search(name) and not _NOISE.search(name)
    }


def _field(found: re.Match[str]) -> str:
    return f'{found[1]}"{REDACTED}"' if _SECRET_NAME.search(found["name"]) and found["value"] else found[0]


def _parameter(found: re.Match[str]) -> str:
    if not found["value"] or not _SECRET_NAME.search(found["name"]):
        return found[0]
    return f"{found['before']}{found['name']}={REDACTED}"
