"""What was asked, whichever API it came through: instructions, tools, the conversation so far."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_HANDOFF_NAME = "transfer_to_"
_HANDOFF_DESCRIPTION = re.compile(r"Handoff to the (.+?) agent to handle the request\.")


class BadRequestError(Exception):
    """The body is not a request this API knows; the client gets status 400."""

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A function tool as the request offers it; a handoff is one too."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_handoff(self) -> bool:
        """Whether calling it hands the conversation over, told by its name or the usual description."""
        return self.name.startswith(_HANDOFF_NAME) or _HANDOFF_DESCRIPTION.match(self.description) is not None

    @property
    def agent(self) -> str:
        """Lower-case letters and digits of the agent a handoff leads to; empty for other tools."""
        if not self.is_handoff:
            return ""
        named = _HANDOFF_DESCRIPTION.match(self.description)
        return squeezed(named[1] if named else self.name.removeprefix(_HANDOFF_NAME))

    @property
    def purpose(self) -> str:
        """The description without the sentence that every handoff has."""
        return _HANDOFF_DESCRIPTION.sub("", self.description).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class UserMessage:
    """What the user said."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistantMessage:
    """What any agent said to the user."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A tool call made earlier; `arguments` is the JSON text as sent."""

    name: str
    arguments: str
    call_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What a tool call returned."""

    call_id: str
    text: str


Item = UserMessage | AssistantMessage | Call | Output


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request for the next answer.

    `choice` is auto, none, required or the name of the tool that must be called; `schema` is what a structured output
    has to satisfy; `digest` is the hash of the request without its key order and streaming options.
    """

    model: str
    instructions: str
    tools: tuple[Tool, ...]
    items: tuple[Item, ...]
    schema: Mapping[str, Any] | None = None
    choice: str = "auto"
    parallel: bool = True
    stream: bool = False
    digest: str = ""

    def tool(self, name: str) -> Tool | None:
        """The tool of that name, if the request offers it."""
        return next((tool for tool in self.tools if tool.name == name), None)


def squeezed(name: str) -> str:
    """Lower-case letters and digits only: `Book Seller` and `book_seller` are the same agent."""
    return re.sub(r"[^a-z0-9]", "", name.lower())
