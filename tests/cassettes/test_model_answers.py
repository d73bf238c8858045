from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.chat import ChatCompletion
from openai.types.responses import Response

from harness.cassettes.model_answers import read

_HEAD: dict[str, Any] = {"id": "resp_1", "object": "response", "created_at": 1, "model": "m", "status": "completed"}
_REST: dict[str, Any] = {"parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "text": {"verbosity": "low"}}
_CONTENT = [{"type": "output_text", "text": "hi", "annotations": []}]
_ITEMS: list[dict[str, Any]] = [
    {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": _CONTENT},
    {"type": "function_call", "id": "f", "call_id": "c", "name": "n", "arguments": "{}", "status": "completed"},
    {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "so"}], "new_field": 1},
]


@pytest.mark.parametrize("output", [[], _ITEMS[:1], _ITEMS[1:2], _ITEMS])
def test_an_answer_is_what_the_whole_schema_makes_of_it(output: list[dict[str, Any]]) -> None:
    body = _HEAD | _REST | {"output": output}
    found, whole = read(Response, json.dumps(body).encode()), Response.model_validate(body)
    assert found == whole
    assert found.model_dump() == whole.model_dump()
    assert found.model_fields_set == whole.model_fields_set


def test_an_item_of_a_kind_that_is_not_known_is_kept() -> None:
    body = _HEAD | _REST | {"output": [{"type": "from_the_future", "id": "x", "said": "hello"}]}
    found = read(Response, json.dumps(body).encode())
    assert isinstance(found, Response)
    assert found.output[0].model_dump(warnings=False)["said"] == "hello"


def test_an_answer_that_leaves_out_what_its_schema_asks_for_is_still_given() -> None:
    found = read(Response, b'{"output": [{"type": "function_call", "call_id": "c"}]}')
    assert isinstance(found, Response)
    assert found.output[0].type == "function_call"


def test_chat_completions_are_read_whole() -> None:
    message = {"role": "assistant", "content": "x"}
    found = read(ChatCompletion, json.dumps({"choices": [{"message": message}]}).encode())
    assert isinstance(found, ChatCompletion)
    assert found.choices[0].message.content == "x"
