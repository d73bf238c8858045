"""Routing: the conversation reaches the right agent, and by the right way."""

from __future__ import annotations

from harness.core.results import Score, Verdict
from harness.core.trace import AgentRef, Handoff, Layer, Trace, TurnTrace, answer_of, route_of
from harness.scoring.narration import narrated_transfer
from harness.scoring.patterns import follows, matched_prefix
from harness.scoring.scope import Scope, last_text, moved, settled_route
from harness.scoring.wording import alternatives, plural, readable, show

_QUESTION = ("?", "\uff1f", "\u061f")
_AFTER_A_QUESTION = " \t\r\n\"'*_)\u201d\u2019"
_PING_PONG = 3


def routing(scope: Scope) -> tuple[Score, ...]:
    """Who owns the conversation at the end, judged for the triage agent that decides it.

    Where triage chose right and a specialist then passed the conversation on, triage passes and the specialist fails.
    """
    if not scope.expect.specialist:
        return ()
    route = settled_route(scope)
    if not route:
        return (_score(scope, None, Verdict.FAILED, "no agent ever held the conversation", "no_agent"),)
    decider = _first_triage(route) or route[0]
    if route[-1].name in scope.expect.specialist:
        return (_score(scope, decider, Verdict.PASSED, _right(route), _bounced(route) or "right", route),)
    culprit = _culprit(scope, route)
    step, reason, outcome = _wrong(scope, route, culprit)
    failed = _score(scope, culprit, Verdict.FAILED, reason, outcome, route, step)
    if culprit.layer is Layer.TRIAGE or decider.layer is not Layer.TRIAGE:
        return (failed,)
    chosen = [agent for agent in route if agent.name in scope.expect.specialist]
    if not chosen:
        return (failed,)
    passed = f"{decider.name} chose {chosen[0].name}, as expected; the conversation was passed on later"
    return _score(scope, decider, Verdict.PASSED, passed, "right", (chosen[0],)), failed


def _score(
    scope: Scope,
    agent: AgentRef | None,
    verdict: Verdict,
    reason: str,
    outcome: str,
    route: tuple[AgentRef, ...] = (),
    step: str | None = None,
) -> Score:
    return Score(
        scorer="routing",
        verdict=verdict,
        reason=reason,
        layer=agent.layer if agent else Layer.TRIAGE,
        agent=agent.name if agent else scope.graph.entry,
        turn=scope.turn,
        value=1.0 if verdict is Verdict.PASSED else 0.0,
        expected=alternatives(scope.expect.specialist),
        actual=route[-1].name if route else "",
        outcome=outcome,
        step=step,
    )


def _first_triage(route: tuple[AgentRef, ...]) -> AgentRef | None:
    return next((agent for agent in route if agent.layer is Layer.TRIAGE), None)


def _culprit(scope: Scope, route: tuple[AgentRef, ...]) -> AgentRef:
    """Who made the deciding mistake: the right owner that passed it on, else triage, else whoever started.

    A person is not for triage to choose: whoever held the conversation last should have escalated.
    """
    right = [agent for agent in route if agent.name in scope.expect.specialist]
    wanted = [scope.graph.agent(name) for name in scope.expect.specialist]
    if not right and all(node is not None and node.ref.human for node in wanted):
        return route[-1]
    return right[-1] if right else _first_triage(route) or route[0]


def _right(route: tuple[AgentRef, ...]) -> str:
    bounced = f", after going back and forth ({_shown(route)})" if _bounced(route) else ""
    verb = "stayed with" if len(route) == 1 else "reached"
    return f"the conversation {verb} {route[-1].name}, as expected{bounced}"


def _wrong(scope: Scope, route: tuple[AgentRef, ...], culprit: AgentRef) -> tuple[str | None, str, str]:
    """The step, sentence and outcome of a wrong owner."""
    wanted = alternatives(scope.expect.specialist)
    astray = [each for each in scope.handoffs() if each.owner.name == culprit.name and _away(scope, each)]
    had_it = culprit.name in scope.expect.specialist
    left = (astray[-1] if had_it else astray[0]) if astray else None
    if left is None or left.target is None:
        return _kept(scope, culprit, wanted)
    reason = f"{culprit.name} handed off to {left.target.name} instead of {wanted}"
    if had_it:
        reason = f"{culprit.name} passed the conversation on to {left.target.name}; it was expected to keep it"
    if _bounced(route):
        return left.id, f"{reason}, and the agents passed it back and forth ({_shown(route)})", "ping_pong"
    if route[-1].name != left.target.name:
        reason += f"; {route[-1].name} holds it at the end"
    return left.id, reason, "wrong_agent"


