"""HumanEscalation: where a person takes over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents import Agent, handoff

if TYPE_CHECKING:
    from agents import Handoff, RunContextWrapper

    from agents_under_test.support.context import SupportContext

NAME = "HumanEscalation"
MODEL = "gpt-4o"

_INSTRUCTIONS = """\
You hand a conversation of Nimbus support over to a person. You do not solve the problem and you promise no \
outcome.

Answer with exactly these three lines, and then say that a person will reply within one working day:
Issue: what the customer wants, with the customer id and the invoice number when they are known.
Tried: which look-ups and steps were already made, and what came out.
Why a person: the reason a person is needed."""

_DESCRIPTION = (
    "Brings in a person: for an approval, a disputed charge, lost data, steps that did not help, or when the "
    "customer asks for a human."
)


def human_escalation() -> Agent[SupportContext]:
    """The agent that stands for the people behind the support system."""
    return Agent(name=NAME, model=MODEL, instructions=_INSTRUCTIONS, handoff_description=_DESCRIPTION)


def escalating(
    agent: Agent[SupportContext], to: Agent[SupportContext]
) -> Handoff[SupportContext, Agent[SupportContext]]:
    """The handoff by which `agent` calls in a person, noted in the records."""

    def note(context: RunContextWrapper[SupportContext]) -> None:
        context.context.database.escalate(agent.name)

    return handoff(to, on_handoff=note)
