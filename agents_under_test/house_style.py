"""A scorer of one's own, as a team would write one: answers keep to the house style."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core.results import Score, Verdict
from harness.core.trace import answer_of

if TYPE_CHECKING:
    from harness.core.trace import JSON
    from harness.scoring.scope import Scope


def brevity(scope: Scope, settings: JSON) -> Score:
    """Whether the answer has at most `words` words (default: 80)."""
    most = settings.get("words", 80)
    count = len(answer_of(scope.trace).split())
    return Score(
        scorer="brevity",
        verdict=Verdict.PASSED if count <= most else Verdict.FAILED,
        reason=f"the answer has {count} words; at most {most} are house style",
        value=min(1.0, most / count) if count else 1.0,
        agent=scope.owner.name if scope.owner else None,
        layer=scope.level,
    )
