"""What AccountLookup works with: plain functions over the records, made into tools by the agent that owns them."""

import json

from agents import RunContextWrapper

from agents_under_test.support.context import SupportContext


async def fetch_account(context: RunContextWrapper[SupportContext], customer_id: str) -> str:
    """Fetch a customer's account by customer id: name, plan, status, billing period and notes.

    Args:
        context: The conversation's records.
        customer_id: The customer's id, for example C-1042.
    """
    account = context.context.database.account(customer_id)
    return json.dumps(account) if account else f"NOT_FOUND: there is no customer {customer_id}."


async def find_account_by_email(context: RunContextWrapper[SupportContext], email: str) -> str:
    """Find a customer's account by e-mail address, when the customer id is not known.

    Args:
        context: The conversation's records.
        email: The e-mail address of the account, for example jane.roe@example.com.
    """
    account = context.context.database.account_by_email(email)
    return json.dumps(account) if account else f"NOT_FOUND: there is no account with the address {email}."


async def list_charges(context: RunContextWrapper[SupportContext], customer_id: str) -> str:
    """List the charges made to a customer's card, the latest first, with invoice, date, amount and status.

    Args:
        context: The conversation's records.
        customer_id: The customer's id, for example C-1042.
    """
    database = context.context.database
    if database.account(customer_id) is None:
        return f"NOT_FOUND: there is no customer {customer_id}."
    return json.dumps({"customer_id": customer_id, "charges": database.charges(customer_id)})
