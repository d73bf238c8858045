from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cassettes.canonical import RESPONSES, canonical, canonical_model_request

if TYPE_CHECKING:
    import random

URL = "https://api.openai.com/v1/responses"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def _key(body: Any, url: str = URL) -> str:
    return canonical("POST", url, json.dumps(body).encode()).key


def _call(call_id: str, item_id: str) -> list[dict[str, Any]]:
    return [
        {"role": "user", "content": "hello"},
        {"type": "function_call", "name": "find", "arguments": "{}", "call_id": call_id, "id": item_id},
        {"type": "function_call_output", "call_id": call_id, "output": "found"},
    ]


def test_host_and_ids_and_run_specific_keys_do_not_count() -> None:
    one = {
        "model": "m",
        "input": _call("call_a", "fc_1"),
        "prompt_cache_key": "agents-sdk:run:1",
        "include": ["a", "b"],
    }
    other = {"include": ["b", "a"], "input": _call("call_z", "fc_9"), "model": "m", "prompt_cache_key": "2"}
    assert _key(one) == _key(other, "http://127.0.0.1:9/v1/responses")


def test_which_call_an_output_answers_does_count() -> None:
    calls = [
        {"type": "function_call", "name": "find", "arguments": "{}", "call_id": "a"},
        {"type": "function_call", "name": "find", "arguments": "{}", "call_id": "b"},
    ]
    first = [*calls, {"type": "function_call_output", "call_id": "a", "output": "x"}]
    second = [*calls, {"type": "function_call_output", "call_id": "b", "output": "x"}]
    assert _key({"input": first}) != _key({"input": second})


def test_chat_completions_call_ids_do_not_count() -> None:
    def messages(call_id: str) -> list[dict[str, Any]]:
        call = {"id": call_id, "type": "function", "function": {"name": "find", "arguments": "{}"}}
        return [
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": call_id, "content": "found"},
        ]

    url = "https://api.openai.com/v1/chat/completions"
    assert _key({"messages": messages("a")}, url) == _key({"messages": messages("b")}, url)


@pytest.mark.parametrize("odd", [10**30, -(10**30), "half \ud800", {"deep": [10**30, "\udfff"]}])
def test_what_only_pythons_own_json_takes_counts_like_anything_else(odd: Any) -> None:
    assert _key({"model": "m", "metadata": 1, "input": odd}) == _key({"input": odd, "model": "m"})
    assert _key({"model": "m", "input": odd}) != _key({"model": "m", "input": [odd, 1]})


def test_plain_data_and_the_json_of_it_are_the_same_request() -> None:
    body = {"model": "m", "input": [{"role": "user", "content": "é 😀"}], "temperature": 1.0, "tools": []}
    assert canonical_model_request(RESPONSES, body).key == _key(body)


def test_what_is_no_plain_data_is_refused() -> None:
    with pytest.raises(TypeError):
        canonical_model_request(RESPONSES, {"input": datetime(2026, 1, 1, tzinfo=UTC)})


def test_words_count() -> None:
    assert _key({"instructions": "confirm amounts"}) != _key({"instructions": "confirm amounts twice"})


def test_other_requests_count_with_host_query_and_body() -> None:
    def key(url: str, body: bytes | None = None) -> str:
        return canonical("GET", url, body).key

    assert key("https://a.example/x?b=2&a=1") == key("https://a.example/x?a=1&b=2")
    assert key("https://a.example/x") != key("https://b.example/x")
    assert key("https://a.example/x", b"1") != key("https://a.example/x", b"2")


@given(st.dictionaries(st.text(), json_values, max_size=5), st.randoms())
def test_key_order_never_counts(body: dict[str, Any], chance: random.Random) -> None:
    names = list(body)
    chance.shuffle(names)
    assert _key(body) == _key({name: body[name] for name in names})


@given(st.dictionaries(st.sampled_from(["model", "instructions", "input", "tools"]), json_values, min_size=1))
def test_the_same_body_is_the_same_request(body: dict[str, Any]) -> None:
    assert _key(body) == _key(json.loads(json.dumps(body)))


@given(st.binary())
def test_no_body_is_too_strange(body: bytes) -> None:
    assert canonical("POST", URL, body).key
