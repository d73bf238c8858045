"""What the function tools tell the model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from agents import function_tool

from agents_under_test.support.account_tools import fetch_account, find_account_by_email, list_charges
from agents_under_test.support.billing_tools import (
    compute_cancellation,
    compute_plan_change,
    get_invoice,
    list_plans,
    refund_tool,
)
from agents_under_test.support.context import SupportContext, create_context
from agents_under_test.support.technical_tools import check_service_status, match_symptoms, search_articles

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Call = Callable[..., Awaitable[str]]

UNKNOWN = {"customer_id": "C-9999"}


async def test_a_refund_within_the_limit_is_made(call: Call, context: SupportContext) -> None:
    said = await call(refund_tool(500.0), customer_id="C-1140", invoice_id="INV-2082", amount=500.0)
    assert json.loads(said)["refunded"] == 500.0
    assert context.database.refunds() == [{"customer_id": "C-1140", "invoice_id": "INV-2082", "amount": 500.0}]


async def test_a_refund_above_the_limit_requires_approval_and_moves_nothing(
    call: Call, context: SupportContext
) -> None:
    said = await call(refund_tool(500.0), customer_id="C-1108", invoice_id="INV-2060", amount=500.01)
    assert said.startswith("REQUIRES_APPROVAL: a refund of $500.01 is above $500.00")
    assert context.database.refunds() == []


async def test_a_refused_refund_says_why(call: Call, context: SupportContext) -> None:
    said = await call(refund_tool(500.0), customer_id="C-1115", invoice_id="INV-2043", amount=49.0)
    assert said == "ERROR: customer C-1115 has no invoice INV-2043. Nothing was refunded."
    assert context.database.refunds() == []


def test_the_limit_is_told_to_the_model() -> None:
    assert "Above $750.00 the answer is REQUIRES_APPROVAL" in function_tool(refund_tool(750.0)).description


async def test_an_account_is_told_with_plan_and_period(call: Call) -> None:
    account = json.loads(await call(fetch_account, customer_id="C-1131"))
    assert (account["plan"], account["period_end"]) == ("Business", "2026-10-10")
    assert json.loads(await call(find_account_by_email, email="priya.nair@example.com")) == account


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        (fetch_account, UNKNOWN),
        (find_account_by_email, {"email": "nobody@example.com"}),
        (list_charges, UNKNOWN),
        (get_invoice, {**UNKNOWN, "invoice_id": None}),
        (get_invoice, {"customer_id": "C-1115", "invoice_id": "INV-2060"}),
        (compute_plan_change, {**UNKNOWN, "new_plan": "Pro"}),
        (compute_cancellation, UNKNOWN),
    ],
)
async def test_what_does_not_exist_is_said_to_be_not_found(
    call: Call, tool: Callable[..., Awaitable[str]], arguments: dict[str, object]
) -> None:
    assert (await call(tool, **arguments)).startswith("NOT_FOUND:")


async def test_charges_and_invoices_are_told_in_dollars(call: Call) -> None:
    charges = json.loads(await call(list_charges, customer_id="C-1042"))["charges"]
    invoice = json.loads(await call(get_invoice, customer_id="C-1042", invoice_id=None))
    assert [charge["charged_amount"] for charge in charges] == [49.0, 49.0, 49.0]
    assert (invoice["total"], invoice["overpaid"]) == (49.0, 49.0)


async def test_prices_are_told(call: Call) -> None:
    plans = json.loads(await call(list_plans))["plans"]
    assert [(plan["plan"], plan["monthly_price"]) for plan in plans] == [
        ("Basic", 19.0),
        ("Pro", 49.0),
        ("Business", 199.0),
        ("Enterprise", 899.0),
    ]


async def test_a_plan_that_does_not_exist_never_reaches_the_calculation(call: Call) -> None:
    said = await call(compute_plan_change, customer_id="C-1042", new_plan="Gold")
    assert said.startswith("An error occurred while running the tool")


async def test_diagnostics_say_when_nothing_fits(call: Call) -> None:
    assert (await call(match_symptoms, symptoms="origami")).startswith("NO_LIKELY_CAUSE:")
    assert (await call(search_articles, query="origami")).startswith("NO_ARTICLE:")
    assert json.loads(await call(match_symptoms, symptoms="error 403"))["likely_causes"][0]["service"] == "api"
    assert len(json.loads(await call(search_articles, query="share a folder"))["articles"]) == 3


async def test_a_service_is_operational_until_an_incident_is_open(call: Call, context: SupportContext) -> None:
    assert (await call(check_service_status, service="sync")).startswith("OPERATIONAL:")
    context.database.open_incident("sync", "INC-1: down")
    assert await call(check_service_status, service="sync") == "INCIDENT: INC-1: down."


async def test_the_services_a_model_can_name_are_those_of_the_records() -> None:
    named = function_tool(check_service_status).params_json_schema["properties"]["service"]["enum"]
    fresh = create_context()
    assert tuple(named) == fresh.database.services()
    fresh.database.close()
