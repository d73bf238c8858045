"""The reference of the scenario language, as Markdown made from the language itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.suite.language import MATCHER_OPTIONS, MATCHERS, SHAPES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.suite.shapes import Key


def language_reference() -> str:
    """Every key of every part of the language, and every matcher, one table for each."""
    parts = [_part(shape.title, shape.keys) for shape in SHAPES]
    parts.append(_part("argument matchers", (*MATCHERS, *MATCHER_OPTIONS)))
    return "\n".join(parts)


def _part(title: str, keys: Iterable[Key]) -> str:
    heading = title if title.startswith("`") else title[0].upper() + title[1:]
    rows = [f"| `{key.name}`{' (required)' if key.required else ''} | {key.meaning} |" for key in keys]
    return "\n".join([f"### {heading}", "", "| key | meaning |", "| --- | --- |", *rows, ""])
