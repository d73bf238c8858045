"""Escalations, clarifying questions and guardrails that the agents can bring about, and scorers that exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core.scenario import EscalationTarget
from harness.core.trace import Layer
from harness.errors import UsageError, did_you_mean
from harness.scoring.scorers import load_scorer
from harness.suite.surroundings import has_unlisted_tools

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.core.graph import AgentNode
    from harness.core.scenario import EscalationExpectation, Expectation
    from harness.errors import Problem
    from harness.suite.surroundings import Case

_NO_GUARDRAIL = "none"


def outcomes(case: Case) -> Iterator[Problem]:
    """Problems with `escalation`, `clarifying_questions`, `guardrail` and `scorers`."""
    for expect in case.expectations():
        yield from _scorers(case, expect)
        if case.closed and expect.escalation is not None:
            yield from _escalation(case, expect, expect.escalation)
        if case.closed and expect.clarifying_questions is not None:
            yield from _questions(case, expect)
        if expect.guardrail is not None:
            yield from _guardrail(case, expect, expect.guardrail)


def _escalation(case: Case, expect: Expectation, wanted: EscalationExpectation) -> Iterator[Problem]:
    nodes = [case.around.agents[name] for name in sorted(case.holders)]
    human = _leading_to(case, nodes, EscalationTarget.HUMAN)
    back = _leading_to(case, nodes, EscalationTarget.BACK_TO_TRIAGE)
    start = case.start.ref.name if case.start else ""
    if wanted.to is EscalationTarget.NONE and not human and not back:
        message = f"`escalation: none` can never fail: nobody whom {start} reaches can escalate"
        yield case.wrong(expect, "escalation", message, "remove it")
    if wanted.to is EscalationTarget.HUMAN and not human and not (case.start and case.start.ref.human):
        people = [node.ref.name for node in case.around.graph.agents if node.ref.human]
        hint = f"only {', '.join(people)} stands for a person" if people else "the system names no agent for a person"
        yield case.wrong(expect, "escalation", f"`escalation: human` cannot happen: {start} reaches no person", hint)
    if wanted.to is EscalationTarget.BACK_TO_TRIAGE and not back:
        message = f"`escalation: back_to_triage` cannot happen: nobody whom {start} reaches hands back to triage"
        yield case.wrong(expect, "escalation", message)
    yield from _after(case, expect, wanted, human if wanted.to is EscalationTarget.HUMAN else back)


def _leading_to(case: Case, nodes: list[AgentNode], target: EscalationTarget) -> list[AgentNode]:
    """The agents that can escalate there themselves. Triage that sends someone to a person has escalated too."""
    around = case.around

    def fits(name: str) -> bool:
        node = around.agents.get(name)
        if node is None:
            return False
        return node.ref.human if target is EscalationTarget.HUMAN else node.ref.layer is Layer.TRIAGE

    able = [node for node in nodes if target is EscalationTarget.HUMAN or node.ref.layer is not Layer.TRIAGE]
    return [node for node in able if any(fits(edge.target) for edge in node.handoffs)]


def _after(
    case: Case, expect: Expectation, wanted: EscalationExpectation, escalating: list[AgentNode]
) -> Iterator[Problem]:
    if not escalating or any(map(has_unlisted_tools, escalating)):
        return
    names = [node.ref.name for node in escalating]
    for tool in wanted.after:
        if tool in case.around.owners and not case.around.offers(names, tool):
            owners = ", ".join(node.ref.name for node in case.around.owners[tool])
            message = f"`after`: {tool} belongs to {owners}, who cannot escalate there"
            yield case.wrong(expect, "escalation", message, f"those who can: {', '.join(names)}")


def _questions(case: Case, expect: Expectation) -> Iterator[Problem]:
    around = case.around
    if not any(around.agents[name].ref.layer is Layer.TRIAGE for name in case.holders):
        message = "`clarifying_questions` counts what triage asks, and triage takes no part here"
        yield case.wrong(expect, "clarifying_questions", message, "remove it")


def _guardrail(case: Case, expect: Expectation, name: str) -> Iterator[Problem]:
    known = list(dict.fromkeys(each for node in case.around.graph.agents for each in node.guardrails))
    if name not in (_NO_GUARDRAIL, *known):
        hint = did_you_mean(name, [*known, _NO_GUARDRAIL])
        yield case.wrong(expect, "guardrail", f"no guardrail is named {name!r}", hint)
    elif name == _NO_GUARDRAIL and not known:
        yield case.wrong(expect, "guardrail", "`guardrail: none` can never fail: there are no guardrails", "remove it")


def _scorers(case: Case, expect: Expectation) -> Iterator[Problem]:
    for reference in expect.scorers:
        try:
            load_scorer(reference)
        except UsageError as error:
            yield case.wrong(expect, "scorers", f"`scorers`: {error.what}", error.hint)
