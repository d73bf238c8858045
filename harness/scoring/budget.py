"""Limits on what a trial may use. What is not known is not zero: it cannot be judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.core.results import Mode, Score, Verdict
from harness.core.trace import CallStatus, ModelCall, runs_of, usage_of
from harness.scoring.scope import Scope, calls_anywhere
from harness.scoring.wording import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.core.scenario import Limits


@dataclass(frozen=True, slots=True)
class _Measure:
    """One limit and what was used: None when it is not known; `reason` says why."""

    name: str
    limit: float
    used: float | None
    reason: str = ""
    live_only: bool = False

    @property
    def verdict(self) -> Verdict:
        if self.used is None:
            return Verdict.NOT_APPLICABLE if self.live_only else Verdict.ERRORED
        return Verdict.PASSED if self.used <= self.limit else Verdict.FAILED

    @property
    def text(self) -> str:
        if self.used is None:
            return f"{self.name}: {self.reason}"
        relation = "within" if self.used <= self.limit else "over"
        return f"{self.name}: {show(self.used)}, {relation} the limit of {show(self.limit)}"


_ORDER = (Verdict.FAILED, Verdict.ERRORED, Verdict.PASSED, Verdict.NOT_APPLICABLE)


def budget(scope: Scope) -> tuple[Score, ...]:
    """Every limit in one score: failed if any is exceeded, errored if any cannot be known."""
    limits = scope.expect.limits
    measures = list(_measures(scope, limits)) if limits else []
    if not measures:
        return ()
    verdict = next(each for each in _ORDER if any(measure.verdict is each for measure in measures))
    shown = [each for each in measures if each.verdict is verdict] if verdict is not Verdict.PASSED else measures
    over = [each.name for each in measures if each.verdict is Verdict.FAILED]
    judged = [each for each in measures if each.used is not None]
    return (
        Score(
            scorer="limits",
            verdict=verdict,
            reason="; ".join(each.text for each in shown),
            layer=scope.level,
            agent=scope.owner.name if scope.owner else None,
            turn=scope.turn,
            value=(len(judged) - len(over)) / len(judged) if judged else None,
            expected=", ".join(f"{each.name} <= {show(each.limit)}" for each in measures),
            actual=", ".join(f"{each.name} {'?' if each.used is None else show(each.used)}" for each in measures),
            outcome=" ".join(over) or ("right" if verdict is Verdict.PASSED else ""),
        ),
    )


def _measures(scope: Scope, limits: Limits) -> Iterator[_Measure]:
    runs = tuple(runs_of(scope.trace))
    requests = sum(isinstance(step, ModelCall) for run in runs for step in run.steps)
    if limits.model_calls is not None:
        yield _Measure("model_calls", limits.model_calls, requests)
    if limits.tool_calls is not None:
        ran = sum(call.status is not CallStatus.NEVER_RAN for call in calls_anywhere(scope))
        yield _Measure("tool_calls", limits.tool_calls, ran)
    if limits.handoffs is not None:
        yield _Measure("handoffs", limits.handoffs, len(scope.handoffs()))
    if limits.tokens is not None:
        used = usage_of(scope.trace).total_tokens
        known = used > 0 or not requests
        yield _Measure("tokens", limits.tokens, used if known else None, "the endpoint counted no tokens")
    if limits.cost_usd is not None:
        yield _cost(scope, limits.cost_usd)
    if limits.seconds is not None:
        yield _seconds(scope, limits.seconds)


def _cost(scope: Scope, limit: float) -> _Measure:
    """In replay, what the recording cost; else what this trial cost."""
    if scope.turn is not None and len(scope.trial.trace.turns) > 1:
        return _Measure("cost_usd", limit, None, "the cost is known for the whole conversation only")
    traffic = scope.trial.traffic
    used = traffic.recorded_cost_usd if scope.mode is Mode.REPLAY else traffic.cost_usd
    return _Measure("cost_usd", limit, used, "the cost is not known: no price for the model or no token counts")


def _seconds(scope: Scope, limit: float) -> _Measure:
    if scope.mode is not Mode.LIVE:
        return _Measure("seconds", limit, None, "judged in live runs only", live_only=True)
    if scope.turn is None:
        return _Measure("seconds", limit, scope.trial.seconds)
    timings = [scope.trial.timings.get(run.id) for turn in scope.turns for run in turn.runs]
    known = [each.duration_ms / 1000 for each in timings if each]
    return _Measure("seconds", limit, sum(known) if len(known) == len(timings) else None, "this turn was not timed")
