"""Errors that are the agents' own fault: an unknown tool, arguments nobody can read, turns without end."""

from __future__ import annotations

from harness.core.results import Score, TrialError, Verdict
from harness.core.trace import AgentRun, ErrorKind, Trace, runs_of
from harness.scoring.wording import readable


def behaviour(trace: Trace) -> tuple[Score, ...]:
    """One failed score for each run that ended in an error of behaviour, held against the agent that erred."""
    return tuple(
        _score(run, number)
        for number, turn in enumerate(trace.turns)
        for run in runs_of(turn)
        if run.error is not None and run.error.kind is ErrorKind.BEHAVIOUR
    )


def _score(run: AgentRun, turn: int) -> Score:
    agent = run.last_agent or run.agent
    kind, message = (run.error.type, run.error.message) if run.error else ("", "")
    return Score(
        scorer="behaviour",
        verdict=Verdict.FAILED,
        reason=f"{agent.name} ended in an error of its own: {readable(kind, 80)}: {readable(message, 300)}",
        layer=agent.layer,
        agent=agent.name,
        turn=turn,
        value=0.0,
        expected="no error",
        actual=readable(kind, 80),
        outcome=readable(kind, 80),
        step=run.steps[-1].id if run.steps else run.id,
    )


def unjudgeable(trace: Trace) -> TrialError | None:
    """The first error in the trace that is not the agents' fault: nothing after it can be held against them."""
    for run in runs_of(trace):
        if run.error is not None and run.error.kind is not ErrorKind.BEHAVIOUR:
            where = f"in {run.agent.name}: "
            return TrialError(kind=run.error.kind, type=run.error.type, message=where + run.error.message)
    return None
