"""Scores whose every text any file takes, whatever the names and values that it came from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.scoring.wording import encodable, readable

if TYPE_CHECKING:
    from harness.core.results import AlignedCall, Alignment, Difference, Score


def tidy(score: Score) -> Score:
    """The score with its texts cut to a length for people; names stay what they are where UTF-8 holds them."""
    return replace(
        score,
        scorer=encodable(score.scorer),
        reason=readable(score.reason, 2000),
        expected=readable(score.expected, 400),
        actual=readable(score.actual, 400),
        outcome=readable(score.outcome, 200),
        agent=None if score.agent is None else encodable(score.agent),
        alignment=None if score.alignment is None else _alignment(score.alignment),
    )


def _alignment(alignment: Alignment) -> Alignment:
    return replace(alignment, rows=tuple(row if _is_plain(row) else _row(row) for row in alignment.rows))


def _is_plain(row: AlignedCall) -> bool:
    names = (row.tool, row.reason, row.expected or "", row.agent.name if row.agent else "")
    return not row.differences and all(each.isascii() for each in names)


def _row(row: AlignedCall) -> AlignedCall:
    return replace(
        row,
        tool=encodable(row.tool),
        reason=encodable(row.reason),
        expected=None if row.expected is None else encodable(row.expected),
        agent=None if row.agent is None else replace(row.agent, name=encodable(row.agent.name)),
        differences=tuple(_difference(each) for each in row.differences),
    )


def _difference(found: Difference) -> Difference:
    return replace(
        found,
        path=encodable(found.path),
        expected=encodable(found.expected),
        actual=encodable(found.actual),
        reason=encodable(found.reason),
    )
