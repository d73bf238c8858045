"""One request of this run."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from vcr.request import Request

from harness.cassettes.canonical import Canonical


@dataclass(frozen=True, slots=True)
class ToolAtWork:
    """A call of a tool whose code runs."""

    call_id: str
    name: str


@dataclass(slots=True, eq=False)
class Call:
    """One request of this run: the `order`th, from 0, asked by `asker` at a reading of `time.perf_counter`.

    `tool` is the tool call that made it, as far as is known; in a recording alone.

    `place` is that of its recording, None when there is none. `request` is None where no HTTP is needed.
    """

    order: int
    wanted: Canonical
    place: int | None
    request: Request | None = None
    asker: object = None
    tool: ToolAtWork | None = None
    at: float = field(default_factory=time.perf_counter)
    ended: bool = False

    @property
    def asking(self) -> str:
        """The name of the agent that asks, empty where `asker` does not tell."""
        return str(getattr(self.asker, "speaking", ""))
