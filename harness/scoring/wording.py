"""How values appear in reasons: short, on one line, and safe to write to any file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.core.trace import JSON

_VALUE_LIMIT = 120
_TEXT_LIMIT = 600


def show(value: JSON, limit: int = _VALUE_LIMIT) -> str:
    """`value` as JSON on one line, cut after `limit` characters; never raises, whatever the value."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (RecursionError, TypeError, ValueError):
        text = f"<{type(value).__name__} that cannot be shown>"
    return readable(text, limit)


def readable(text: str, limit: int = _TEXT_LIMIT) -> str:
    """`text` cut after `limit` characters; control characters and lone surrogates, which no file takes, are escaped."""
    cut = text if len(text) <= limit else f"{text[:limit]}... ({len(text)} characters)"
    if cut.isascii() and cut.isprintable():
        return cut
    return "".join(each if each.isprintable() or each == "\n" else _escaped(each) for each in cut)


def encodable(name: str) -> str:
    """`name` as it is, but for lone surrogates, which UTF-8 cannot hold: they are escaped."""
    return name.encode("utf-8", "backslashreplace").decode()


def _escaped(character: str) -> str:
    if character.isspace():
        return " "
    return character.encode("unicode_escape").decode("ascii")


def alternatives(names: Iterable[str]) -> str:
    """`A`, or `A or B`."""
    return " or ".join(names)


def plural(count: int, noun: str) -> str:
    """`1 call`, `2 calls`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def call_text(tool: str, arguments: Mapping[str, JSON] | None) -> str:
    """A call as people write it: `get_invoice(customer_id="C-1042")`, or the bare name when arguments are None."""
    if arguments is None:
        return tool
    shown = ", ".join(f"{readable(name, 60)}={show(value, 60)}" for name, value in arguments.items())
    return f"{tool}({shown})"
