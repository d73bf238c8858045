"""The records: what they say, what they refuse, and that every copy is its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents_under_test.support.database import Database, RefundRefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence


def test_an_account_is_found_by_id_in_either_case_and_by_email(database: Database) -> None:
    by_id, by_email = database.account("c-1042"), database.account_by_email("Dana.Reyes@Example.com")
    assert by_id is not None
    assert by_id == by_email
    assert (by_id["name"], by_id["plan"], by_id["status"]) == ("Dana Reyes", "Pro", "active")


def test_what_does_not_exist_is_none(database: Database) -> None:
    assert database.account("C-9999") is None
    assert database.account_by_email("nobody@example.com") is None
    assert database.invoice("C-1042", "INV-9999") is None
    assert database.incident("telephone") is None


def test_without_a_number_the_latest_invoice_is_meant(database: Database) -> None:
    latest, older = database.invoice("C-1042"), database.invoice("C-1042", "inv-2011")
    assert latest is not None
    assert older is not None
    assert (latest["invoice_id"], older["invoice_id"]) == ("INV-2043", "INV-2011")


@pytest.mark.parametrize(
    ("customer", "status", "paid", "overpaid"),
    [
        ("C-1042", "paid", 98.0, 49.0),
        ("C-1108", "paid", 1798.0, 899.0),
        ("C-1140", "paid", 1000.0, 500.0),
        ("C-1156", "paid", 49.0, 49.0),
        ("C-1164", "paid", 49.0, 0.0),
        ("C-1123", "unpaid", 0.0, 0.0),
        ("C-1131", "disputed", 0.0, 0.0),
    ],
)
def test_an_invoice_says_what_was_paid_and_overpaid(
    database: Database, customer: str, status: str, paid: float, overpaid: float
) -> None:
    invoice = database.invoice(customer)
    assert invoice is not None
    assert (invoice["status"], invoice["paid"], invoice["overpaid"]) == (status, paid, overpaid)


def test_nobody_sees_the_invoice_of_another_customer(database: Database) -> None:
    assert database.invoice("C-1115", "INV-2060") is None


def test_charges_are_listed_latest_first(database: Database) -> None:
    charges = database.charges("C-1042")
    assert [charge["charge_id"] for charge in charges] == ["CH-5044", "CH-5043", "CH-5011"]
    assert {charge["charged_amount"] for charge in charges} == {49.0}


def test_a_refund_is_entered_and_lowers_what_is_overpaid(database: Database) -> None:
    assert database.refund("C-1042", "INV-2043", 49.0) == "RF-9001"
    assert database.refunds() == [{"customer_id": "C-1042", "invoice_id": "INV-2043", "amount": 49.0}]
    invoice = database.invoice("C-1042")
    assert invoice is not None
    assert (invoice["refunded"], invoice["overpaid"]) == (49.0, 0.0)


@pytest.mark.parametrize(
    ("invoice", "amount", "message"),
    [
        ("INV-2060", 10.0, "C-1042 has no invoice INV-2060"),
        ("INV-2043", 0.0, r"0\.00 cannot be refunded"),
        ("INV-2043", -5.0, "cannot be refunded"),
        ("INV-2043", 98.01, r"98\.00 was paid on INV-2043"),
        ("INV-2043", float("nan"), "cannot be refunded"),
    ],
)
def test_a_refund_that_the_records_do_not_allow_is_refused(
    database: Database, invoice: str, amount: float, message: str
) -> None:
    with pytest.raises(RefundRefusedError, match=message):
        database.refund("C-1042", invoice, amount)
    assert database.refunds() == []


@given(st.lists(st.integers(min_value=1, max_value=6000), max_size=8))
def test_no_series_of_refunds_gives_back_more_than_was_paid(cents: Sequence[int]) -> None:
    database = Database()
    for amount in cents:
        try:
            database.refund("C-1042", "INV-2043", amount / 100)
        except RefundRefusedError:
            continue
    given_back = round(sum(refund["amount"] for refund in database.refunds()), 2)
    invoice = database.invoice("C-1042", "INV-2043")
    database.close()
    assert given_back <= 98.0
    assert invoice is not None
    assert invoice["refunded"] == given_back


def test_two_copies_do_not_see_each_other(database: Database) -> None:
    other = Database()
    database.refund("C-1042", "INV-2043", 49.0)
    database.escalate("BillingSpecialist")
    database.open_incident("sync", "INC-1")
    assert (other.refunds(), other.escalations(), other.incident("sync")) == ([], [], None)
    other.close()


def test_text_that_looks_like_sql_is_text(database: Database) -> None:
    assert database.account("' OR 1=1 --") is None
    assert database.account_by_email("'; DROP TABLE accounts; --") is None
    assert database.account("C-1042") is not None
