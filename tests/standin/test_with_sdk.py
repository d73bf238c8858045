"""The Agents SDK itself as the client: triage, a specialist, a helper, both APIs, streaming or not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from agents import Agent, HandoffOutputItem, OpenAIProvider, RunConfig, Runner, ToolCallItem, function_tool
from openai import AsyncOpenAI
from pydantic import BaseModel

if TYPE_CHECKING:
    from agents import RunItem
    from agents.result import RunResultBase


@function_tool
def read_shelf(shelf_id: str) -> str:
    """Read what is on a shelf.

    Args:
        shelf_id: The shelf, for example S-12.
    """
    return json.dumps({"shelf_id": shelf_id, "books": 3, "price": 12.5})


@function_tool
def order_book(shelf_id: str, copies: int) -> str:
    """Order copies of the book on a shelf.

    Args:
        shelf_id: The shelf, for example S-12.
        copies: How many copies.
    """
    return f"ORDERED: {copies} from {shelf_id}"


def library() -> Agent[None]:
    helper: Agent[None] = Agent(name="ShelfReader", instructions="You read shelves.", tools=[read_shelf])
    books: Agent[None] = Agent(
        name="Books",
        instructions="If the customer wants a book: call `look_at_shelf`, then `order_book`.",
        handoff_description="Books: novels and shelves.",
        tools=[helper.as_tool("look_at_shelf", "Look at a shelf, for example S-12."), order_book],
    )
    films: Agent[None] = Agent(name="Films", instructions="You rent films.", handoff_description="Films and actors.")
    return Agent(name="Desk", instructions="Hand off to who fits best.", handoffs=[books, films])


def config(client: AsyncOpenAI, *, responses: bool) -> RunConfig:
    provider = OpenAIProvider(openai_client=client, use_responses=responses)
    return RunConfig(model_provider=provider, model="any", tracing_disabled=True)


async def ran(agent: Agent[None], said: str, url: str, *, responses: bool, stream: bool) -> RunResultBase:
    async with AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client:
        if not stream:
            return await Runner.run(agent, said, run_config=config(client, responses=responses))
        streamed = Runner.run_streamed(agent, said, run_config=config(client, responses=responses))
        async for _ in streamed.stream_events():
            pass
        return streamed


def route(items: list[RunItem]) -> list[str]:
    return [item.target_agent.name for item in items if isinstance(item, HandoffOutputItem)]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("responses", [True, False])
async def test_triage_specialist_and_helper_run_to_the_end(standin: str, *, responses: bool, stream: bool) -> None:
    said = "I want 2 copies of the book on shelf S-7"
    result = await ran(library(), said, standin, responses=responses, stream=stream)
    assert route(result.new_items) == ["Books"]
    calls = [item for item in result.new_items if isinstance(item, ToolCallItem)]
    assert [call.tool_name for call in calls] == ["look_at_shelf", "order_book"]
    assert json.loads(getattr(calls[1].raw_item, "arguments", "")) == {"shelf_id": "S-7", "copies": 2}
    assert "ORDERED: 2 from S-7" in result.final_output
    assert "$12.50" in result.final_output
    assert result.context_wrapper.usage.requests == 6


class Verdict(BaseModel):
    is_rude: bool
    reason: str


@pytest.mark.parametrize("responses", [True, False])
async def test_structured_output_is_what_the_agent_declares(standin: str, *, responses: bool) -> None:
    judge: Agent[None] = Agent(name="Judge", instructions="Judge the tone.", output_type=Verdict)
    result = await ran(judge, "That is rude", standin, responses=responses, stream=False)
    assert result.final_output == Verdict(is_rude=True, reason="That is rude")
