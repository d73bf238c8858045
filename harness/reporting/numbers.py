"""How numbers are written in reports: never rounded up to perfect, never down to nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from math import floor, log10

_KIB = 1024
FIELD_LIMIT = 8 * _KIB
"""Bytes of one field that a report shows; the rest stays in run.jsonl."""


def percent(rate: float | None) -> str:
    """`91.7%`; `-` when there is no rate. 100% and 0% are said only of what is exactly that."""
    if rate is None:
        return "-"
    if rate in (0.0, 1.0):
        return f"{rate:.0%}"
    return f"{min(max(rate * 100, 0.1), 99.9):.1f}%"


def points(change: float | None) -> str:
    """A change of a rate in percentage points, with its sign; empty when unknown."""
    if change is None:
        return ""
    shown = round(change * 100, 1)
    return "unchanged" if not shown else f"{shown:+.1f} points"


def money(usd: float | None) -> str:
    """`$0.00`; amounts under ten cents keep two digits that tell them from nothing and from each other."""
    if usd is None:
        return "unknown"
    places = 2 if usd == 0 else max(2, 1 - floor(log10(abs(usd))))
    return f"${usd:.{places}f}"


def duration(seconds: float) -> str:
    """`42 ms`, `3.1 s`, `4 min 05 s`."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    minutes, rest = divmod(seconds, 60)
    return f"{minutes:.0f} min {rest:02.0f} s" if minutes else f"{seconds:.1f} s"


def moment(text: str | None) -> str:
    """`2026-11-24 08:00 UTC` of an ISO 8601 time; what is none stays as it is."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return text or ""
    zone = found.astimezone(UTC) if found.tzinfo else found
    return f"{zone:%Y-%m-%d %H:%M}{' UTC' if found.tzinfo else ''}"


def count(number: int) -> str:
    """`12,345`."""
    return f"{number:,}"


def plural(number: int, noun: str) -> str:
    """`1 trial`, `1,000 trials`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def size(number: int) -> str:
    """`992 KiB`."""
    for unit in ("bytes", "KiB", "MiB"):
        if number < _KIB:
            return f"{number:.0f} {unit}"
        number = round(number / _KIB)
    return f"{number:.0f} GiB"


def cut(text: str, limit: int = FIELD_LIMIT) -> str:
    """`text`, cut after `limit` bytes with the size of what is missing and where to find it."""
    if len(text) * 4 <= limit:
        return text
    raw = text.encode("utf-8", "replace")
    if len(raw) <= limit:
        return text
    return f"{raw[:limit].decode('utf-8', 'ignore')} ... (+{size(len(raw) - limit)} in run.jsonl)"
