"""Guardrails: the right one trips, and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core.results import Score, Verdict
from harness.core.trace import runs_of
from harness.scoring.wording import readable

if TYPE_CHECKING:
    from harness.scoring.scope import Scope

NONE = "none"


def guardrail(scope: Scope) -> tuple[Score, ...]:
    """The expected guardrail must trip; `none` means that no guardrail may."""
    expected = scope.expect.guardrail
    if expected is None:
        return ()
    found = [each for run in runs_of(scope.trace) for each in run.guardrails if each.tripped]
    names = list(dict.fromkeys(each.name for each in found))
    good = not names if expected == NONE else expected in names
    tripped = readable(", ".join(names)) or NONE
    agent = next((each.agent for each in found if each.agent), None) or (scope.owner.name if scope.owner else None)
    return (
        Score(
            scorer="guardrail",
            verdict=Verdict.PASSED if good else Verdict.FAILED,
            reason=f"tripped: {tripped}, as expected" if good else f"tripped: {tripped}; expected {expected}",
            layer=scope.level,
            agent=agent,
            turn=scope.turn,
            value=1.0 if good else 0.0,
            expected=expected,
            actual=tripped,
            outcome="right" if good else "needless" if expected == NONE else "missed",
        ),
    )
