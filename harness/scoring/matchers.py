"""Argument matchers: each says why a value does not fit, with the path of every misfit.

A plain value means equal, and equality knows types: `49` equals `49.0`; `1` equals neither `"1"` nor `true`. Objects
and lists are compared recursively, and matchers may stand anywhere inside them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from typing import Any, Final, TypeAlias

from harness.core.results import Difference
from harness.core.trace import JSON
from harness.scoring.assignment import assign
from harness.scoring.outputs import occurs
from harness.scoring.syntax import MAX_DEPTH, OPTIONS, is_number, matcher_of, parse_day, pattern_problem, validate
from harness.scoring.wording import readable, show

__all__ = ["MATCHERS", "OPTIONS", "Place", "explain", "explain_arguments", "validate"]

DEFAULT_TOLERANCE = 0.01
"""How far `approx` may be off when it names no tolerance: one cent."""

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


class _Missing(Enum):
    MISSING = "missing"


_MISSING: Final = _Missing.MISSING
Misfits: TypeAlias = tuple[Difference, ...]
OutputsOf: TypeAlias = Callable[[str], Sequence[str]]
"""The outputs of the named tool's earlier calls, for `from`."""


def _no_outputs(_: str) -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a value the comparison stands. Inside `literal` (`plain`) nothing is a matcher."""

    path: str = "$"
    depth: int = 0
    plain: bool = False
    outputs: OutputsOf = _no_outputs

    def field(self, name: object) -> Place:
        """The place of an object's field."""
        text = readable(str(name), 60)
        step = f".{text}" if _PLAIN_KEY.fullmatch(text) else f"[{show(text)}]"
        return replace(self, path=self.path + step, depth=self.depth + 1)

    def item(self, index: int) -> Place:
        """The place of a list's item, counted from 0."""
        return replace(self, path=f"{self.path}[{index}]", depth=self.depth + 1)

    def inside(self) -> Place:
        """The same place, one level deeper in the matcher."""
        return replace(self, depth=self.depth + 1)


_ROOT = Place()
Matcher: TypeAlias = Callable[[Mapping[str, Any], JSON, Place], Misfits]


def explain(expected: JSON, actual: JSON, place: Place = _ROOT) -> Misfits:
    """Why `actual` does not fit `expected`; empty when it fits. Never raises, whatever the values."""
    if place.depth > MAX_DEPTH:
        return _misfit(expected, actual, place, f"is nested deeper than {MAX_DEPTH} levels, which is not compared")
    name = None if place.plain else matcher_of(expected)
    if actual is _MISSING and name not in _MEET_MISSING:
        return _misfit(expected, actual, place, "is missing")
    if name:
        return MATCHERS[name](expected, actual, place)
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        return _fields(expected, actual, place, others=False)
    if isinstance(expected, list | tuple) and isinstance(actual, list | tuple):
        return _sequence(expected, actual, place)
    return () if _same(expected, actual) else _misfit(expected, actual, place, _unequal(expected, actual))


def explain_arguments(
    expected: Mapping[str, JSON], actual: Mapping[str, JSON], outputs: OutputsOf = _no_outputs, *, exact: bool = False
) -> Misfits:
    """Why arguments do not fit: every listed one must; others are refused only when `exact`."""
    return _fields(expected, actual, Place(outputs=outputs), others=not exact)


def _misfit(expected: JSON, actual: JSON, place: Place, reason: str) -> Misfits:
    shown = "nothing" if actual is _MISSING else show(actual)
    return (Difference(path=place.path, expected=show(expected), actual=shown, reason=readable(reason)),)


def _fields(expected: Mapping[str, JSON], actual: Mapping[str, JSON], place: Place, *, others: bool) -> Misfits:
    found = [
        misfit
        for key, wanted in expected.items()
        for misfit in explain(wanted, actual.get(key, _MISSING), place.field(key))
    ]
    if not others:
        for key, value in actual.items():
            if key not in expected:
                where = place.field(key)
                found.append(
                    Difference(path=where.path, expected="nothing", actual=show(value), reason="is not expected")
                )
    return tuple(found)


