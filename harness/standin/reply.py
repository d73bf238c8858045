"""What is answered: a text, tool calls, or both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCall:
    """A tool call to be made; a text instead of a mapping goes out as it is, valid JSON or not."""

    name: str
    arguments: Mapping[str, Any] | str = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer; `items` are further output items of the Responses API, sent first and verbatim (scripts only)."""

    text: str = ""
    calls: tuple[PlannedCall, ...] = ()
    items: tuple[Mapping[str, Any], ...] = ()
