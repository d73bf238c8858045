"""The run context: fresh for every conversation, and what is left of it at the end."""

from __future__ import annotations

import pytest

from agents_under_test.support.context import create_context, end_state


def test_every_context_has_records_of_its_own() -> None:
    one, other = create_context({}), create_context({})
    one.database.refund("C-1042", "INV-2043", 49.0)
    one.database.escalate("BillingSpecialist")
    assert end_state(one) == {
        "refunds": [{"customer_id": "C-1042", "invoice_id": "INV-2043", "amount": 49.0}],
        "escalations": [{"by": "BillingSpecialist"}],
    }
    assert end_state(other) == {"refunds": [], "escalations": []}
    one.database.close()
    other.database.close()


def test_outages_are_opened_at_the_services_named_and_nowhere_else() -> None:
    context = create_context({"outages": ["sync"]})
    assert (context.database.incident("sync") or "").startswith("INC-310: sync is down")
    assert context.database.incident("api") is None
    context.database.close()


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown context keys \['outage'\]"):
        create_context({"outage": ["sync"]})


def test_an_unknown_service_is_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown service 'telephone' in 'outages'; known: .*'sync'"):
        create_context({"outages": ["telephone"]})