def _sequence(expected: Sequence[JSON], actual: Sequence[JSON], place: Place) -> Misfits:
    found = [
        misfit
        for index, (wanted, value) in enumerate(zip(expected, actual, strict=False))
        for misfit in explain(wanted, value, place.item(index))
    ]
    if len(expected) != len(actual):
        found += _misfit(expected, actual, place, f"has {len(actual)} items instead of {len(expected)}")
    return tuple(found)


def _same(expected: JSON, actual: JSON) -> bool:
    if isinstance(expected, date):
        return isinstance(actual, str) and actual == expected.isoformat()
    if is_number(expected) and is_number(actual):
        both_nan = expected != expected and actual != actual  # noqa: PLR0124 (only NaN differs from itself)
        return bool(expected == actual or both_nan)
    return _kind(expected) == _kind(actual) and bool(expected == actual)


def _kind(value: JSON) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if is_number(value):
        return "a number"
    if isinstance(value, str | date):
        return "text"
    if isinstance(value, Mapping):
        return "an object"
    return "a list" if isinstance(value, list | tuple) else type(value).__name__


def _unequal(expected: JSON, actual: JSON) -> str:
    wanted, got = _kind(expected), _kind(actual)
    return "is different" if wanted == got else f"is {got}, not {wanted}"


def _any(spec: Mapping[str, Any], actual: JSON, place: Place) -> Misfits:
    return () if spec["any"] is True else _misfit(spec, actual, place, "cannot fit: `any` takes only true")


def _absent(spec: Mapping[str, Any], actual: JSON, place: Place) -> Misfits:
    fits = actual is _MISSING and spec["absent"] is True
    return () if fits else _misfit(spec, actual, place, "must be absent")


def _one_of(spec: Mapping[str, Any], actual: JSON, place: Place) -> Misfits:
    choices = spec["one_of"] if isinstance(spec["one_of"], list | tuple) else ()
    if any(not explain(choice, actual, place.inside()) for choice in choices):
        return ()
    return _misfit(spec, actual, place, "is missing" if actual is _MISSING else "is none of the choices")


def _not(spec: Mapping[str, Any], actual: JSON, place: Place) -> Misfits:
    if explain(spec["not"], actual, place.inside()):
        return ()
    return _misfit(spec, actual, place, "is what it must not be")


def _matches(spec: Mapping[str, Any], actual: JSON, place: Place) -> Misfits:
    if not isinstance(actual, str):
        return _misfit(spec, actual, place, f"is {_kind(actual)}, not text")
    problem = pattern_problem(spec["matches"])
    if problem:
        return _misfit(spec, actual, place, f"cannot fit: `matches` {problem}")
    found = re.search(spec["matches"], actual)
    return () if found else _misfit(spec, actual, place, "does not match the pattern")


def _contains(spec: Mapping[str, Any], actual: JSON, place: Place) -> Misfits:
    wanted = spec["contains"]
    if isinstance(actual, list | tuple):
        fits = any(not explain(wanted, each, place.inside()) for each in actual)
        return () if fits else _misfit(spec, actual, place, "has no such item")
    if not isinstance(actual, str):
        return _misfit(spec, actual, place, f"is {_kind(actual)}, neither text nor a list")
    if not isinstance(wanted, str):
        return _misfit(spec, actual, place, "cannot fit: quote what a text must contain")
    if wanted in actual:
        return ()
    near = wanted.casefold() in actual.casefold()
    return _misfit(spec, actual, place, "contains it only in another case" if near else "does not contain it")


def _approx(spec: Mapping[str, Any], actual: JSON, place: Place) -> Misfits:
    wanted, tolerance = spec["approx"], spec.get("tolerance", DEFAULT_TOLERANCE)
    if not is_number(actual):
        return _misfit(spec, actual, place, f"is {_kind(actual)}, not a number")
    if not is_number(wanted) or not is_number(tolerance):
        return _misfit(spec, actual, place, "cannot fit: `approx` and `tolerance` take numbers")
    try:
        off = abs(actual - wanted)
        fits = off <= tolerance or math.isclose(off, tolerance, rel_tol=1e-9)
    except OverflowError:
        fits = False
    return () if fits else _misfit(spec, actual, place, f"is more than {show(tolerance)} away")


