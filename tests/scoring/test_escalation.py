from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from harness.core.results import Verdict
from harness.core.scenario import EscalationExpectation, EscalationTarget, Expectation
from harness.core.trace import Layer

NONE, HUMAN, BACK = EscalationTarget.NONE, EscalationTarget.HUMAN, EscalationTarget.BACK_TO_TRIAGE


def expect(to: EscalationTarget, *after: str) -> Expectation:
    return Expectation(escalation=EscalationExpectation(to=to, after=after))


@pytest.mark.parametrize(
    ("wanted", "moves", "outcome"),
    [
        (NONE, (), "right"),
        (NONE, ("Human",), "needless"),
        (NONE, ("Triage",), "needless"),
        (HUMAN, ("Human",), "right"),
        (HUMAN, ("Triage", "Human"), "right"),
        (HUMAN, (), "missed"),
        (HUMAN, ("Triage",), "missed"),
        (BACK, ("Triage",), "right"),
        (BACK, ("Triage", "Technical"), "right"),
        (BACK, (), "missed"),
        (BACK, ("Human",), "needless"),
    ],
)
def test_outcomes(world: Any, wanted: EscalationTarget, moves: tuple[str, ...], outcome: str) -> None:
    route = ("Billing", *moves)
    handoffs = [world.hand(one, other) for one, other in pairwise(route)]
    trial = world.judge(expect(wanted), world.billing(*handoffs))
    score = world.score(trial, "escalation")
    assert score.outcome == outcome
    assert (score.verdict is Verdict.PASSED) is (outcome == "right")
    assert score.expected == wanted.value


def test_who_escalates_needlessly_is_named(world: Any) -> None:
    handoff = world.hand("Billing", "Human")
    score = world.score(world.judge(expect(NONE), world.billing(handoff)), "escalation")
    assert (score.layer, score.agent, score.step) == (Layer.SPECIALIST, "Billing", handoff.id)
    assert score.reason == "Billing escalated (human) needlessly; expected none"


def test_triage_that_escalates_at_once_is_named(world: Any) -> None:
    score = world.score(world.judge(expect(NONE), world.run("Triage", world.hand("Triage", "Human"))), "escalation")
    assert (score.layer, score.agent) == (Layer.TRIAGE, "Triage")


def test_an_escalation_before_the_required_tool_is_premature(world: Any) -> None:
    early = world.billing(world.hand("Billing", "Human"), world.call("refund"))
    score = world.score(world.judge(expect(HUMAN, "refund", "invoice"), early), "escalation")
    assert (score.verdict, score.outcome) == (Verdict.FAILED, "premature")
    assert score.reason == "Billing escalated (human) before calling refund, invoice"
    assert score.expected == "human after refund, invoice"


def test_a_required_tool_that_failed_does_not_count(world: Any) -> None:
    run = world.billing(world.failed("refund"), world.hand("Billing", "Human"))
    assert world.score(world.judge(expect(HUMAN, "refund"), run), "escalation").outcome == "premature"


def test_a_required_tool_may_have_been_called_in_an_earlier_turn(world: Any) -> None:
    first = world.billing(world.call("refund"))
    second = world.run("Billing", world.hand("Billing", "Human"))
    trial = world.judge(None, first, second, turns=(expect(NONE), expect(HUMAN, "refund")))
    assert trial.verdict is Verdict.PASSED


def test_a_required_tool_may_be_called_in_the_response_that_escalates(world: Any) -> None:
    handoff = replace(world.hand("Billing", "Human"), model_call="m")
    run = world.billing(handoff, world.call("refund", model_call="m"))
    assert world.score(world.judge(expect(HUMAN, "refund"), run), "escalation").outcome == "right"


def test_an_escalation_that_is_only_told_is_missed_and_named(world: Any) -> None:
    message = world.say("Billing", "I am transferring you to a human agent now.")
    score = world.score(world.judge(expect(HUMAN), world.billing(message)), "escalation")
    assert (score.outcome, score.step) == ("missed", message.id)
    assert "which it only said it did" in score.reason


def test_a_turn_after_the_escalation_needs_no_second_one(world: Any) -> None:
    first = world.billing(world.hand("Billing", "Human"))
    trial = world.judge(None, first, world.run("Human"), turns=(expect(HUMAN), expect(HUMAN)))
    assert trial.verdict is Verdict.PASSED


def test_escalation_below_a_wrong_handoff_is_not_reached(world: Any) -> None:
    both = Expectation(specialist=("Billing",), escalation=EscalationExpectation(to=HUMAN))
    trial = world.judge(both, world.run("Triage", world.hand("Triage", "Technical")))
    assert world.score(trial, "escalation").verdict is Verdict.NOT_APPLICABLE


def test_handing_back_what_triage_should_not_have_sent_is_triages_mistake(world: Any) -> None:
    wrong = world.hand("Triage", "Technical")
    moves = (wrong, world.hand("Technical", "Triage"), world.hand("Triage", "Billing"))
    wanted = replace(expect(NONE), specialist=("Billing",))
    score = world.score(world.judge(wanted, world.run("Triage", *moves)), "escalation")
    assert (score.verdict, score.outcome) == (Verdict.FAILED, "needless")
    assert (score.layer, score.agent, score.step) == (Layer.TRIAGE, "Triage", wrong.id)
    assert score.reason == "Triage handed off to Technical, which handed back; expected none"


def test_handing_back_what_one_should_have_kept_is_ones_own_mistake(world: Any) -> None:
    moves = (world.hand("Triage", "Billing"), world.hand("Billing", "Triage"), world.hand("Triage", "Billing"))
    wanted = replace(expect(NONE), specialist=("Billing",))
    score = world.score(world.judge(wanted, world.run("Triage", *moves)), "escalation")
    assert (score.layer, score.agent) == (Layer.SPECIALIST, "Billing")
