"""What lies below an upstream error was not reached: it is neither passed nor failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core.results import Score, Verdict
from harness.core.trace import Layer
from harness.scoring.tools import not_reached

if TYPE_CHECKING:
    from collections.abc import Sequence

_UPSTREAM = ("routing", "route", "behaviour")
_BELOW = (Layer.SPECIALIST, Layer.HELPER)


def settle(scores: Sequence[Score]) -> tuple[Score, ...]:
    """`scores` with those below a failure of triage marked as not reached.

    A turn is cut off by triage's failure in it, or by an earlier one unless its own routing passed; the whole
    conversation by a failure in any turn, unless its own routing passed.
    """
    return tuple(_settled(score, scores) for score in scores)


def _settled(score: Score, scores: Sequence[Score]) -> Score:
    if (
        score.layer not in _BELOW
        or score.advisory
        or score.scorer in _UPSTREAM
        or score.verdict is Verdict.NOT_APPLICABLE
    ):
        return score
    cause = _cause(score.turn, scores)
    return not_reached(score, cause.reason) if cause else score


def _cause(turn: int | None, scores: Sequence[Score]) -> Score | None:
    failed = [each for each in scores if _of_triage(each, Verdict.FAILED)]
    own = [each for each in failed if each.turn == turn]
    if own:
        return own[0]
    if any(each.turn == turn and _of_triage(each, Verdict.PASSED) for each in scores):
        return None
    before = [each for each in failed if turn is None or each.turn is None or each.turn < turn]
    return before[0] if before else None


def _of_triage(score: Score, verdict: Verdict) -> bool:
    return score.layer is Layer.TRIAGE and score.scorer in _UPSTREAM and score.verdict is verdict
