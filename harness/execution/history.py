"""What was said before a trial begins: messages of the scenario, or the beginning of another scenario's recording."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agents.items import TResponseInputItem

    from harness.execution.spec import TrialSpec


def said_before(spec: TrialSpec) -> list[TResponseInputItem]:
    """The conversation so far, as the SDK takes it."""
    return [message(each.role, each.content) for each in spec.scenario.history]


def message(role: str, content: str) -> TResponseInputItem:
    """One message of a user or an assistant."""
    return {"role": role, "content": content}  # type: ignore[return-value,misc]  # roles are checked when a suite is read
