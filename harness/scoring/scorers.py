"""Judging one trial: every scorer over every expectation, the verdict, and the blame."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.core.results import Alignment, Mode, Score, Trial, Verdict
from harness.core.trace import JSON, Layer
from harness.plugins import function_named
from harness.scoring.answer import answer, judge
from harness.scoring.behaviour import behaviour, unjudgeable
from harness.scoring.blame import blame
from harness.scoring.budget import budget
from harness.scoring.escalation import escalation
from harness.scoring.guardrail import guardrail
from harness.scoring.outputs import outputs_of
from harness.scoring.reach import settle
from harness.scoring.routing import clarifying_questions, route, routing
from harness.scoring.scope import Scope
from harness.scoring.state import state
from harness.scoring.syntax import is_number
from harness.scoring.tidy import tidy
from harness.scoring.tools import forbidden_tools, tools
from harness.scoring.wording import show

if TYPE_CHECKING:
    from harness.core.graph import AgentGraph
    from harness.core.scenario import Expectation, Scenario

Scorer = Callable[[Scope], tuple[Score, ...]]
"""Judges what its own key of the expectation says; empty when the key is not written."""

ThirdPartyScorer = Callable[[Scope, JSON], "Score | Iterable[Score]"]
"""Somebody else's scorer: called with the scope and the settings written under its `module:function` name."""

SCORERS: Mapping[str, Scorer] = {
    "routing": routing,
    "route": route,
    "clarifying_questions": clarifying_questions,
    "tools": tools,
    "forbidden_tools": forbidden_tools,
    "escalation": escalation,
    "answer": answer,
    "judge": judge,
    "state": state,
    "guardrail": guardrail,
    "limits": budget,
}
"""The scorers of the harness by name."""

_TEXTS = ("reason", "expected", "actual", "outcome")
_KINDS: Mapping[str, Any] = {
    "verdict": Verdict,
    "layer": Layer | None,
    "agent": str | None,
    "step": str | None,
    "alignment": Alignment | None,
    "advisory": bool,
}


def judge_trial(scenario: Scenario, trial: Trial, graph: AgentGraph, mode: Mode = Mode.REPLAY) -> Trial:
    """`trial` with its scores, verdict and blame.

    A trial that could not be run as it should stays errored and gets no scores. Only what is written is judged; where
    nothing applies the verdict is not applicable. `mode` is the run's: limits in seconds are judged in live runs only.
    """
    error = trial.error or unjudgeable(trial.trace)
    if error is not None or (trial.verdict is Verdict.ERRORED and not trial.scores):
        return replace(trial, verdict=Verdict.ERRORED, error=error, scores=(), blame=None)
    found = [score for scope in _scopes(scenario, trial, graph, mode) for score in _judged(scope)]
    scores = settle([tidy(score) for score in (*behaviour(trial.trace), *found, *_unspoken(scenario, trial))])
    verdict = _verdict(scores)
    cause = blame(scores, trial.trace) if verdict is Verdict.FAILED else None
    return replace(trial, verdict=verdict, scores=scores, blame=cause)


def _scopes(scenario: Scenario, trial: Trial, graph: AgentGraph, mode: Mode) -> Iterator[Scope]:
    """The turns that took place and have an expectation, then the whole conversation."""
    outputs = outputs_of(trial.trace)
    turns = trial.trace.turns

    def scope(expect: Expectation, number: int | None) -> Scope:
        judged = turns if number is None else turns[number : number + 1]
        return Scope(
            scenario=scenario,
            expect=expect,
            trial=trial,
            graph=graph,
            mode=mode,
            outputs=outputs,
            turns=judged,
            turn=number,
        )

    for number, turn in enumerate(scenario.conversation[: len(turns)]):
        if turn.expect is not None:
            yield scope(turn.expect, number)
    yield scope(scenario.expect, None)


def _unspoken(scenario: Scenario, trial: Trial) -> Iterator[Score]:
    """Turns with an expectation that never took place: not reached after an error, else not to be judged."""
    turns, count = scenario.conversation, len(trial.trace.turns)
    ended = any(run.error is not None or run.interrupted for turn in trial.trace.turns for run in turn.runs)
    verdict = Verdict.NOT_APPLICABLE if ended else Verdict.ERRORED
    reason = f"not reached: the conversation ended after {count} of {len(turns)} turns"
    for number, turn in enumerate(turns):
        if number >= count and turn.expect is not None:
            yield Score(scorer="turn", verdict=verdict, reason=reason, turn=number, outcome="not_reached")


def _judged(scope: Scope) -> Iterator[Score]:
    for scorer in SCORERS.values():
        yield from scorer(scope)
    for reference, settings in scope.expect.scorers.items():
        yield from _third_party(reference, settings, scope)


def _third_party(reference: str, settings: JSON, scope: Scope) -> tuple[Score, ...]:
    """The scores of somebody else's scorer; its faults make the trial errored, never passed."""
    try:
        given = load_scorer(reference)(scope, settings)
        scores = (given,) if isinstance(given, Score) else tuple(given)
    except Exception as error:  # noqa: BLE001 - somebody else's code: it may raise anything, and costs its trial only
        return (_fault(reference, f"{type(error).__name__}: {error}{_where(error)}", scope),)
    wrong = next(filter(None, map(_malformed, scores)), "" if scores else "it returned no Score")
    if wrong:
        return (_fault(reference, wrong, scope),)
    return tuple(replace(score, scorer=reference, turn=scope.turn) for score in scores)


def _where(error: Exception) -> str:
    """The file and line that raised, when it is not ours."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return "" if last.filename == __file__ else f" ({last.filename}:{last.lineno})"


def _malformed(score: Any) -> str:
    """Why what a scorer returned cannot be kept as a score; empty when it can."""
    if not isinstance(score, Score):
        return f"it returned {show(score)}, which is no Score"
    texts = [name for name in _TEXTS if not isinstance(getattr(score, name), str)]
    if texts or not score.reason.strip():
        return f"its Score has no text as {' and '.join(texts) or 'reason'}"
    wrong = [name for name, kind in _KINDS.items() if not isinstance(getattr(score, name), kind)]
    if wrong:
        return f"its Score has {wrong[0]} {show(getattr(score, wrong[0]))}"
    value = score.value
    fits = value is None or (is_number(value) and 0 <= value <= 1)
    return "" if fits else f"its Score has the value {show(value)}; partial credit is in 0..1"


def _fault(reference: str, reason: str, scope: Scope) -> Score:
    return Score(
        scorer=reference, verdict=Verdict.ERRORED, reason=f"the scorer {reference!r} failed: {reason}", turn=scope.turn
    )


def load_scorer(reference: str) -> ThirdPartyScorer:
    """The scorer named `module:function`. Raises UsageError when there is none."""
    return function_named(reference, "scorer")


def _verdict(scores: Iterable[Score]) -> Verdict:
    """Failed before errored before passed; advice decides nothing."""
    found = {score.verdict for score in scores if not score.advisory}
    for verdict in (Verdict.FAILED, Verdict.ERRORED, Verdict.PASSED):
        if verdict in found:
            return verdict
    return Verdict.NOT_APPLICABLE
