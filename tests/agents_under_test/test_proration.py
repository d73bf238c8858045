"""What plan changes and cancellations cost or give back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents_under_test.support.proration import cancellation, plan_change, prorate

if TYPE_CHECKING:
    from agents_under_test.support.database import Database


@pytest.mark.parametrize(
    ("customer", "plan", "due", "credit", "days_left"),
    [
        ("C-1042", "Business", 75.0, 0.0, 15),
        ("C-1042", "Basic", 0.0, 15.0, 15),
        ("C-1042", "Pro", 0.0, 0.0, 15),
        ("C-1115", "Pro", 21.0, 0.0, 21),
        ("C-1131", "Enterprise", 583.33, 0.0, 25),
        ("C-1131", "Pro", 0.0, 125.0, 25),
    ],
)
def test_a_plan_change_is_charged_or_credited_for_the_days_left(
    database: Database, customer: str, plan: str, due: float, credit: float, days_left: int
) -> None:
    account = database.account(customer)
    assert account is not None
    change = plan_change(database, account, plan)
    assert (change["due_today"], change["credit"], change["days_left"]) == (due, credit, days_left)


def test_a_cancellation_credits_the_days_left(database: Database) -> None:
    account = database.account("C-1042")
    assert account is not None
    assert cancellation(database, account)["credit"] == 24.5


def test_nothing_is_credited_when_the_period_is_over(database: Database) -> None:
    account = database.account("C-1156")
    assert account is not None
    assert cancellation(database, account)["credit"] == 0.0


@given(
    st.floats(min_value=-1000, max_value=1000, allow_nan=False),
    st.integers(min_value=1, max_value=31).flatmap(lambda days: st.tuples(st.integers(0, days), st.just(days))),
)
def test_a_part_is_never_more_than_the_whole_and_has_its_sign(whole: float, days: tuple[int, int]) -> None:
    part = prorate(whole, *days)
    assert abs(part) <= abs(whole) + 0.01
    assert part * whole >= 0
