"""Escalation: passed to a person, or back to triage, exactly when it should be."""

from __future__ import annotations

from harness.core.results import Score, Verdict
from harness.core.scenario import EscalationExpectation, EscalationTarget
from harness.core.trace import AgentRef, CallStatus, Handoff, Layer, ToolCall, steps_of
from harness.scoring.narration import narrated_transfer
from harness.scoring.scope import Scope, is_human, last_text, subject
from harness.scoring.wording import readable, show


def escalation(scope: Scope) -> tuple[Score, ...]:
    """One score, whose outcome is right, missed, needless or premature (an `after` tool had not been called)."""
    expected = scope.expect.escalation
    if expected is None:
        return ()
    handoff, actual = _actual(scope)
    outcome = _outcome(expected.to, actual)
    skipped = _skipped(scope, expected, handoff) if outcome == "right" else ()
    outcome = "premature" if skipped else outcome
    agent = handoff.owner if handoff else subject(scope)
    chosen = _misrouted(scope, handoff) if outcome == "needless" and actual is EscalationTarget.BACK_TO_TRIAGE else None
    reason = _reason(scope, expected, (actual, outcome), agent, skipped)
    if chosen is not None and agent is not None:
        reason = f"{chosen.owner.name} handed off to {agent.name}, which handed back; expected {expected.to.value}"
        handoff, agent = chosen, chosen.owner
    return (
        Score(
            scorer="escalation",
            verdict=Verdict.PASSED if outcome == "right" else Verdict.FAILED,
            reason=reason,
            layer=scope.level or (agent.layer if agent else Layer.SPECIALIST),
            agent=agent.name if agent else None,
            turn=scope.turn,
            value=1.0 if outcome == "right" else 0.0,
            expected=_wanted(expected),
            actual=actual.value,
            outcome=outcome,
            step=None if outcome == "right" else handoff.id if handoff else _last_step(scope, agent),
        ),
    )


def _actual(scope: Scope) -> tuple[Handoff | None, EscalationTarget]:
    """The escalating handoff and where it went; a person outranks triage."""
    back: Handoff | None = None
    for handoff in scope.handoffs():
        if handoff.target is None:
            continue
        if is_human(handoff.target, scope.graph):
            return handoff, EscalationTarget.HUMAN
        if handoff.target.layer is Layer.TRIAGE and handoff.owner.layer is not Layer.TRIAGE:
            back = back or handoff
    if back:
        return back, EscalationTarget.BACK_TO_TRIAGE
    expected = scope.expect.escalation
    held = scope.owner is not None and is_human(scope.owner, scope.graph)
    if held and expected is not None and expected.to is EscalationTarget.HUMAN:
        return None, EscalationTarget.HUMAN
    return None, EscalationTarget.NONE


def _misrouted(scope: Scope, back: Handoff | None) -> Handoff | None:
    """The handoff by which triage gave the conversation to whom it was not for, and who rightly handed it back."""
    if back is None or not scope.expect.specialist or back.owner.name in scope.expect.specialist:
        return None
    moves = scope.handoffs()
    earlier = moves[: moves.index(back)]
    return next(
        (
            each
            for each in reversed(earlier)
            if each.target is not None and each.target.name == back.owner.name and each.owner.layer is Layer.TRIAGE
        ),
        None,
    )


def _outcome(expected: EscalationTarget, actual: EscalationTarget) -> str:
    if expected is actual:
        return "right"
    if expected is EscalationTarget.NONE or actual is EscalationTarget.HUMAN:
        return "needless"
    return "missed"


def _skipped(scope: Scope, expected: EscalationExpectation, handoff: Handoff | None) -> tuple[str, ...]:
    """The `after` tools that had not succeeded when the conversation was escalated, earlier turns included.

    Calls of the escalating response itself count: they have no order among themselves.
    """
    steps = tuple(steps_of(scope.trial.trace))
    place = next((index for index, step in enumerate(steps) if handoff and step.id == handoff.id), len(steps))
    response = handoff.model_call if handoff else None
    done = {
        step.tool
        for index, step in enumerate(steps)
        if isinstance(step, ToolCall) and step.status is CallStatus.OK
        if index < place or (response is not None and step.model_call == response)
    }
    return tuple(tool for tool in expected.after if tool not in done)


def _wanted(expected: EscalationExpectation) -> str:
    after = f" after {', '.join(expected.after)}" if expected.after else ""
    return f"{expected.to.value}{after}"


def _reason(
    scope: Scope,
    expected: EscalationExpectation,
    found: tuple[EscalationTarget, str],
    agent: AgentRef | None,
    skipped: tuple[str, ...],
) -> str:
    actual, outcome = found
    who = agent.name if agent else "nobody"
    if outcome == "premature":
        return f"{who} escalated ({actual.value}) before calling {', '.join(skipped)}"
    if outcome == "right":
        kept = "no escalation was expected, and there was none"
        return kept if actual is EscalationTarget.NONE else f"{who} escalated ({actual.value}), as expected"
    if outcome == "needless":
        return f"{who} escalated ({actual.value}) needlessly; expected {expected.to.value}"
    instead = f"sent the conversation {actual.value}" if actual is not EscalationTarget.NONE else "did not escalate"
    return f"{who} {instead}; expected {expected.to.value}{_claim(scope, agent)}"


def _claim(scope: Scope, agent: AgentRef | None) -> str:
    message = last_text(scope, agent) if agent else None
    claim = narrated_transfer(message.text) if message else ""
    return f", which it only said it did ({show(readable(claim, 160))})" if claim else ""


def _last_step(scope: Scope, agent: AgentRef | None) -> str | None:
    message = last_text(scope, agent) if agent else None
    return message.id if message else None