def _away(scope: Scope, handoff: Handoff) -> bool:
    return handoff.target is not None and handoff.target.name not in scope.expect.specialist


def _kept(scope: Scope, culprit: AgentRef, wanted: str) -> tuple[str | None, str, str]:
    message = last_text(scope, culprit)
    step = message.id if message else None
    claim = narrated_transfer(message.text) if message else ""
    if claim:
        said = readable(claim, 160)
        return (
            step,
            f"{culprit.name} only said that it transfers ({show(said)}) and handed off to nobody; expected {wanted}",
            "narrated",
        )
    refused = [each for each in scope.steps if isinstance(each, Handoff) and not moved(each)]
    if refused:
        tried = readable(refused[0].tool, 80)
        return (
            refused[0].id,
            f"{culprit.name} asked for {tried}, which did not take place; expected {wanted}",
            "no_handoff",
        )
    return step, f"{culprit.name} kept the conversation; expected a handoff to {wanted}", "no_handoff"


def _bounced(route: tuple[AgentRef, ...]) -> str:
    """`ping_pong` when two agents passed the conversation to each other at least three times in a row."""
    names = [agent.name for agent in route]
    for start in range(len(names) - _PING_PONG):
        one, other, again, back = names[start : start + _PING_PONG + 1]
        if one == again and other == back and one != other:
            return "ping_pong"
    return ""


def _shown(route: tuple[AgentRef, ...]) -> str:
    return readable(" > ".join(agent.name for agent in route), 200)


def route(scope: Scope) -> tuple[Score, ...]:
    """The whole route against a pattern in which `*` is any one agent and `**` any number of them."""
    pattern = scope.expect.route
    if not pattern:
        return ()
    names = [agent.name for agent in scope.route]
    expected, actual = " > ".join(pattern), _shown(scope.route)
    good = follows(pattern, names)
    agreed = matched_prefix(pattern, names)
    culprit = scope.route[max(0, agreed - 1)] if scope.route else None
    judged = _first_triage(scope.route) or culprit if good else culprit
    moves = scope.handoffs()
    return (
        Score(
            scorer="route",
            verdict=Verdict.PASSED if good else Verdict.FAILED,
            reason=f"the route was {actual}, as expected" if good else _detour(expected, names, agreed),
            layer=judged.layer if judged else Layer.TRIAGE,
            agent=judged.name if judged else scope.graph.entry,
            turn=scope.turn,
            value=1.0 if good else 0.0,
            expected=expected,
            actual=actual,
            outcome="right" if good else "detour",
            step=moves[agreed - 1].id if not good and 0 < agreed <= len(moves) else None,
        ),
    )


def _detour(expected: str, names: list[str], agreed: int) -> str:
    shown = readable(" > ".join(names), 200) or "nobody"
    if agreed >= len(names):
        return f"the route stopped at {names[-1] if names else 'nobody'} ({shown}); expected {expected}"
    if agreed == 0:
        return f"the route began with {names[0]} ({shown}); expected {expected}"
    return f"{names[agreed - 1]} handed off to {names[agreed]} ({shown}); expected {expected}"


def clarifying_questions(scope: Scope) -> tuple[Score, ...]:
    """How often triage asked instead of handing off: turns it ends with a question and without a handoff."""
    bounds = scope.expect.clarifying_questions
    if bounds is None:
        return ()
    asked = [turn for turn in scope.turns if _asks(turn)]
    least, most = bounds
    good = least <= len(asked) and (most is None or len(asked) <= most)
    wanted = f"{least}" if least == most else f"at least {least}" if most is None else f"{least} to {most}"
    agent = _first_triage(scope.route)
    return (
        Score(
            scorer="clarifying_questions",
            verdict=Verdict.PASSED if good else Verdict.FAILED,
            reason=f"{plural(len(asked), 'clarifying question')} asked; expected {wanted}",
            layer=Layer.TRIAGE,
            agent=agent.name if agent else scope.graph.entry,
            turn=scope.turn,
            value=1.0 if good else 0.0,
            expected=wanted,
            actual=str(len(asked)),
            outcome="right" if good else "too_few" if len(asked) < least else "too_many",
        ),
    )


def _asks(turn: TurnTrace) -> bool:
    holders = route_of(Trace(turns=(turn,)))
    said = answer_of(turn).rstrip(_AFTER_A_QUESTION)
    return len(holders) == 1 and holders[0].layer is Layer.TRIAGE and said.endswith(_QUESTION)