def _between(spec: Mapping[str, Any], actual: JSON, place: Place) -> Misfits:
    bounds = spec["between"]
    if not is_number(actual):
        return _misfit(spec, actual, place, f"is {_kind(actual)}, not a number")
    match bounds:
        case [low, high] if is_number(low) and is_number(high):
            if low <= actual <= high:
                return ()
            return _misfit(spec, actual, place, f"is not between {show(low)} and {show(high)}")
        case _:
            return _misfit(spec, actual, place, "cannot fit: `between` takes two numbers")


def _length(spec: Mapping[str, Any], actual: JSON, place: Place) -> Misfits:
    if not isinstance(actual, str | list | tuple | Mapping):
        return _misfit(spec, actual, place, f"is {_kind(actual)}, which has no length")
    if not explain(spec["length"], len(actual), place.inside()):
        return ()
    return _misfit(spec, actual, place, f"has length {len(actual)}")


def _items(spec: Mapping[str, Any], actual: JSON, place: Place) -> Misfits:
    wanted = spec["items"]
    if not isinstance(actual, list | tuple) or not isinstance(wanted, list | tuple):
        return _misfit(spec, actual, place, f"is {_kind(actual)}, not a list")
    if spec.get("order", "exact") != "any":
        return _sequence(wanted, actual, place)
    fits = {
        (left, right): 1.0
        for left, each in enumerate(wanted)
        for right, value in enumerate(actual)
        if not explain(each, value, place.item(right))
    }
    pairs = assign(fits)
    used = {left for left, _ in pairs}, {right for _, right in pairs}
    found = [
        misfit
        for left, each in enumerate(wanted)
        if left not in used[0]
        for misfit in _misfit(each, actual, place, "has no such item")
    ]
    for right, value in enumerate(actual):
        if right not in used[1]:
            where = place.item(right)
            found.append(Difference(path=where.path, expected="nothing", actual=show(value), reason="is not expected"))
    return tuple(found)


def _partial(spec: Mapping[str, Any], actual: JSON, place: Place) -> Misfits:
    if not isinstance(actual, Mapping) or not isinstance(spec["partial"], Mapping):
        return _misfit(spec, actual, place, f"is {_kind(actual)}, not an object")
    return _fields(spec["partial"], actual, place, others=True)


def _case_insensitive(spec: Mapping[str, Any], actual: JSON, place: Place) -> Misfits:
    wanted = spec["case_insensitive"]
    fits = isinstance(actual, str) and isinstance(wanted, str) and actual.casefold() == wanted.casefold()
    return () if fits else _misfit(spec, actual, place, "is different, case set aside")


def _date(spec: Mapping[str, Any], actual: JSON, place: Place) -> Misfits:
    wanted, got = parse_day(spec["date"]), parse_day(actual)
    if got is None:
        return _misfit(spec, actual, place, "is not an ISO 8601 date or time")
    return () if got == wanted else _misfit(spec, actual, place, "is another day")


def _from(spec: Mapping[str, Any], actual: JSON, place: Place) -> Misfits:
    tool = spec["from"] if isinstance(spec["from"], str) else ""
    outputs = place.outputs(tool)
    if not outputs:
        return _misfit(spec, actual, place, f"cannot come from {tool}, which had not answered by then")
    if any(occurs(actual, output) for output in outputs):
        return ()
    return _misfit(spec, actual, place, f"does not occur in what {tool} answered")


def _literal(spec: Mapping[str, Any], actual: JSON, place: Place) -> Misfits:
    return explain(spec["literal"], actual, replace(place, plain=True))


_MEET_MISSING = frozenset({"absent", "one_of"})

MATCHERS: Mapping[str, Matcher] = {
    "any": _any,
    "absent": _absent,
    "one_of": _one_of,
    "not": _not,
    "matches": _matches,
    "contains": _contains,
    "approx": _approx,
    "between": _between,
    "length": _length,
    "items": _items,
    "partial": _partial,
    "case_insensitive": _case_insensitive,
    "date": _date,
    "from": _from,
    "literal": _literal,
}
"""Every matcher by name: a function of the matcher as written, the actual value and its place."""
