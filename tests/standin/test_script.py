from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openai
import pytest
from openai import OpenAI

from harness.errors import UsageError
from harness.standin.faults import Failure
from harness.standin.reply import PlannedCall, Reply
from harness.standin.script import load_script, parse_script
from harness.standin.server import running

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.standin.request import Request, Tool

    Build = Callable[..., Request]
    Make = Callable[..., Tool]


def decided(rules: list[dict[str, Any]], request: Request) -> Reply | Failure | None:
    return parse_script({"rules": rules}).decide(request).answer


def test_the_first_rule_that_fits_decides(build: Build) -> None:
    rules = [{"when": {"user": "tea"}, "reply": "Tea."}, {"when": {"user": "drink|tea"}, "reply": "A drink."}]
    assert decided(rules, build("", (), "some TEA")) == Reply(text="Tea.")
    assert decided(rules, build("", (), "a drink")) == Reply(text="A drink.")


@pytest.mark.parametrize(
    ("when", "fits"),
    [
        ({"agent": "^You sell"}, True),
        ({"agent": "buy"}, False),
        ({"output": "DONE"}, True),
        ({"output": "FAILED"}, False),
        ({"called": "brew"}, True),
        ({"not_called": "brew"}, False),
        ({"turn": 2}, True),
        ({"turn": 1}, False),
        ({"model": "any", "tool": "brew"}, True),
        ({"tool": "serve"}, False),
        ({"user": "tea", "turn": 1}, False),
    ],
)
def test_every_key_of_when_has_to_fit(build: Build, make_tool: Make, when: dict[str, Any], *, fits: bool) -> None:
    request = build("You sell tea.", (make_tool("brew"),), "hi", ("assistant", "?"), "tea", ("brew", {}, "DONE"))
    assert decided([{"when": when, "reply": "yes"}, {"reply": "no"}], request) == Reply(text="yes" if fits else "no")


def test_calls_and_handoffs_are_planned(build: Build, make_tool: Make) -> None:
    request = build("", (make_tool("transfer_to_tea_master"),), "tea")
    rule = {"calls": ["stir", {"brew": {"minutes": 3}}, {"pour": "{not json"}], "handoff": "TeaMaster"}
    answer = decided([rule], request)
    assert isinstance(answer, Reply)
    assert answer.calls == (
        PlannedCall(name="stir"),
        PlannedCall(name="brew", arguments={"minutes": 3}),
        PlannedCall(name="pour", arguments="{not json"),
        PlannedCall(name="transfer_to_tea_master"),
    )


def test_a_rule_may_be_used_up(build: Build) -> None:
    script = parse_script({"rules": [{"reply": "once", "times": 1}, {"reply": "then"}]})
    answers = [script.decide(build("", (), "hi")).answer for _ in range(3)]
    assert answers == [Reply(text="once"), Reply(text="then"), Reply(text="then")]


def test_a_rule_may_leave_the_decision_to_the_policy(build: Build) -> None:
    assert decided([{"policy": True}], build("", (), "hi")) is None


def test_no_rule_that_fits_is_an_error_that_describes_the_request(build: Build) -> None:
    answer = decided([{"when": {"user": "tea"}, "reply": "Tea."}], build("You sell.", (), "coffee"))
    assert isinstance(answer, Failure)
    assert answer.status == 422
    assert "'You sell.'" in answer.message
    assert "'coffee'" in answer.message


def test_a_script_is_served_with_errors_delays_and_raw_items(tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(
        """
rules:
  - when: {user: broken}
    error: {status: 503, message: Closed today.}
  - reply: Here you are.
    delay: 0.001
    items:
      - {type: reasoning, id: rs_1, summary: []}
"""
    )
    with running(path) as url, OpenAI(base_url=url, api_key="none", max_retries=0) as api:
        answer = api.responses.create(model="m", input="hi")
        assert [item.type for item in answer.output] == ["reasoning", "message"]
        assert answer.output_text == "Here you are."
        with pytest.raises(openai.InternalServerError, match="Closed today"):
            api.responses.create(model="m", input="it is broken")


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("rules: [", 1, "not YAML"),
        ("- reply: hi", 1, "the script"),
        ("rules:\n  - reply: hi\n    wen: {}", 3, "did you mean 'when'"),
        ("rules:\n  - reply: hi\n    when:\n      usr: x", 4, "did you mean 'user'"),
        ("rules:\n  - when: {user: x}", 2, "decides nothing"),
        ("rules:\n  - reply: hi\n    when: {turn: 0}", 3, "greater than or equal to 1"),
        ("rules:\n  - reply: hi\n    when: {user: '('}", 3, "not a regular expression"),
        ("rules:\n  - error:\n      status: 200", 3, "greater than or equal to 400"),
        ("rules:\n  - calls:\n      - {a: {}, b: {}}", 3, "one tool"),
    ],
)
def test_a_bad_script_says_where_and_what(tmp_path: Path, text: str, line: int, told: str) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        load_script(path)
    assert told in str(caught.value)
    assert str(caught.value).startswith(f"{path}:{line}: ")


def test_a_missing_script_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"absent\.yaml"):
        load_script(tmp_path / "absent.yaml")
