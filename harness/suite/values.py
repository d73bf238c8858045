"""Readers of simple values: each returns what was written, or notes what is wrong and returns an empty value."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING

from harness.core.scenario import RECORDED
from harness.errors import did_you_mean
from harness.suite.language import SHAPES, SPAN, SPAN_PATTERN
from harness.suite.nodes import Field, Fields, Items, Node, Scalar, described, is_null

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.suite.page import Page
    from harness.suite.shapes import Shape

_SPAN = re.compile(SPAN_PATTERN)


def fields(page: Page, node: Node, shape: Shape, *, label: str = "") -> dict[str, Field] | None:
    """The keys of a mapping of this shape that can be read further; None when it is no mapping."""
    if not isinstance(node, Fields):
        page.error(node.line, f"{label or shape.title} must be a mapping, not {described(node)}", _keys_hint(shape))
        return None
    known = shape.names()
    found = {key: field for key, field in node.fields.items() if key in known}
    for key, field in node.fields.items():
        if key not in known:
            page.error(field.line, f"unknown key {key!r} in {shape.title}", _where_it_belongs(key, shape))
    for each in shape.keys:
        if each.required and each.name not in found:
            page.error(node.line, f"{shape.title} needs `{each.name}`", each.meaning)
    _check_one_of(page, node, shape, found)
    return _without_empty(page, found)


def _keys_hint(shape: Shape) -> str:
    return f"its keys: {', '.join(shape.names())}"


def _where_it_belongs(key: str, shape: Shape) -> str:
    hint = did_you_mean(key, shape.names())
    if hint.startswith("did you mean"):
        return hint
    homes = [each.title for each in SHAPES if each is not shape and key in each.names()]
    return f"{key!r} belongs in {homes[0]}" if homes else hint


def _check_one_of(page: Page, node: Fields, shape: Shape, found: Mapping[str, Field]) -> None:
    if not shape.one_of:
        return
    present = [key for key in shape.one_of if key in found]
    named = " or ".join(f"`{key}`" for key in shape.one_of)
    if not present:
        page.error(node.line, f"{shape.title} needs {named}")
    elif len(present) > 1:
        page.error(
            found[present[1]].line, f"{shape.title} has both {' and '.join(f'`{key}`' for key in present)}", "keep one"
        )


def _without_empty(page: Page, found: Mapping[str, Field]) -> dict[str, Field]:
    for key, field in found.items():
        if is_null(field.node):
            hint = "write [] for no tool call at all" if key == "tools" else "give it a value or remove it"
            page.error(field.line, f"`{key}` has no value", hint)
    return {key: field for key, field in found.items() if not is_null(field.node)}


def text(page: Page, label: str, node: Node) -> str:
    """A text, possibly empty."""
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return node.value
    hint = f"quote it: '{node.written}'" if isinstance(node, Scalar) and not is_null(node) else ""
    page.error(node.line, f"`{label}` must be a text, not {described(node)}", hint)
    return ""


def name(page: Page, label: str, node: Node) -> str:
    """A text with something in it."""
    before = len(page.found)
    value = text(page, label, node)
    if not value.strip() and len(page.found) == before:
        page.error(node.line, f"`{label}` is empty")
    return value


def names(page: Page, label: str, node: Node, *, repeats: bool = False) -> tuple[str, ...]:
    """One text, or a list of at least one, each once unless it `repeats`."""
    if not isinstance(node, Items):
        return tuple(filter(None, (name(page, label, node),)))
    if not node.items:
        page.error(node.line, f"`{label}` is an empty list", "name at least one, or remove it")
    found = [name(page, label, each) for each in node.items]
    for position, each in enumerate(found):
        if each and each in found[:position] and not repeats:
            page.error(node.items[position].line, f"`{label}` names {each!r} twice")
    return tuple(filter(None, found))


def choice(page: Page, label: str, node: Node, allowed: Iterable[str]) -> str | None:
    """One of a closed set of words."""
    options = tuple(allowed)
    if isinstance(node, Scalar) and node.value in options:
        return str(node.value)
    written = repr(node.value) if isinstance(node, Scalar) and isinstance(node.value, str) else described(node)
    hint = did_you_mean(node.value, options) if isinstance(node, Scalar) and isinstance(node.value, str) else ""
    page.error(node.line, f"`{label}` must be one of {', '.join(options)}, not {written}", hint)
    return None


def whole(page: Page, label: str, node: Node, least: int = 0) -> int | None:
    """A whole number of at least `least`."""
    if isinstance(node, Scalar) and isinstance(node.value, int) and not isinstance(node.value, bool):
        if node.value >= least:
            return node.value
        page.error(node.line, f"`{label}` must be at least {least}, not {node.value}")
        return None
    page.error(node.line, f"`{label}` must be a whole number, not {described(node)}")
    return None


def number(page: Page, label: str, node: Node, *, negative: bool = False) -> float | None:
    """A number; below zero only where that makes sense."""
    if isinstance(node, Scalar) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        if negative or node.value >= 0:
            return float(node.value)
        page.error(node.line, f"`{label}` must be at least 0, not {node.written}")
        return None
    page.error(node.line, f"`{label}` must be a number, not {described(node)}")
    return None


def numbers(page: Page, label: str, node: Node) -> tuple[float, ...]:
    """One number, or a list of at least one."""
    if not isinstance(node, Items):
        found = [number(page, label, node, negative=True)]
    elif node.items:
        found = [number(page, label, each, negative=True) for each in node.items]
    else:
        page.error(node.line, f"`{label}` is an empty list", "list at least one amount, or remove it")
        found = []
    return tuple(each for each in found if each is not None)


def yes_no(page: Page, label: str, node: Node) -> bool:
    """True or false."""
    if isinstance(node, Scalar) and isinstance(node.value, bool):
        return node.value
    page.error(node.line, f"`{label}` must be true or false, not {described(node)}")
    return False


def day(page: Page, label: str, node: Node) -> date | None:
    """A calendar day written as 2026-12-31."""
    written = node.written if isinstance(node, Scalar) else ""
    try:
        return date.fromisoformat(written)
    except ValueError:
        page.error(node.line, f"`{label}` must be a day, not {described(node)}", "write it as 2026-12-31")
        return None


def moment(page: Page, label: str, node: Node) -> str | None:
    """A point in time written as 2026-01-31T12:00:00+00:00, or `recorded`."""
    written = node.written if isinstance(node, Scalar) else ""
    if written == RECORDED or _is_moment(written):
        return written
    hint = f"write it as 2026-01-31T12:00:00+00:00, or `{RECORDED}`"
    page.error(node.line, f"`{label}` must be a point in time, not {described(node)}", hint)
    return None


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return "T" in text or " " in text


def span(page: Page, label: str, node: Node) -> tuple[int, int | None] | None:
    """A least and a greatest number: `2`, `1..2`, `1..`, `..2` or `{min: 1, max: 2}`."""
    if isinstance(node, Fields):
        found = fields(page, node, SPAN) or {}
        low = whole(page, "min", found["min"].node) if "min" in found else 0
        high = whole(page, "max", found["max"].node) if "max" in found else None
        if not node.fields:
            page.error(node.line, f"`{label}` is an empty mapping", "give it `min`, `max` or both")
        return _ordered(page, label, node, (low or 0, high))
    if isinstance(node, Scalar) and isinstance(node.value, str) and _SPAN.fullmatch(node.value):
        low_text, dots, high_text = node.value.partition("..")
        high = int(high_text) if high_text else None if dots else int(low_text)
        return _ordered(page, label, node, (int(low_text or 0), high))
    if isinstance(node, Scalar) and isinstance(node.value, str | float | bool | None):
        hint = "write 2, 1..2, 1.. or {min: 1, max: 2}"
        page.error(node.line, f"`{label}` must be a number or a range, not {described(node)}", hint)
        return None
    count = whole(page, label, node)
    return None if count is None else (count, count)


def _ordered(page: Page, label: str, node: Node, value: tuple[int, int | None]) -> tuple[int, int | None]:
    low, high = value
    if high is not None and high < low:
        page.error(node.line, f"`{label}` can never be met: at least {low} and at most {high}")
    return value


def mapping(page: Page, label: str, node: Node) -> dict[str, Field]:
    """A mapping with keys of the writer's choice."""
    if isinstance(node, Fields):
        return dict(node.fields)
    page.error(node.line, f"`{label}` must be a mapping, not {described(node)}")
    return {}
