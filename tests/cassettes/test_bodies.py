from __future__ import annotations

from typing import Any

from vcr.request import Request

from harness.cassettes.bodies import answer_for_disk, request_for_disk, tidy_answer, tidy_request

MODEL = Request(
    "POST", "http://127.0.0.1:9/v1/responses", b'{"a":1}', {"Authorization": "Bearer x", "Content-Type": "j"}
)
TOOL = Request("GET", "http://127.0.0.1:9/stock", None, {"Cookie": "a=b"})


def _response(body: bytes) -> dict[str, Any]:
    headers = {"Content-Type": ["application/json"], "Set-Cookie": ["session=1"], "Date": ["now"], "X-Page": ["2"]}
    return {"status": {"code": 200, "message": "OK"}, "headers": headers, "body": {"string": body}}


def test_headers_that_could_hold_secrets_never_reach_the_disk() -> None:
    assert dict(request_for_disk(MODEL, ()).headers) == {"content-type": "j"}
    assert dict(request_for_disk(TOOL, ()).headers) == {}
    kept = answer_for_disk(TOOL, _response(b""), ())["headers"]
    assert kept == {"content-type": ["application/json"], "x-page": ["2"]}


def test_model_calls_are_text_over_several_lines_and_what_tools_were_answered_stays_as_it_was() -> None:
    assert request_for_disk(MODEL, ()).body == b'{\n "a": 1\n}'
    assert answer_for_disk(MODEL, _response(b'{"b":2}'), ())["body"] == {"string": '{\n "b": 2\n}'}
    assert answer_for_disk(TOOL, _response(b'{"b":2}'), ())["body"] == {"string": b'{"b":2}'}


def test_tidying_twice_changes_nothing_more() -> None:
    asked, told = request_for_disk(MODEL, ()), answer_for_disk(MODEL, _response(b'{"b":2}'), ())
    again = tidy_request(asked)
    assert (again.body, dict(again.headers)) == (asked.body, dict(asked.headers))
    assert tidy_answer(MODEL, told) == told
