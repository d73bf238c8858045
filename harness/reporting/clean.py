"""Text from models and tools, made safe to look at: no invisible character may change what a reader sees."""

from __future__ import annotations

import re

from markupsafe import Markup

_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)

_WORDS = re.compile(r"([a-z0-9](?=[A-Z])|_)")


def clean(text: str) -> str:
    """`text` with control, direction and surrogate characters written out; tabs and line ends stay."""
    return _UNSEEN.sub(_written_out, text) if _UNSEEN.search(text) else text


def soft(text: str) -> Markup:
    """`text` with places to break a line at: between the words of CamelCase and after underscores."""
    return Markup("<wbr>").join(_WORDS.sub("\\1\0", clean(text)).split("\0"))


def finalize(value: object) -> object:
    """Every value a template writes goes through here; markup of our own is left alone."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _written_out(match: re.Match[str]) -> str:
    return match.group().encode("unicode_escape", "backslashreplace").decode("ascii")
