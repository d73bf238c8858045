"""The checkable facts in a text: amounts, ids and dates, however they are formatted.

A number may be read in several ways (`1,234` is 1234 in English and 1.234 in German): every plausible reading is
kept, and two facts agree when they share one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_YEAR = r"(?:,?\s+(?P<year>[0-9]{4}))?(?![0-9])"
_ISO = re.compile(r"(?<![0-9A-Za-z-])(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})(?![0-9-])")
_SLASHED = re.compile(r"(?<![0-9/.])(?P<a>[0-9]{1,2})[/.](?P<b>[0-9]{1,2})[/.](?P<year>[0-9]{4})(?![0-9])")
_MONTH_FIRST = re.compile(rf"(?<![A-Za-z]){_MONTH}\s+(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?{_YEAR}", re.IGNORECASE)
_DAY_FIRST = re.compile(
    rf"(?<![0-9A-Za-z])(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}(?![A-Za-z]){_YEAR}", re.IGNORECASE
)
_DATES = (_ISO, _SLASHED, _MONTH_FIRST, _DAY_FIRST)
_ID = re.compile(
    r"(?<![\w-])(?=[A-Za-z_-]{0,40}[0-9])[A-Za-z][A-Za-z_]{0,40}[-_#]?[0-9][0-9A-Za-z]*(?:[-_][0-9A-Za-z]+)*"
)
_CURRENCY = r"USD|EUR|GBP|CHF|JPY|CAD|AUD"
_SIGN = r"[$€£¥]"
_NUMBER = re.compile(
    rf"(?P<minus>(?<![\w)])[-\u2212])?(?P<before>(?:{_SIGN}|(?:{_CURRENCY}))\s?)?(?P<inner>[-\u2212])?"
    r"(?<![0-9])(?P<digits>[0-9]+(?:[.,][0-9]{2,3}(?![0-9])|['\u2019\u00a0\u202f ][0-9]{3}(?![0-9]))*(?:[.,][0-9]+)?)"
    rf"(?P<after>\s?(?:{_SIGN}|(?:{_CURRENCY})\b))?"
)
_GROUPING = re.compile(r"['\u2019\u00a0\u202f ]")
_THOUSANDS = 3


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact as it is written in `text`; `readings` are what it may mean, in a form that can be compared."""

    text: str
    readings: frozenset[str | float]


def amounts_in(text: str) -> tuple[Fact, ...]:
    """Sums of money: numbers with a currency, a decimal part or grouped thousands."""
    return tuple(fact for fact, money in _numbers(text) if money)


def numbers_in(text: str) -> frozenset[float]:
    """Every reading of every number that is not part of an id or a date, with its sign and without."""
    values = {reading for fact, _ in _numbers(text) for reading in fact.readings if isinstance(reading, float)}
    return frozenset(values | {abs(value) for value in values})


def ids_in(text: str) -> tuple[Fact, ...]:
    """Identifiers: words of letters and digits such as `C-1042` or `INV-2026-001`."""
    return tuple(Fact(found, frozenset({found.casefold()})) for found in _ids(text))


def dates_in(text: str) -> tuple[Fact, ...]:
    """Days of the calendar, read as ISO text; a day without a year is read as `--MM-DD`."""
    found = ((match, frozenset(_days(match))) for pattern in _DATES for match in pattern.finditer(text))
    return tuple(Fact(match.group(), frozenset[str | float](days)) for match, days in found if days)


def without_year(reading: str | float) -> str | float:
    """The reading of a date without its year, so that `3 October` agrees with `2026-10-03`."""
    return f"--{reading[5:]}" if isinstance(reading, str) and _ISO.fullmatch(reading) else reading


def _ids(text: str) -> Iterator[str]:
    return (match.group() for match in _ID.finditer(text) if not _currency(match.group()))


def _numbers(text: str) -> Iterator[tuple[Fact, bool]]:
    for match in _NUMBER.finditer(_without(text)):
        digits = match["digits"]
        readings = _readings(digits)
        if match["minus"] or match["inner"]:
            readings = frozenset(-value for value in readings)
        money = bool(match["before"] or match["after"]) or not digits.isdigit()
        yield Fact(match.group().strip(), frozenset(readings)), money


def _without(text: str) -> str:
    """`text` with dates and ids cut out, so that their digits are not taken for numbers."""
    for pattern in _DATES:
        text = pattern.sub(lambda found: "\n" if any(_days(found)) else found.group(), text)
    return _ID.sub(lambda found: found.group() if _currency(found.group()) else "\n", text)


def _currency(word: str) -> bool:
    return re.match(rf"(?:{_CURRENCY})[0-9]", word) is not None


def _readings(digits: str) -> frozenset[float]:
    plain = _GROUPING.sub("", digits)
    parts = {float(part) for part in digits.split(" ") if part.isdigit()} if " " in digits else set()
    marks = [each for each in plain if each in ".,"]
    if not marks:
        return frozenset({float(plain), *parts})
    whole, _, decimals = plain.rpartition(marks[-1])
    grouped = float(re.sub("[.,]", "", plain))
    decimal = float(f"{re.sub('[.,]', '', whole)}.{decimals}")
    if marks.count(marks[-1]) > 1:
        return frozenset({grouped, *parts})
    if len(decimals) != _THOUSANDS:
        return frozenset({decimal, *parts})
    return frozenset({grouped, decimal, *parts})


def _days(match: re.Match[str]) -> Iterator[str]:
    parts = match.groupdict()
    if "a" in parts:
        pairs = {(int(parts["a"]), int(parts["b"])), (int(parts["b"]), int(parts["a"]))}
    else:
        month = parts["month"]
        number = int(month) if month.isdigit() else _MONTHS.index(month[:3].lower()) + 1
        pairs = {(number, int(parts["day"]))}
    for month_number, day in sorted(pairs):
        found = _day(parts["year"], month_number, day)
        if found:
            yield found


def _day(year: str | None, month: int, day: int) -> str | None:
    try:
        found = date(int(year or 2000), month, day).isoformat()
    except ValueError:
        return None
    return found if year else f"--{found[5:]}"
