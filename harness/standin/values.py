"""Values in tool outputs, whether these are JSON or written as `name: value`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from harness.standin.situation import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

_PAIR = re.compile(r"(?:^|[;\n.,(]|\s-)\s*([A-Za-z][A-Za-z _]{1,40}?)\s*[:=]\s*([^;\n]+?)(?=;|\n|\.\s|\.$|$)")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def fields(output: str) -> Iterator[tuple[str, Any]]:
    """Every named value of an output, nested ones too, in order; names in the form `some_name`."""
    value = parsed(output)
    if isinstance(value, dict | list):
        yield from _walk(value)
        return
    for name, text in _PAIR.findall(output):
        yield re.sub(r"\W+", "_", name.strip().lower()), _scalar(text.strip())


def _walk(value: Any) -> Iterator[tuple[str, Any]]:
    """Breadth first, so that a value of the whole comes before one of its parts."""
    queue = [value]
    while queue:
        each = queue.pop(0)
        if isinstance(each, dict):
            for name, inner in each.items():
                if isinstance(inner, dict | list):
                    queue.append(inner)
                else:
                    yield re.sub(r"\W+", "_", str(name).lower()), inner
        elif isinstance(each, list):
            queue.extend(inner for inner in each if isinstance(inner, dict | list))


def _scalar(text: str) -> Any:
    bare = text.lstrip("$").replace(",", "")
    if _NUMBER.fullmatch(bare):
        return float(bare) if "." in bare else int(bare)
    return text
