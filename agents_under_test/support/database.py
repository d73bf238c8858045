"""The support system's records in SQLite: accounts, invoices, charges, refunds and escalations."""

from __future__ import annotations

import sqlite3
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

Record: TypeAlias = dict[str, Any]

_DATA = Path(__file__).parent / "data"
_CENTS = 100

_INVOICE = """
    SELECT i.invoice_id, i.customer_id, i.issued, i.item, i.total_cents,
        coalesce(sum(c.cents) FILTER (WHERE c.status = 'paid'), 0) AS paid_cents,
        count(*) FILTER (WHERE c.status = 'disputed') AS disputed,
        (SELECT coalesce(sum(r.cents), 0) FROM refunds r WHERE r.invoice_id = i.invoice_id) AS refunded_cents
    FROM invoices i LEFT JOIN charges c USING (invoice_id)
    WHERE i.customer_id = :customer AND (:invoice IS NULL OR i.invoice_id = :invoice)
    GROUP BY i.invoice_id ORDER BY i.issued DESC, i.invoice_id DESC LIMIT 1
"""


class RefundRefusedError(ValueError):
    """A refund that the records do not allow."""


@cache
def _seeded() -> bytes:
    """The seeded database as SQLite's own bytes, from which a fresh copy is a matter of microseconds."""
    connection = sqlite3.connect(":memory:")
    for script in ("schema.sql", "seed.sql"):
        connection.executescript((_DATA / script).read_text(encoding="utf-8"))
    image = connection.serialize()
    connection.close()
    return image


def dollars(cents: int) -> float:
    """Cents as dollars."""
    return round(cents / _CENTS, 2)


class Database:
    """One private, in-memory copy of the seeded records; what is written here is seen nowhere else.

    Look-ups return None for what does not exist. Amounts are given and taken in dollars.
    """

    def __init__(self) -> None:
        self._connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._connection.deserialize(_seeded())
        self._connection.row_factory = sqlite3.Row

    def close(self) -> None:
        """Drop this copy."""
        self._connection.close()

    def rows(self, query: str, **values: object) -> list[Record]:
        """The rows of a query as plain dictionaries."""
        return [dict(row) for row in self._connection.execute(query, values)]

    def _row(self, query: str, **values: object) -> Record | None:
        return next(iter(self.rows(query, **values)), None)

    def today(self) -> date:
        """The day the records stand at."""
        return date.fromisoformat(str(self.rows("SELECT today FROM calendar")[0]["today"]))

    def account(self, customer_id: str) -> Record | None:
        """The account of a customer."""
        return self._row("SELECT * FROM accounts WHERE customer_id = upper(:customer)", customer=customer_id)

    def account_by_email(self, email: str) -> Record | None:
        """The account that an e-mail address belongs to, in whatever case it is written."""
        return self._row("SELECT * FROM accounts WHERE email = lower(:email)", email=email)

    def plans(self) -> list[Record]:
        """Every plan with its monthly price, the cheapest first."""
        rows = self.rows("SELECT * FROM plans ORDER BY monthly_cents")
        return [
            {"plan": row["name"], "monthly_price": dollars(row["monthly_cents"]), "includes": row["summary"]}
            for row in rows
        ]

    def charges(self, customer_id: str) -> list[Record]:
        """What was charged to a customer, the latest first."""
        rows = self.rows(
            """SELECT c.charge_id, c.invoice_id, c.charged, c.cents, c.status FROM charges c
               JOIN invoices i USING (invoice_id) WHERE i.customer_id = upper(:customer)
               ORDER BY c.charged DESC, c.charge_id DESC""",
            customer=customer_id,
        )
        return [{"charged_amount": dollars(row.pop("cents")), **row} for row in rows]

    def invoice(self, customer_id: str, invoice_id: str | None = None) -> Record | None:
        """One invoice of a customer (the latest when none is named), with what was paid, overpaid and refunded."""
        named = invoice_id.upper() if invoice_id else None
        row = self._row(_INVOICE, customer=customer_id.upper(), invoice=named)
        if row is None:
            return None
        total, paid, refunded = row.pop("total_cents"), row.pop("paid_cents"), row.pop("refunded_cents")
        disputed = bool(row.pop("disputed"))
        return {
            **row,
            "status": "disputed" if disputed else "paid" if paid >= total else "unpaid",
            "total": dollars(total),
            "paid": dollars(paid),
            "overpaid": dollars(max(paid - total - refunded, 0)),
            "refunded": dollars(refunded),
        }

    def refund(self, customer_id: str, invoice_id: str, amount: float) -> str:
        """Enter a refund into the ledger and return its number.

        Raises RefundRefusedError when the invoice is not the customer's, or the amount is not above zero or is more
        than what was paid and not yet given back.
        """
        invoice = self.invoice(customer_id, invoice_id)
        if invoice is None:
            raise RefundRefusedError(f"customer {customer_id} has no invoice {invoice_id}")
        left = round(invoice["paid"] - invoice["refunded"], 2)
        if not 0 < amount <= left:
            raise RefundRefusedError(f"{amount:.2f} cannot be refunded: {left:.2f} was paid on {invoice_id}")
        cursor = self._connection.execute(
            "INSERT INTO refunds (invoice_id, cents) VALUES (?, ?)", (invoice["invoice_id"], round(amount * _CENTS))
        )
        return f"RF-{9000 + (cursor.lastrowid or 0)}"

    def refunds(self) -> list[Record]:
        """The ledger of refunds, in the order they were made."""
        rows = self.rows(
            """SELECT i.customer_id, r.invoice_id, r.cents FROM refunds r
               JOIN invoices i USING (invoice_id) ORDER BY number"""
        )
        return [{"amount": dollars(row.pop("cents")), **row} for row in rows]

    def escalate(self, agent: str) -> None:
        """Note that `agent` called in a person."""
        self._connection.execute("INSERT INTO escalations (escalated_by) VALUES (?)", (agent,))

    def escalations(self) -> list[Record]:
        """Who called in a person, in order."""
        return [{"by": row["escalated_by"]} for row in self.rows("SELECT * FROM escalations ORDER BY number")]

    def services(self) -> tuple[str, ...]:
        """The names of the services whose status is known."""
        return tuple(str(row["name"]) for row in self.rows("SELECT name FROM services ORDER BY name"))

    def incident(self, service: str) -> str | None:
        """The incident open at a service, or None."""
        row = self._row("SELECT incident FROM services WHERE name = lower(:service)", service=service)
        return str(row["incident"]) or None if row else None

    def open_incident(self, service: str, incident: str) -> None:
        """Mark a service as disturbed."""
        self._connection.execute("UPDATE services SET incident = ? WHERE name = ?", (incident, service))
