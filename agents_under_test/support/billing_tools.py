"""What BillingSpecialist and ProrationCalculator work with: plain functions, made into tools by their owners."""

import json
from collections.abc import Awaitable, Callable
from typing import Literal, TypeAlias

from agents import RunContextWrapper

from agents_under_test.support import proration
from agents_under_test.support.context import SupportContext
from agents_under_test.support.database import RefundRefusedError

PlanName: TypeAlias = Literal["Basic", "Pro", "Business", "Enterprise"]
ProcessRefund: TypeAlias = Callable[[RunContextWrapper[SupportContext], str, str, float], Awaitable[str]]

_UNKNOWN = "NOT_FOUND: there is no customer {}."


async def get_invoice(context: RunContextWrapper[SupportContext], customer_id: str, invoice_id: str | None) -> str:
    """Get one invoice of a customer: its item, total, status, and what was paid, overpaid and refunded.

    Args:
        context: The conversation's records.
        customer_id: The customer's id, for example C-1042.
        invoice_id: The invoice's number, for example INV-2043; null for the customer's latest invoice.
    """
    invoice = context.context.database.invoice(customer_id, invoice_id)
    return json.dumps(invoice) if invoice else f"NOT_FOUND: customer {customer_id} has no such invoice."


def refund_tool(limit: float) -> ProcessRefund:
    """The function behind `process_refund`, for refunds of at most `limit` dollars without a person's approval."""

    async def process_refund(
        context: RunContextWrapper[SupportContext], customer_id: str, invoice_id: str, amount: float
    ) -> str:
        if amount > limit:
            return (
                f"REQUIRES_APPROVAL: a refund of ${amount:.2f} is above ${limit:.2f} and needs a person's approval. "
                "Nothing was refunded."
            )
        try:
            number = context.context.database.refund(customer_id, invoice_id, amount)
        except RefundRefusedError as refused:
            return f"ERROR: {refused}. Nothing was refunded."
        return json.dumps({"refund_id": number, "invoice_id": invoice_id, "refunded": amount, "arrives_in_days": 5})

    process_refund.__doc__ = f"""Refund money to a customer's card. This moves money and cannot be undone.

    Above ${limit:.2f} the answer is REQUIRES_APPROVAL and nothing is refunded.

    Args:
        context: The conversation's records.
        customer_id: The customer's id, for example C-1042.
        invoice_id: The number of the invoice that was overpaid, for example INV-2043.
        amount: The amount to refund in dollars, for example 49.00: what `get_invoice` shows as overpaid.
    """
    return process_refund


async def compute_plan_change(context: RunContextWrapper[SupportContext], customer_id: str, new_plan: PlanName) -> str:
    """Compute what an upgrade or a downgrade to another plan costs a customer today, or gives back as credit.

    Args:
        context: The conversation's records.
        customer_id: The customer's id, for example C-1042.
        new_plan: The plan the customer wants to move to.
    """
    database = context.context.database
    account = database.account(customer_id)
    return json.dumps(proration.plan_change(database, account, new_plan)) if account else _UNKNOWN.format(customer_id)


async def compute_cancellation(context: RunContextWrapper[SupportContext], customer_id: str) -> str:
    """Compute the credit a customer gets for the unused days when the subscription is cancelled today.

    Args:
        context: The conversation's records.
        customer_id: The customer's id, for example C-1042.
    """
    database = context.context.database
    account = database.account(customer_id)
    return json.dumps(proration.cancellation(database, account)) if account else _UNKNOWN.format(customer_id)


async def list_plans(context: RunContextWrapper[SupportContext]) -> str:
    """List every plan with its monthly price and what it includes."""
    return json.dumps({"plans": context.context.database.plans()})
