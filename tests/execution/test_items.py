"""Whatever a model may answer with is shown, and never in the way."""

from __future__ import annotations

from typing import Any

import pytest
from agents import Agent, CustomTool, HostedMCPTool, WebSearchTool, function_tool
from agents.testing import ScriptedModel, assistant_message, function_call
from openai.types.responses import (
    ResponseCodeInterpreterToolCall,
    ResponseCompactionItem,
    ResponseCustomToolCall,
    ResponseFileSearchToolCall,
    ResponseFunctionWebSearch,
    ResponseOutputMessage,
    ResponseOutputRefusal,
    ResponseReasoningItem,
)
from openai.types.responses.response_function_web_search import ActionSearch
from openai.types.responses.response_output_item import ImageGenerationCall, McpCall, McpListTools
from openai.types.responses.response_reasoning_item import Summary

from harness.core.trace import CallStatus, Message, OtherItem, ToolCall, ToolOrigin
from harness.execution.items import data_of, final_text, input_text

REASONING = ResponseReasoningItem(
    id="rs_1",
    type="reasoning",
    summary=[Summary(type="summary_text", text="think"), Summary(type="summary_text", text="twice")],
)
HOSTED = [
    (REASONING, "reasoning", "think twice"),
    (
        ResponseFunctionWebSearch(
            id="ws_1", type="web_search_call", status="completed", action=ActionSearch(type="search", query="refunds")
        ),
        "web_search_call",
        "refunds",
    ),
    (
        ResponseFileSearchToolCall(id="fs_1", type="file_search_call", status="completed", queries=["a", "b"]),
        "file_search_call",
        "a b",
    ),
    (
        ResponseCodeInterpreterToolCall(
            id="ci_1", type="code_interpreter_call", status="completed", container_id="c", code="1+1"
        ),
        "code_interpreter_call",
        "1+1",
    ),
    (ImageGenerationCall(id="ig_1", type="image_generation_call", status="completed"), "image_generation_call", ""),
    (
        McpCall(id="mcp_1", type="mcp_call", name="find", arguments='{"q":1}', server_label="wiki", output="found"),
        "mcp_call",
        'find {"q":1}',
    ),
    (McpListTools(id="ml_1", type="mcp_list_tools", server_label="wiki", tools=[]), "mcp_list_tools", ""),
    (ResponseCompactionItem(id="cm_1", type="compaction", encrypted_content="x" * 5000), "compaction", ""),
]


def entry(*output: Any, tools: Any = ()) -> Agent[Any]:
    wiki = HostedMCPTool(
        tool_config={
            "type": "mcp",
            "server_label": "wiki",
            "server_url": "http://127.0.0.1",
            "require_approval": "never",
        }
    )
    return Agent(name="A", tools=[WebSearchTool(), wiki, *tools], model=ScriptedModel([list(output)]))


@pytest.mark.parametrize(("item", "kind", "summary"), HOSTED, ids=[kind for _, kind, _ in HOSTED])
async def test_an_item_that_is_no_message_and_no_call_of_ours_is_shown(
    session: Any, only_run: Any, item: Any, kind: str, summary: str
) -> None:
    run = only_run(await session(entry(item, assistant_message("done"))).run())
    assert [step.kind for step in run.steps] == ["model_call", "item", "message"]
    shown = run.steps[1]
    assert isinstance(shown, OtherItem)
    assert (shown.type, shown.summary, shown.data["id"], shown.model_call) == (kind, summary, item.id, "s0")
    assert run.output == "done"


async def test_a_custom_tools_call_is_a_tool_call_with_free_text(session: Any, only_run: Any) -> None:
    async def search(_context: Any, text: str) -> str:
        return f"nothing about {text}"

    call = ResponseCustomToolCall(type="custom_tool_call", call_id="c1", name="grep", input="refund.*")
    agent = Agent(
        name="A",
        tools=[CustomTool(name="grep", description="", on_invoke_tool=search)],
        model=ScriptedModel([[call], [assistant_message("done")]]),
    )
    (made,) = [step for step in only_run(await session(agent).run()).steps if isinstance(step, ToolCall)]
    assert (made.tool, made.arguments, made.output) == ("grep", "refund.*", "nothing about refund.*")
    assert (made.status, made.origin) == (CallStatus.OK, ToolOrigin.FUNCTION)


async def test_a_refusal_is_a_message_that_says_so(session: Any, only_run: Any) -> None:
    message = ResponseOutputMessage(
        id="m1",
        type="message",
        role="assistant",
        status="completed",
        content=[ResponseOutputRefusal(type="refusal", refusal="I will not.")],
    )
    run = only_run(await session(entry(message)).run())
    said = run.steps[-1]
    assert isinstance(said, Message)
    assert (said.text, said.refusal) == ("I will not.", True)
    assert run.error.type == "ModelRefusalError"


async def test_several_messages_in_one_answer_are_several_steps(session: Any, only_run: Any) -> None:
    run = only_run(await session(entry(assistant_message("one"), assistant_message("two"))).run())
    assert [step.text for step in run.steps if isinstance(step, Message)] == ["one", "two"]


async def test_an_empty_answer_is_a_model_call_and_nothing_else(session: Any, only_run: Any) -> None:
    run = only_run(await session(entry()).run())
    assert ([step.kind for step in run.steps], run.output, run.error) == (["model_call"], "", None)


async def test_a_tools_structured_output_is_shown_as_json(session: Any, only_run: Any) -> None:
    @function_tool
    def picture() -> dict[str, str]:
        return {"type": "text", "text": "a cat"}

    script = ScriptedModel([[function_call("picture", {}, call_id="c")], [assistant_message("done")]])
    run = only_run(await session(Agent(name="A", tools=[picture], model=script)).run())
    (call,) = [step for step in run.steps if isinstance(step, ToolCall)]
    assert call.output == '[{"type": "input_text", "text": "a cat"}]'


def test_long_texts_inside_an_item_are_shortened() -> None:
    assert data_of({"type": "x", "parts": ["y" * 2001]}) == {
        "type": "x",
        "parts": ["y" * 2000 + "... (1 more characters)"],
    }


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("hello", "hello"),
        ([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], "a"),
        ([{"role": "user", "content": [{"type": "input_text", "text": "in parts"}]}], "in parts"),
        ([{"type": "compaction"}], '[{"type": "compaction"}]'),
        ([], "[]"),
    ],
)
def test_a_runs_input_is_what_the_user_said_last(given: Any, text: str) -> None:
    assert input_text(given) == text


def test_outputs_of_any_type_become_text() -> None:
    assert (final_text(None), final_text("a"), final_text({"b": [1]})) == (None, "a", '{"b":[1]}')
    assert final_text(object()) == "<object object at 0x...>"
