"""The reference of the scenario language, as Markdown made from the language itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.suite.language import MATCHER_OPTIONS, MATCHERS, ORDER_MEANINGS, ORDERS, SHAPES
from harness.suite.refusals import REFUSALS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.suite.shapes import Key


def language_reference() -> str:
    """Every key of every part of the language, every matcher and order, and what is refused, one table for each."""
    parts = [_part(shape.title, shape.keys) for shape in SHAPES]
    parts.append(_part("argument matchers", (*MATCHERS, *MATCHER_OPTIONS)))
    parts.append(_table("The orders", ("`order`", "meaning"), ((f"`{name}`", ORDER_MEANINGS[name]) for name in ORDERS)))
    refused = ((each.what, f"`{each.example}`", f"`` {_said(each.says)} ``") for each in REFUSALS)
    parts.append(_table("What is refused", ("error", "example", "what `harness check` says"), refused))
    return "\n".join(parts)


def _part(title: str, keys: Iterable[Key]) -> str:
    heading = title if title.startswith("`") else title[0].upper() + title[1:]
    rows = ((f"`{key.name}`{' (required)' if key.required else ''}", key.meaning) for key in keys)
    return _table(heading, ("key", "meaning"), rows)


def _table(heading: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (f"| {' | '.join(row)} |" for row in (columns, ["---"] * len(columns), *rows))
    return "\n".join([f"### {heading}", "", *lines, ""])


def _said(message: str) -> str:
    return f"{message}..." if message.endswith(" ") else message
