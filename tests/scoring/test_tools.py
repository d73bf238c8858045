from __future__ import annotations

from typing import Any

import pytest

from harness.core.results import Verdict
from harness.core.scenario import AnyOfGroup, AnyOrderGroup, Expectation, ExpectedCall, OptionalGroup, ToolsExpectation
from harness.core.trace import Layer


def expect(*calls: Any, **fields: Any) -> Expectation:
    return Expectation(tools=ToolsExpectation(calls=calls), **fields)


def call(tool: str, **fields: Any) -> ExpectedCall:
    return ExpectedCall(tool=tool, **fields)


def test_tools_are_held_against_the_specialist(world: Any) -> None:
    trial = world.judge(expect(call("refund")), world.billing(world.call("invoice")))
    score = world.score(trial, "tools")
    assert (score.verdict, score.layer, score.agent) == (Verdict.FAILED, Layer.SPECIALIST, "Billing")
    assert (score.expected, score.actual) == ("refund", "invoice")
    assert score.reason == "refund was not called; Billing called invoice(), which was not expected"
    assert score.alignment is not None


def test_the_specialist_that_should_hold_the_conversation_is_judged_whoever_holds_it_later(world: Any) -> None:
    run = world.billing(world.call("refund"), world.hand("Billing", "Human"))
    assert world.score(world.judge(expect(call("refund")), run), "tools").agent == "Billing"


def test_a_conversation_that_stays_with_triage_is_held_against_triage(world: Any) -> None:
    asked = world.run("Triage", world.say("Triage", "Which account?"))
    kept = world.score(world.judge(expect(specialist=("Triage",)), asked), "tools")
    assert (kept.verdict, kept.layer, kept.agent) == (Verdict.PASSED, Layer.TRIAGE, "Triage")
    lost = world.score(world.judge(expect(call("refund")), asked), "tools")
    assert (lost.verdict, lost.layer, lost.agent) == (Verdict.FAILED, Layer.TRIAGE, "Triage")


def test_no_tool_call_at_all_can_be_expected(world: Any) -> None:
    assert world.judge(expect(), world.billing()).verdict is Verdict.PASSED
    assert world.judge(expect(), world.billing(world.call("refund"))).verdict is Verdict.FAILED


def test_handoffs_are_no_tool_calls(world: Any) -> None:
    assert world.judge(expect(), world.billing(world.hand("Billing", "Human"))).verdict is Verdict.PASSED


def test_calls_inside_a_helper_are_not_calls_of_the_specialist(world: Any) -> None:
    inner = world.run("Lookup", world.call("fetch", by="Lookup"))
    run = world.billing(world.call("lookup_account", runs=(inner,)))
    assert world.judge(expect(call("lookup_account")), run).verdict is Verdict.PASSED


def helped(*inner: Any, **fields: Any) -> ExpectedCall:
    return call("lookup_account", helper=ToolsExpectation(calls=inner), **fields)


def test_what_the_helper_does_inside_is_its_own_layer(world: Any) -> None:
    inner = world.run("Lookup", world.call("fetch", {"id": "C-2"}, by="Lookup"))
    run = world.billing(world.call("lookup_account", runs=(inner,)))
    trial = world.judge(expect(helped(call("fetch", arguments={"id": "C-1"}))), run)
    specialist, helper = (each for each in trial.scores if each.scorer == "tools")
    assert (specialist.verdict, specialist.layer) == (Verdict.PASSED, Layer.SPECIALIST)
    assert (helper.verdict, helper.layer, helper.agent) == (Verdict.FAILED, Layer.HELPER, "Lookup")
    assert trial.blame is not None
    assert (trial.blame.layer, trial.blame.agent) == (Layer.HELPER, "Lookup")


def test_a_helper_that_was_not_called_is_not_reached(world: Any) -> None:
    trial = world.judge(expect(helped(call("fetch"))), world.billing())
    helper = [each for each in trial.scores if each.layer is Layer.HELPER]
    assert [(each.verdict, each.agent, each.reason) for each in helper] == [
        (Verdict.NOT_APPLICABLE, "Lookup", "not reached: lookup_account was not called")
    ]


