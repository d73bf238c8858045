"""A new recording beside the old one, for people: what it means first, then every line that differs."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from harness.analysis.meaning import SHIFT_WORDS
from harness.reporting.clean import clean
from harness.reporting.numbers import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.analysis.meaning import Facet, Meaning

_SHOWN = 30
_ONE_LINE = ("verdict", "route")


def review_text(name: str, meaning: Meaning) -> str:
    """One recording with everything that differs, for a terminal."""
    return clean("\n".join((f"{name}  {SHIFT_WORDS[meaning.shift]}", *_lines(meaning.facets))))


def pending_text(name: str, meaning: Meaning) -> str:
    """The same on one line."""
    parts = ", ".join(each.name for each in meaning.facets)
    return clean(f"{name}  {SHIFT_WORDS[meaning.shift]}{f' ({parts})' if parts else ''}")


def _lines(facets: Iterable[Facet]) -> Iterator[str]:
    for facet in facets:
        if facet.name in _ONE_LINE:
            yield f"  {facet.name}: {' '.join(facet.before) or 'none'} -> {' '.join(facet.after) or 'none'}"
            continue
        yield f"  {facet.name}"
        changed = [line for line in difflib.ndiff(facet.before, facet.after) if not line.startswith("?")]
        yield from (f"    {line}" for line in changed[:_SHOWN])
        if len(changed) > _SHOWN:
            yield f"    ... {plural(len(changed) - _SHOWN, 'more line')}"
