"""Put what the code knows into the pages that ask for it."""

from __future__ import annotations

from typing import Any

from harness.suite.reference import language_reference

_PLACE = "<!-- language reference -->"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Fill in the table of scenario keys."""
    return markdown.replace(_PLACE, language_reference()) if _PLACE in markdown else markdown
