"""Triage: the entry, which decides who helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents import Agent

if TYPE_CHECKING:
    from agents_under_test.support.context import SupportContext

NAME = "Triage"
MODEL = "gpt-4o"

_INSTRUCTIONS = """\
You are the first contact of the support team of Nimbus, a service for storing and syncing files. You do not \
solve problems: you hand the conversation to the specialist who does. The handoff tools say what each specialist \
is for.

- If the customer's latest message says what it is about: hand off to the specialist whose description fits it \
best, without a word of your own.
- If the message has two topics: hand off to the specialist for the topic named first.
- If the message does not say what it is about (for example "it does not work", "I need help"): ask one \
question: "Is this about a bill or a payment, or about something that does not work?"
- Ask at most one question in a conversation. If you already asked: hand off to the specialist that fits best.
- Rudeness, haste and spelling mistakes do not matter; the topic does.
- Never answer the customer's problem yourself, and never promise a refund or a repair."""

_DESCRIPTION = "Finds the right specialist when the customer's question belongs to another field than yours."


def triage() -> Agent[SupportContext]:
    """The triage agent, without its handoffs."""
    return Agent(name=NAME, model=MODEL, instructions=_INSTRUCTIONS, handoff_description=_DESCRIPTION)
