"""Which objects in a scenario are matchers, and what is wrong with one that is malformed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING

from harness.errors import did_you_mean
from harness.scoring.wording import readable, show

if TYPE_CHECKING:
    from harness.core.trace import JSON

OPTIONS: Mapping[str, tuple[str, ...]] = {
    "any": (),
    "absent": (),
    "one_of": (),
    "not": (),
    "matches": (),
    "contains": (),
    "approx": ("tolerance",),
    "between": (),
    "length": (),
    "items": ("order",),
    "partial": (),
    "case_insensitive": (),
    "date": (),
    "from": (),
    "literal": (),
}
"""Every matcher's name, and the further keys it takes."""

MAX_DEPTH = 64
"""Values nested deeper than this are never compared: they do not fit."""

_PAIR = 2
_PROBLEM_LIMIT = 2000


def matcher_of(value: JSON) -> str | None:
    """The name of the matcher that `value` is, or None for a plain value.

    An object is a matcher when its keys are one matcher's name and that matcher's own options, nothing else.
    """
    if not isinstance(value, Mapping) or not 1 <= len(value) <= _PAIR:
        return None
    names = [key for key in value if isinstance(key, str) and key in OPTIONS]
    if len(names) != 1:
        return None
    options = OPTIONS[names[0]]
    return names[0] if all(key == names[0] or key in options for key in value) else None


def is_number(value: JSON) -> bool:
    """Whether `value` is a number; true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def parse_day(value: JSON) -> date | None:
    """`value` as a day of the calendar, when it is a date or an ISO 8601 date or time."""
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None


def validate(value: JSON, path: str = "$") -> list[str]:
    """Everything that is wrong with the matchers inside `value`, one sentence each; empty when nothing is."""
    return [readable(problem, _PROBLEM_LIMIT) for problem in _problems(value, path, 0)]


def _problems(value: JSON, path: str, depth: int) -> Iterator[str]:
    if depth > MAX_DEPTH:
        yield f"{path}: nested deeper than {MAX_DEPTH} levels, which is never compared"
        return
    name = matcher_of(value)
    if name == "literal":
        return
    if name:
        yield from (f"{path}: {problem}" for problem in _CHECKS[name](value))
        yield from _inside(name, value[name], path, depth)
    elif isinstance(value, Mapping):
        yield from _lookalike(value, path)
        for key, each in value.items():
            yield from _problems(each, f"{path}.{key}", depth + 1)
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from _problems(each, f"{path}[{index}]", depth + 1)


def _inside(name: str, wanted: JSON, path: str, depth: int) -> Iterator[str]:
    """Problems of the values a matcher itself contains."""
    if name in ("one_of", "items") and isinstance(wanted, list | tuple):
        for index, each in enumerate(wanted):
            yield from _problems(each, f"{path}.{name}[{index}]", depth + 1)
    elif name == "partial" and isinstance(wanted, Mapping):
        for key, each in wanted.items():
            yield from _problems(each, f"{path}.{key}", depth + 1)
    elif name in ("not", "length", "contains"):
        yield from _problems(wanted, f"{path}.{name}", depth + 1)


def _lookalike(value: Mapping[str, JSON], path: str) -> Iterator[str]:
    """An object that mixes a matcher's name with other keys is plain; say so where a slip is likely."""
    names = [key for key in value if isinstance(key, str) and key in OPTIONS]
    if len(names) == len(value) and len(names) > 1:
        listed = ", ".join(f"`{name}`" for name in names)
        yield f"{path}: {listed} cannot be combined in one object; for a plain object write {{literal: {{...}}}}"
    for name in names:
        for key in value:
            near = did_you_mean(str(key), OPTIONS[name]) if key not in OPTIONS and OPTIONS[name] else ""
            if near.startswith("did you mean"):
                yield f"{path}: `{name}` does not know `{key}`; {near} For a plain object write {{literal: {{...}}}}"


def _only_true(value: Mapping[str, JSON]) -> Iterator[str]:
    for name in ("any", "absent"):
        if name in value and value[name] is not True:
            yield f"`{name}` takes only true, got {show(value[name])}"


def _text(value: Mapping[str, JSON]) -> Iterator[str]:
    for name in ("case_insensitive", "from"):
        if name in value and (not isinstance(value[name], str) or not value[name]):
            yield f"`{name}` takes a text, got {show(value[name])}"


def _pattern(value: Mapping[str, JSON]) -> Iterator[str]:
    problem = pattern_problem(value["matches"])
    if problem:
        yield f"`matches` {problem}"


def pattern_problem(pattern: JSON) -> str:
    """Why `pattern` is not a regular expression; empty when it is one."""
    if not isinstance(pattern, str):
        return f"takes a regular expression as text, got {show(pattern)}"
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"{show(pattern)} is not a regular expression: {error}"
    return ""


def _choices(value: Mapping[str, JSON]) -> Iterator[str]:
    if not isinstance(value["one_of"], list | tuple) or not value["one_of"]:
        yield f"`one_of` takes a list of at least one value, got {show(value['one_of'])}"


def _approx(value: Mapping[str, JSON]) -> Iterator[str]:
    if not is_number(value["approx"]):
        yield f"`approx` takes a number, got {show(value['approx'])}"
    tolerance = value.get("tolerance", 0)
    if not is_number(tolerance) or not tolerance >= 0:
        yield f"`tolerance` takes a number of at least 0, got {show(tolerance)}"


def _between(value: Mapping[str, JSON]) -> Iterator[str]:
    bounds = value["between"]
    if not isinstance(bounds, list | tuple) or len(bounds) != _PAIR or not all(is_number(each) for each in bounds):
        yield f"`between` takes two numbers [lowest, highest], got {show(bounds)}"
    elif not bounds[0] <= bounds[1]:
        yield f"`between` {show(bounds)} is empty: write the lower number first"


def _length(value: Mapping[str, JSON]) -> Iterator[str]:
    wanted = value["length"]
    number = isinstance(wanted, int) and not isinstance(wanted, bool) and wanted >= 0
    if not number and not matcher_of(wanted):
        yield f"`length` takes a whole number of at least 0 or a matcher, got {show(wanted)}"


def _items(value: Mapping[str, JSON]) -> Iterator[str]:
    if not isinstance(value["items"], list | tuple):
        yield f"`items` takes a list, got {show(value['items'])}"
    if value.get("order", "exact") not in ("exact", "any"):
        yield f"`order` of `items` is `exact` or `any`, got {show(value['order'])}"


def _partial(value: Mapping[str, JSON]) -> Iterator[str]:
    if not isinstance(value["partial"], Mapping) or not value["partial"]:
        yield f"`partial` takes an object with at least one key, got {show(value['partial'])}"


def _day(value: Mapping[str, JSON]) -> Iterator[str]:
    if parse_day(value["date"]) is None:
        yield f"`date` takes a day such as 2026-10-03, got {show(value['date'])}"


def _contains(value: Mapping[str, JSON]) -> Iterator[str]:
    if value["contains"] in ("", None):
        yield "`contains` takes something to look for: empty text is in every text"


def _fine(_: Mapping[str, JSON]) -> Iterator[str]:
    return iter(())


_CHECKS: Mapping[str, Callable[[Mapping[str, JSON]], Iterator[str]]] = {
    "any": _only_true,
    "absent": _only_true,
    "one_of": _choices,
    "not": _fine,
    "matches": _pattern,
    "contains": _contains,
    "approx": _approx,
    "between": _between,
    "length": _length,
    "items": _items,
    "partial": _partial,
    "case_insensitive": _text,
    "date": _day,
    "from": _text,
    "literal": _fine,
}
