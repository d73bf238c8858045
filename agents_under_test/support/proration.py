"""What changing or leaving a plan in the middle of a billing period costs or gives back."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agents_under_test.support.database import Database, Record


def prorate(monthly_difference: float, days_left: int, days_in_period: int) -> float:
    """The part of a monthly amount that falls on the days left, rounded to cents."""
    return round(monthly_difference * days_left / days_in_period, 2)


def plan_change(database: Database, account: Record, new_plan: str) -> Record:
    """What moving an account to `new_plan` today costs, or gives back as credit."""
    prices = _prices(database)
    left, length = _days(account, database.today())
    amount = prorate(prices[new_plan] - prices[account["plan"]], left, length)
    return {
        "customer_id": account["customer_id"],
        "current_plan": account["plan"],
        "new_plan": new_plan,
        "days_left": left,
        "days_in_period": length,
        "due_today": max(amount, 0.0),
        "credit": max(-amount, 0.0),
        "new_monthly_price": prices[new_plan],
    }


def cancellation(database: Database, account: Record) -> Record:
    """What leaving the plan today gives back as credit."""
    left, length = _days(account, database.today())
    return {
        "customer_id": account["customer_id"],
        "current_plan": account["plan"],
        "days_left": left,
        "days_in_period": length,
        "credit": prorate(_prices(database)[account["plan"]], left, length),
    }


def _prices(database: Database) -> dict[str, float]:
    return {plan["plan"]: plan["monthly_price"] for plan in database.plans()}


def _days(account: Record, today: date) -> tuple[int, int]:
    """Days left in the billing period, today included, and its length; nothing is left of a period that is over."""
    start, end = date.fromisoformat(account["period_start"]), date.fromisoformat(account["period_end"])
    return max((end - today).days + 1, 0), (end - start).days + 1