def test_a_helper_that_was_asked_for_something_else_is_not_blamed(world: Any) -> None:
    inner = world.run("Lookup", world.call("fetch", {"id": "C-2"}, by="Lookup"))
    run = world.billing(world.call("lookup_account", {"input": "C-2"}, runs=(inner,)))
    trial = world.judge(expect(helped(call("fetch", arguments={"id": "C-1"}), arguments={"input": "C-1"})), run)
    assert [(each.layer, each.verdict) for each in trial.scores] == [
        (Layer.SPECIALIST, Verdict.FAILED),
        (Layer.HELPER, Verdict.NOT_APPLICABLE),
    ]


def test_at_the_level_of_a_helper_its_own_calls_are_judged(world: Any) -> None:
    run = world.run("Lookup", world.call("fetch", by="Lookup"))
    score = world.score(world.judge(expect(call("fetch")), run, agent="Lookup"), "tools")
    assert (score.verdict, score.layer, score.agent) == (Verdict.PASSED, Layer.HELPER, "Lookup")


def test_at_the_level_of_a_specialist_its_own_calls_are_judged(world: Any) -> None:
    run = world.run("Billing", world.call("refund"))
    score = world.score(world.judge(expect(call("refund")), run, agent="Billing"), "tools")
    assert (score.verdict, score.layer, score.agent) == (Verdict.PASSED, Layer.SPECIALIST, "Billing")


def test_arguments_may_have_to_come_from_an_earlier_answer(world: Any) -> None:
    wanted = expect(call("lookup_account"), call("refund", arguments={"id": {"from": "lookup_account"}}))
    lookup = world.call("lookup_account", output="The account is C-1042.", model_call="m1")
    good = world.billing(lookup, world.call("refund", {"id": "C-1042"}, model_call="m2"))
    invented = world.billing(lookup, world.call("refund", {"id": "C-7"}, model_call="m2"))
    guessed = world.billing(lookup, world.call("refund", {"id": "C-1042"}, model_call="m1"))
    assert world.judge(wanted, good).verdict is Verdict.PASSED
    assert (
        "does not occur in what lookup_account answered" in world.score(world.judge(wanted, invented), "tools").reason
    )
    assert "had not answered by then" in world.score(world.judge(wanted, guessed), "tools").reason


def test_an_answer_of_an_earlier_turn_or_inside_a_helper_is_known(world: Any) -> None:
    inner = world.run("Lookup", world.call("fetch", by="Lookup", output="C-1042"))
    first = world.billing(world.call("lookup_account", runs=(inner,), output="found"))
    second = world.run("Billing", world.call("refund", {"id": "C-1042"}))
    turns = (None, expect(call("refund", arguments={"id": {"from": "fetch"}})))
    assert world.judge(None, first, second, turns=turns).verdict is Verdict.PASSED


def test_forbidden_tools_are_found_at_any_depth(world: Any) -> None:
    guilty = world.call("fetch", by="Lookup")
    run = world.billing(world.call("lookup_account", runs=(world.run("Lookup", guilty),)))
    score = world.score(world.judge(Expectation(forbidden_tools=("fetch",)), run), "forbidden_tools")
    assert (score.verdict, score.layer, score.agent, score.step) == (Verdict.FAILED, Layer.HELPER, "Lookup", guilty.id)
    assert score.reason == "forbidden: fetch (by Lookup)"


def test_a_forbidden_call_that_failed_was_made_and_one_that_never_ran_was_not(world: Any) -> None:
    forbid = Expectation(forbidden_tools=("refund",))
    assert world.judge(forbid, world.billing(world.failed("refund"))).verdict is Verdict.FAILED
    passed = world.score(world.judge(forbid, world.billing(world.asked("refund"))), "forbidden_tools")
    assert (passed.verdict, passed.reason) == (Verdict.PASSED, "none of refund was called")


def test_unchecked_arguments_are_said_to_be_unchecked(world: Any) -> None:
    score = world.score(world.judge(expect(call("refund")), world.billing(world.call("refund"))), "tools")
    assert score.reason == "1 call as expected (1 call with unchecked arguments)"


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (call("a", arguments={"x": 1}), "a(x=1)"),
        (call("a", times=(2, 2)), "a x2"),
        (call("a", times=(1, None)), "a x1.."),
        (AnyOrderGroup(calls=(call("a"), call("b"))), "any order (a, b)"),
        (OptionalGroup(calls=(call("a"),)), "optional (a)"),
        (AnyOfGroup(alternatives=((call("a"), call("b")), ())), "any of (a, b | nothing)"),
    ],
)
def test_what_was_expected_is_shown_as_it_was_written(world: Any, item: Any, text: str) -> None:
    assert world.score(world.judge(expect(item), world.billing()), "tools").expected == text
