"""The end state of the system's context: outcomes, not only paths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from harness.core.results import Score, Verdict
from harness.scoring.matchers import explain, explain_arguments
from harness.scoring.rows import difference_text
from harness.scoring.syntax import matcher_of
from harness.scoring.wording import show

if TYPE_CHECKING:
    from harness.scoring.scope import Scope

_SHOWN = 5


def state(scope: Scope) -> tuple[Score, ...]:
    """The recorded end state against the expected one, matched like arguments: listed keys must fit."""
    expected = scope.expect.state
    if expected is None:
        return ()
    verdict, reason = _judged(scope)
    return (
        Score(
            scorer="state",
            verdict=verdict,
            reason=reason,
            layer=scope.level,
            agent=scope.owner.name if scope.owner else None,
            turn=scope.turn,
            value={Verdict.PASSED: 1.0, Verdict.FAILED: 0.0}.get(verdict),
            expected=show(expected),
            actual=show(scope.trial.trace.state),
            outcome={Verdict.PASSED: "right", Verdict.FAILED: "different"}.get(verdict, ""),
        ),
    )


def _judged(scope: Scope) -> tuple[Verdict, str]:
    expected, actual = scope.expect.state, scope.trial.trace.state
    if actual is None:
        return Verdict.ERRORED, "the system records no end state: give System(state=...) a function of its context"
    if scope.turn is not None and scope.turn != len(scope.trial.trace.turns) - 1:
        return Verdict.ERRORED, "the state is known at the end only: expect it of the scenario or of its last turn"
    plain = isinstance(expected, Mapping) and matcher_of(expected) is None
    like_arguments = plain and isinstance(actual, Mapping)
    misfits = explain_arguments(expected, actual) if like_arguments else explain(expected, actual)
    if not misfits:
        return Verdict.PASSED, "the end state is as expected"
    more = f"; and {len(misfits) - _SHOWN} more" if len(misfits) > _SHOWN else ""
    return Verdict.FAILED, "the end state differs: " + "; ".join(
        difference_text(each) for each in misfits[:_SHOWN]
    ) + more
