"""A stand-in for the tests of this room, and short ways to describe a request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from harness.standin.request import AssistantMessage, Call, Output, Request, Tool, UserMessage
from harness.standin.server import running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.standin.request import Item

    Build = Callable[..., Request]


@pytest.fixture(scope="session")
def standin() -> Iterator[str]:
    """The base URL of a stand-in without script and faults."""
    with running() as url:
        yield url


def tool(name: str, description: str = "", **properties: dict[str, Any]) -> Tool:
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    return Tool(name=name, description=description, parameters=parameters)


def talk(*entries: str | tuple[Any, ...]) -> tuple[Item, ...]:
    """User messages as texts, answers as ("assistant", text), tool calls as (name, arguments, output)."""
    items: list[Item] = []
    for number, entry in enumerate(entries):
        if isinstance(entry, str):
            items.append(UserMessage(text=entry))
        elif entry[0] == "assistant":
            items.append(AssistantMessage(text=entry[1]))
        else:
            name, arguments, output = entry
            call_id = f"call_{number}"
            items.append(Call(name=name, arguments=json.dumps(arguments), call_id=call_id))
            items.append(Output(call_id=call_id, text=output if isinstance(output, str) else json.dumps(output)))
    return tuple(items)


@pytest.fixture
def build() -> Build:
    """Builds a request: `build(instructions, tools, *talk, **rest)`."""

    def request(instructions: str, tools: tuple[Tool, ...], *entries: str | tuple[Any, ...], **rest: Any) -> Request:
        return Request(model="any", instructions=instructions, tools=tools, items=talk(*entries), **rest)

    return request


@pytest.fixture
def make_tool() -> Callable[..., Tool]:
    """Builds a tool: `make_tool(name, description, property=schema, ...)`."""
    return tool
