from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.core.scenario import (
    AnswerExpectation,
    EscalationExpectation,
    EscalationTarget,
    Expectation,
    ExpectedCall,
    ToolsExpectation,
)
from harness.core.trace import Layer

if TYPE_CHECKING:
    from harness.core.results import Blame, Trial

REFUND = ExpectedCall(tool="refund", arguments={"amount": 49})


def tools(*calls: ExpectedCall, **fields: Any) -> Expectation:
    return Expectation(specialist=("Billing",), tools=ToolsExpectation(calls=calls), **fields)


def blame(trial: Trial) -> Blame:
    assert trial.blame is not None
    return trial.blame


def test_the_sentence_is_about_the_first_divergence_only(world: Any) -> None:
    wrong = world.call("refund", {"amount": 4900})
    found = blame(world.judge(tools(REFUND), world.billing(wrong, world.call("invoice"))))
    assert found.sentence == "Billing called refund, but $.amount is different: expected 49, got 4900"
    assert (found.layer, found.agent, found.step) == (Layer.SPECIALIST, "Billing", wrong.id)


def test_equal_failures_have_equal_signatures_whatever_the_values(world: Any) -> None:
    signatures = {
        blame(world.judge(tools(REFUND), world.billing(world.call("refund", {"amount": amount})))).signature
        for amount in (1, 2, 3)
    }
    assert signatures == {"specialist | Billing | tools | mismatched refund"}


def test_different_failures_have_different_signatures(world: Any) -> None:
    runs = (
        world.billing(),
        world.billing(world.call("refund", {"amount": 1})),
        world.run("Triage", world.hand("Triage", "Technical")),
        world.run("Triage"),
    )
    assert [blame(world.judge(tools(REFUND), run)).signature for run in runs] == [
        "specialist | Billing | tools | missing refund",
        "specialist | Billing | tools | mismatched refund",
        "triage | Triage | routing | wrong_agent | Billing -> Technical",
        "triage | Triage | routing | no_handoff | Billing -> Triage",
    ]


def test_a_helper_that_erred_first_is_blamed_before_the_specialist_that_followed(world: Any) -> None:
    fetch = ExpectedCall(tool="fetch", arguments={"id": "C-1"})
    lookup = ExpectedCall(tool="lookup_account", helper=ToolsExpectation(calls=(fetch,)))
    inner = world.run("Lookup", world.call("fetch", {"id": "C-2"}, by="Lookup"))
    outer = world.call("lookup_account", runs=(inner,))
    mismatched = world.judge(tools(lookup, REFUND), world.billing(outer, world.call("refund", {"amount": 1})))
    missing = world.judge(tools(lookup, REFUND), world.billing(outer))
    for trial in (mismatched, missing):
        assert (blame(trial).layer, blame(trial).agent) == (Layer.HELPER, "Lookup")


def test_a_specialist_that_erred_before_the_helper_was_called_is_blamed(world: Any) -> None:
    fetch = ExpectedCall(tool="fetch", arguments={"id": "C-1"})
    lookup = ExpectedCall(tool="lookup_account", helper=ToolsExpectation(calls=(fetch,)))
    inner = world.run("Lookup", world.call("fetch", {"id": "C-2"}, by="Lookup"))
    run = world.billing(world.call("refund", {"amount": 1}), world.call("lookup_account", runs=(inner,)))
    found = blame(world.judge(tools(REFUND, lookup), run))
    assert (found.layer, found.agent) == (Layer.SPECIALIST, "Billing")


def test_a_wrong_answer_after_right_steps_is_an_end_to_end_failure_of_who_gave_it(world: Any) -> None:
    expect = Expectation(specialist=("Billing",), answer=AnswerExpectation(contains=("49",)))
    found = blame(world.judge(expect, world.billing(output="Done.")))
    assert (found.layer, found.agent) == (None, "Billing")
    assert found.signature == "end_to_end | Billing | answer | contains"


def test_a_wrong_step_comes_before_the_wrong_answer_it_led_to(world: Any) -> None:
    expect = tools(REFUND, answer=AnswerExpectation(contains=("49",)))
    found = blame(world.judge(expect, world.billing(output="Done.")))
    assert found.layer is Layer.SPECIALIST


def test_a_needless_escalation_is_blamed_where_it_happened(world: Any) -> None:
    none = EscalationExpectation(to=EscalationTarget.NONE)
    handoff = world.hand("Billing", "Human")
    expect = Expectation(tools=ToolsExpectation(calls=(REFUND,)), escalation=none)
    early = blame(world.judge(expect, world.billing(handoff, world.call("refund", {"amount": 1}, by="Human"))))
    assert (early.step, early.signature) == (handoff.id, "specialist | Billing | escalation | needless")


def test_in_a_conversation_the_turn_is_named(world: Any) -> None:
    turns = (Expectation(specialist=("Billing",)), Expectation(specialist=("Technical",)))
    found = blame(world.judge(None, world.billing(), world.run("Billing"), turns=turns))
    assert found.turn == 1
    assert found.sentence.startswith("In turn 2, Billing kept the conversation")


def test_a_passed_trial_has_nobody_to_blame(world: Any) -> None:
    trial = world.judge(tools(REFUND), world.billing(world.call("refund", {"amount": 49})))
    assert replace(trial).blame is None
