from __future__ import annotations

import json
from typing import Any

import pytest
from vcr.request import Request

from harness.cassettes.store import Cassette, Interaction
from harness.cassettes.tokens import model_calls
from harness.core.trace import Usage

URL = "https://api.example/v1"


def _cassette(path: str, answer: str, asked: Any = None) -> Cassette:
    request = Request("POST", f"{URL}{path}", json.dumps(asked or {"model": "m"}), {})
    response = {"status": {"code": 200, "message": ""}, "headers": {}, "body": {"string": answer.encode()}}
    return Cassette([Interaction(request, response)])


RESPONSES = {"input_tokens": 10, "output_tokens": 2, "input_tokens_details": {"cached_tokens": 4}}
CHAT = {"prompt_tokens": 10, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}}
COUNTED = Usage(requests=1, input_tokens=10, output_tokens=2, cached_tokens=4)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/responses", json.dumps({"usage": RESPONSES})),
        ("/chat/completions", json.dumps({"usage": CHAT})),
        ("/responses", f"event: x\ndata: {json.dumps({'response': {'usage': RESPONSES}})}\n\n"),
        (
            "/chat/completions",
            f"data: {json.dumps({'usage': None})}\n\ndata: {json.dumps({'usage': CHAT})}\n\ndata: [DONE]",
        ),
    ],
)
def test_tokens_are_read_from_either_api_streamed_or_not(path: str, answer: str) -> None:
    assert model_calls(_cassette(path, answer)) == (("m", COUNTED),)


@pytest.mark.parametrize("answer", ["{}", "not JSON", "", "[1]", json.dumps({"usage": "many"})])
def test_what_nobody_counted_is_no_token(answer: str) -> None:
    assert model_calls(_cassette("/responses", answer)) == (("m", Usage(requests=1)),)


def test_other_requests_are_no_model_calls() -> None:
    assert model_calls(_cassette("/tool", "{}")) == ()
