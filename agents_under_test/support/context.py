"""What one conversation carries with it: its own copy of the records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agents_under_test.support.database import Database

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELDS = ("outages",)


@dataclass(frozen=True, slots=True)
class SupportContext:
    """The run context handed to every agent and tool."""

    database: Database = field(default_factory=Database)


def create_context(values: Mapping[str, Any] | None = None) -> SupportContext:
    """A fresh context. `values` may hold `outages`: the services that have an open incident.

    Raises ValueError for anything else, and for a service that does not exist.
    """
    given = dict(values or {})
    outages = given.pop("outages", ())
    if given:
        raise ValueError(f"unknown context keys {sorted(given)!r}; known: {FIELDS!r}")
    context = SupportContext()
    known = context.database.services()
    for service in outages:
        if service not in known:
            raise ValueError(f"unknown service {service!r} in 'outages'; known: {known!r}")
        context.database.open_incident(service, f"INC-310: {service} is down; engineers are working on it")
    return context


def end_state(context: SupportContext) -> dict[str, Any]:
    """What a conversation left behind: the ledger of refunds and the calls for a person."""
    return {"refunds": context.database.refunds(), "escalations": context.database.escalations()}
