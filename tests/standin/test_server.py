from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import httpx
import openai
import pytest
from openai import AsyncOpenAI, OpenAI

from harness.standin.server import running

TOOL = {
    "name": "find_order",
    "description": "Find an order.",
    "parameters": {"type": "object", "properties": {"order_id": {"type": "string"}}, "required": ["order_id"]},
}
TOLD = "If the customer reports a broken item: call `find_order`."
SAID = "My cup from order 4711 is broken"


def responses_body(**rest: Any) -> dict[str, Any]:
    return {"model": "m", "instructions": TOLD, "input": SAID, "tools": [{"type": "function", **TOOL}], **rest}


def chat_body(**rest: Any) -> dict[str, Any]:
    messages = [{"role": "system", "content": TOLD}, {"role": "user", "content": SAID}]
    return {"model": "m", "messages": messages, "tools": [{"type": "function", "function": TOOL}], **rest}


def client(url: str) -> OpenAI:
    return OpenAI(base_url=url, api_key="none", max_retries=0)


def test_both_apis_decide_the_same(standin: str) -> None:
    with client(standin) as api:
        (call,) = api.responses.create(**responses_body()).output
        (choice,) = api.chat.completions.create(**chat_body()).choices
    assert call.type == "function_call"
    assert choice.message.tool_calls is not None
    other = choice.message.tool_calls[0]
    assert other.type == "function"
    assert (call.name, call.arguments) == (other.function.name, other.function.arguments)
    assert json.loads(call.arguments) == {"order_id": "4711"}
    assert choice.finish_reason == "tool_calls"


def test_key_order_does_not_change_the_answer(standin: str) -> None:
    body = responses_body()
    turned = dict(reversed(body.items()))
    first, second = (httpx.post(f"{standin}/responses", json=each) for each in (body, turned))
    assert first.content == second.content


def test_another_message_has_other_ids(standin: str) -> None:
    with client(standin) as api:
        first = api.responses.create(**responses_body())
        second = api.responses.create(**responses_body(input="My other cup, order 4711, is broken"))
    assert first.id != second.id
    assert {item.id for item in first.output}.isdisjoint(item.id for item in second.output)


def test_usage_is_counted(standin: str) -> None:
    with client(standin) as api:
        responses = api.responses.create(**responses_body()).usage
        chat = api.chat.completions.create(**chat_body()).usage
    assert responses is not None
    assert chat is not None
    assert responses.input_tokens > 10
    assert responses.total_tokens == responses.input_tokens + responses.output_tokens
    assert chat.total_tokens == chat.prompt_tokens + chat.completion_tokens


def test_streaming_says_the_same_as_json(standin: str) -> None:
    with client(standin) as api:
        whole = api.responses.create(**responses_body())
        events = list(api.responses.create(**responses_body(), stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert events[0].type == "response.created"
    assert events[-1].type == "response.completed"
    assert events[-1].response.output == whole.output


def test_chat_streaming_says_the_same_as_json(standin: str) -> None:
    with client(standin) as api:
        chunks = list(api.chat.completions.create(**chat_body(), stream=True))
    calls = [call for chunk in chunks for choice in chunk.choices for call in choice.delta.tool_calls or ()]
    assert [call.function.arguments for call in calls if call.function] == ['{"order_id": "4711"}']
    assert chunks[-1].usage is not None


def test_a_structured_answer_satisfies_its_schema(standin: str) -> None:
    schema = {
        "type": "object",
        "properties": {"order": {"type": "string", "pattern": "^[0-9]{4}$"}, "parts": {"type": "integer"}},
        "required": ["order", "parts"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "name": "v", "schema": schema, "strict": True}
    with client(standin) as api:
        answer = api.responses.create(model="m", input=SAID, text={"format": form})  # type: ignore[call-overload]  # the client's types want literals
    assert json.loads(answer.output_text)["order"] == "4711"


@pytest.mark.parametrize("path", ["/", "/v1/models", "/v1/nowhere"])
def test_every_answer_says_that_it_is_a_stand_in(standin: str, path: str) -> None:
    assert httpx.get(standin.removesuffix("/v1") + path).headers["x-harness-stand-in"] == "1"


def test_it_says_what_it_is(standin: str) -> None:
    text = httpx.get(standin.removesuffix("/v1")).text
    assert text.strip() == "stand-in: a server for evaluating the harness, not a model"


def test_it_lists_itself_as_a_model(standin: str) -> None:
    with client(standin) as api:
        assert [model.id for model in api.models.list()] == ["stand-in"]
        assert api.models.retrieve("gpt-x").id == "gpt-x"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"{", "Expecting"),
        (b"[]", "the body must be an object"),
        (b'{"model": "m", "input": 5}', "input must be an array"),
        (b'{"model": "m", "input": [{"type": "function_call", "name": 1}]}', "name must be a string"),
        (b'{"model": "m", "input": [], "previous_response_id": "resp_1"}', "keeps no state"),
    ],
)
def test_a_body_it_cannot_read_is_refused_with_the_reason(standin: str, body: bytes, told: str) -> None:
    answer = httpx.post(f"{standin}/responses", content=body)
    assert answer.status_code == 400
    assert told in answer.json()["error"]["message"]
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert answer.headers["x-harness-stand-in"] == "1"


def test_an_unknown_path_is_an_error_in_the_usual_shape(standin: str) -> None:
    with client(f"{standin}/nowhere") as api, pytest.raises(openai.NotFoundError, match="does not know"):
        api.responses.create(**responses_body())


@pytest.mark.parametrize(("gzip", "encoding"), [(True, "gzip"), (False, None)])
def test_answers_are_compressed_when_asked_for(*, gzip: bool, encoding: str | None) -> None:
    with running(gzip=gzip) as url:
        answer = httpx.post(f"{url}/responses", json=responses_body())
    assert answer.headers.get("content-encoding") == encoding
    assert answer.json()["object"] == "response"


async def test_fifty_requests_at_once_get_their_own_answers(standin: str) -> None:
    async with AsyncOpenAI(base_url=standin, api_key="none", max_retries=0) as api:
        asked = [f"My cup from order {4000 + number} is broken" for number in range(50)]
        answers = await asyncio.gather(*(api.responses.create(**responses_body(input=each)) for each in asked))
    arguments = [json.loads(answer.output[0].arguments)["order_id"] for answer in answers]
    assert arguments == [str(4000 + number) for number in range(50)]


def test_leaving_the_block_ends_the_thread_and_frees_the_port() -> None:
    with running() as url:
        assert httpx.get(f"{url}/models").status_code == 200
    assert not [thread for thread in threading.enumerate() if thread.name == "stand-in" and url in thread.name]
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/models")
