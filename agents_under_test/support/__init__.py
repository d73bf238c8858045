"""A customer-service system in the hybrid pattern: triage hands off to specialists, who call helper agents as tools."""

from agents_under_test.support.billing import billing_specialist
from agents_under_test.support.context import create_context, end_state
from agents_under_test.support.escalation import escalating, human_escalation
from agents_under_test.support.technical import technical_specialist
from agents_under_test.support.triage import triage
from harness.system.loading import System

REFUND_LIMIT = 500.0
"""Dollars up to which a refund needs no person."""

FAILED_OUTPUT = r"^(ERROR:|An error occurred while running the tool)"


def build(*, refund_limit: float = REFUND_LIMIT) -> System:
    """The whole system, every agent and tool new, so that changing one build leaves the others as they are."""
    entry, human = triage(), human_escalation()
    specialists = (billing_specialist(refund_limit), technical_specialist())
    for specialist in specialists:
        specialist.handoffs = [escalating(specialist, human), entry]
    entry.handoffs = list(specialists)
    return System(
        entry=entry,
        context=create_context,
        escalation=(human,),
        state=end_state,
        failed_output=FAILED_OUTPUT,
    )


system = build()
