"""Instructions cut into bullets and sentences."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_BULLET = re.compile(r"^\s*(?:[-*•]|\(?\d+[.)]|\(?[a-z][.)])\s+")
_LABEL = re.compile(r"^[A-Z][\w ]{0,30}: ")
_HEADING = re.compile(r"^\s*#+\s*")
_STOP = re.compile(
    r"""(?<=[.!?])["'\u201d\u2019]?\s+(?=["'`\u201c\u2018A-Z*])|;\s+(?=(?:if|when|unless|once|otherwise)\b)"""
)
_CONDITION = re.compile(r"^(?:if|when|whenever|for|once|after|unless)\b", re.IGNORECASE)
_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|`[^`]*`|\([^()]*\)")


def units(text: str) -> Iterator[str]:
    """The bullets and paragraphs of a text, each on one line; the bullets under `If ...:` are its steps."""
    current, depth = "", -1
    for raw in [*text.splitlines(), ""]:
        line = _HEADING.sub("", raw)
        bullet = _BULLET.match(line)
        content = line[bullet.end() if bullet else 0 :].strip()
        indent = len(line) - len(line.lstrip())
        if bullet and _takes_steps(current, depth, indent) and not _CONDITION.match(content):
            current, depth = _with_step(current, content), indent
        elif current and content and not bullet and not _LABEL.match(line):
            current += " " + content
        else:
            if current:
                yield current
            current, depth = content, -1


def _takes_steps(current: str, depth: int, indent: int) -> bool:
    """Whether a bullet is a step of the current unit: a condition that ended in a colon, or had a step there before."""
    return depth == indent or (_CONDITION.match(current) is not None and current.endswith(":"))


def _with_step(current: str, step: str) -> str:
    return f"{current} {step}" if current.endswith(":") else f"{current.rstrip('.')}, then {step}"


def sentences(unit: str) -> list[str]:
    """The sentences of a unit; a stop inside quotes or brackets ends none."""
    hidden = _QUOTED.sub(lambda found: found[0][0] + "\0" * (len(found[0]) - 2) + found[0][-1], unit)
    # A quote that ends with a stop ends the sentence as well.
    hidden = re.sub(r"\0([\"”])(?=\s+[A-Z])", lambda found: "." + found[1], hidden)
    cuts = [0, *(found.end() for found in _STOP.finditer(hidden)), len(unit)]
    parts = [unit[start:end].strip(" ;") for start, end in pairwise(cuts)]
    return [part for part in parts if part]


def masked(text: str) -> str:
    """The text with everything inside quotes, backticks and brackets blanked; positions stay."""
    return _QUOTED.sub(lambda found: found[0][0] + " " * (len(found[0]) - 2) + found[0][-1], text)
