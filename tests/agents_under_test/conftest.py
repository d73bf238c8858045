"""A fresh database and fresh agents for each test."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from agents import FunctionTool, function_tool
from agents.tool_context import ToolContext

from agents_under_test.support.context import SupportContext, create_context

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from agents_under_test.support.database import Database


@pytest.fixture
def context() -> Iterator[SupportContext]:
    fresh = create_context()
    yield fresh
    fresh.database.close()


@pytest.fixture
def database(context: SupportContext) -> Database:
    return context.database


@pytest.fixture
def call(context: SupportContext) -> Callable[..., Awaitable[str]]:
    """Calls a tool as a model would, with named arguments, and gives what the model would see."""

    async def invoke(tool: Callable[..., Awaitable[str]], **arguments: object) -> str:
        made: FunctionTool = function_tool(tool)
        given = json.dumps(arguments)
        seen = ToolContext(context=context, tool_name=made.name, tool_call_id="call_1", tool_arguments=given)
        return str(await made.on_invoke_tool(seen, given))

    return invoke
