from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from harness.core.results import Verdict
from harness.core.scenario import EscalationExpectation, EscalationTarget, Expectation
from harness.core.trace import CallStatus, Layer

BILLING = Expectation(specialist=("Billing",))


def test_routing_passes_when_the_expected_agent_owns_the_conversation(world: Any) -> None:
    score = world.score(world.judge(BILLING, world.billing()), "routing")
    assert (score.verdict, score.layer, score.agent, score.outcome) == (Verdict.PASSED, Layer.TRIAGE, "Triage", "right")
    assert (score.expected, score.actual) == ("Billing", "Billing")
    assert score.reason == "the conversation reached Billing, as expected"


def test_any_of_several_acceptable_agents_is_right(world: Any) -> None:
    trial = world.judge(Expectation(specialist=("Technical", "Billing")), world.billing())
    assert trial.verdict is Verdict.PASSED
    assert world.score(trial, "routing").expected == "Technical or Billing"


def test_routing_fails_on_a_handoff_to_the_wrong_agent(world: Any) -> None:
    handoff = world.hand("Triage", "Technical")
    trial = world.judge(BILLING, world.run("Triage", handoff))
    score = world.score(trial, "routing")
    assert (score.verdict, score.outcome, score.actual) == (Verdict.FAILED, "wrong_agent", "Technical")
    assert score.reason == "Triage handed off to Technical instead of Billing"
    assert score.step == handoff.id


def test_routing_fails_when_triage_answers_itself(world: Any) -> None:
    score = world.score(world.judge(BILLING, world.run("Triage", world.say("Triage", "It is 49."))), "routing")
    assert (score.verdict, score.outcome, score.actual) == (Verdict.FAILED, "no_handoff", "Triage")
    assert score.reason == "Triage kept the conversation; expected a handoff to Billing"


@pytest.mark.parametrize(
    "text",
    [
        "I'll transfer you to our billing specialist now.",
        "Sure! I am connecting you with Billing.",
        "I've escalated this to a human agent.",
        "Let me hand you over to a colleague.",
        "A specialist will take over from here.",
        "Forwarding you to billing",
    ],
)
def test_a_narrated_handoff_is_not_a_handoff(world: Any, text: str) -> None:
    score = world.score(world.judge(BILLING, world.run("Triage", world.say("Triage", text))), "routing")
    assert (score.verdict, score.outcome) == (Verdict.FAILED, "narrated")
    assert score.reason.startswith("Triage only said that it transfers (")


@pytest.mark.parametrize(
    "text",
    [
        "Would you like me to transfer you to billing?",
        "I cannot transfer you to a person.",
        "If you wish, I can connect you with billing.",
        "Your refund was sent.",
        "You can connect the router to the wall socket.",
        "",
    ],
)
def test_an_offer_or_a_refusal_is_not_a_narrated_handoff(world: Any, text: str) -> None:
    score = world.score(world.judge(BILLING, world.run("Triage", world.say("Triage", text))), "routing")
    assert score.outcome == "no_handoff"


def test_a_handoff_that_never_ran_moved_nobody(world: Any) -> None:
    handoff = world.hand("Triage", "Billing", CallStatus.NEVER_RAN)
    score = world.score(world.judge(BILLING, world.run("Triage", handoff)), "routing")
    assert score.reason == "Triage asked for transfer_to_billing, which did not take place; expected Billing"


def test_a_specialist_that_passes_the_conversation_on_fails_and_triage_does_not(world: Any) -> None:
    trial = world.judge(BILLING, world.billing(world.hand("Billing", "Human")))
    triage, specialist = (each for each in trial.scores if each.scorer == "routing")
    assert (triage.verdict, triage.agent) == (Verdict.PASSED, "Triage")
    assert (specialist.verdict, specialist.layer, specialist.agent) == (Verdict.FAILED, Layer.SPECIALIST, "Billing")
    assert specialist.reason == "Billing passed the conversation on to Human; it was expected to keep it"


def test_a_specialist_that_got_the_conversation_back_fails_for_the_last_time_it_let_go(world: Any) -> None:
    last = world.hand("Billing", "Human")
    run = world.billing(world.hand("Billing", "Triage"), world.hand("Triage", "Billing"), last)
    failed = [each for each in world.judge(BILLING, run).scores if each.verdict is Verdict.FAILED]
    assert [(each.agent, each.step) for each in failed] == [("Billing", last.id)]


def test_triage_that_should_have_asked_first_is_wrong_to_hand_off(world: Any) -> None:
    score = world.score(world.judge(Expectation(specialist=("Triage",)), world.billing()), "routing")
    assert (score.verdict, score.layer) == (Verdict.FAILED, Layer.TRIAGE)
    assert score.reason == "Triage passed the conversation on to Billing; it was expected to keep it"


def test_an_expected_escalation_leaves_the_matter_with_the_specialist(world: Any) -> None:
    human = EscalationExpectation(to=EscalationTarget.HUMAN)
    trial = world.judge(
        Expectation(specialist=("Billing",), escalation=human), world.billing(world.hand("Billing", "Human"))
    )
    assert trial.verdict is Verdict.PASSED


def test_ping_pong_is_named(world: Any) -> None:
    there, back = ("Triage", "Technical"), ("Technical", "Triage")
    run = world.run("Triage", world.hand(*there), world.hand(*back), world.hand(*there), world.hand(*back))
    score = world.score(world.judge(BILLING, run), "routing")
    assert score.outcome == "ping_pong"
    assert "back and forth (Triage > Technical > Triage > Technical > Triage)" in score.reason


def test_a_topic_that_moves_on_is_no_ping_pong(world: Any) -> None:
    run = world.billing(world.hand("Billing", "Triage"), world.hand("Triage", "Technical"))
    score = world.score(world.judge(Expectation(specialist=("Technical",)), run), "routing")
    assert (score.verdict, score.outcome) == (Verdict.PASSED, "right")


def test_a_turn_that_stays_with_the_wrong_specialist_is_held_against_it(world: Any) -> None:
    turns = (None, Expectation(specialist=("Technical",)))
    score = world.score(world.judge(None, world.billing(), world.run("Billing"), turns=turns), "routing", 1)
    assert (score.verdict, score.layer, score.agent) == (Verdict.FAILED, Layer.SPECIALIST, "Billing")


def test_at_the_level_of_a_specialist_it_is_the_specialist_that_is_judged(world: Any) -> None:
    score = world.score(world.judge(BILLING, world.run("Billing"), agent="Billing"), "routing")
    assert (score.verdict, score.layer, score.agent) == (Verdict.PASSED, Layer.SPECIALIST, "Billing")
    assert score.reason == "the conversation stayed with Billing, as expected"


@pytest.mark.parametrize(
    ("pattern", "route", "passed"),
    [
        (("Triage", "Billing"), ("Triage", "Billing"), True),
        (("Triage", "*"), ("Triage", "Billing"), True),
        (("Triage", "*"), ("Triage",), False),
        (("**", "Human"), ("Triage", "Billing", "Human"), True),
        (("**", "Human"), ("Triage", "Billing"), False),
        (("Triage", "**"), ("Triage",), True),
        (("Triage", "**", "Technical", "**"), ("Triage", "Billing", "Triage", "Technical", "Human"), True),
        (("Billing",), ("Triage", "Billing"), False),
        (("Triage", "Billing"), ("Triage", "Billing", "Human"), False),
    ],
)
def test_route_patterns(world: Any, pattern: tuple[str, ...], route: tuple[str, ...], passed: bool) -> None:  # noqa: FBT001
    moves = [world.hand(one, other) for one, other in pairwise(route)]
    trial = world.judge(Expectation(route=pattern), world.run(route[0], *moves))
    assert (trial.verdict is Verdict.PASSED) is passed


def test_a_detour_is_held_against_the_agent_that_took_it(world: Any) -> None:
    run = world.billing(world.hand("Billing", "Human"))
    score = world.score(world.judge(Expectation(route=("Triage", "Billing", "Technical")), run), "route")
    assert (score.layer, score.agent) == (Layer.SPECIALIST, "Billing")
    expected = "Billing handed off to Human (Triage > Billing > Human); expected Triage > Billing > Technical"
    assert score.reason == expected
    assert score.step == run.steps[1].id


def test_a_route_that_stops_too_early_says_where(world: Any) -> None:
    score = world.score(world.judge(Expectation(route=("Triage", "Billing")), world.run("Triage")), "route")
    assert score.reason == "the route stopped at Triage (Triage); expected Triage > Billing"


@pytest.mark.parametrize(
    ("said", "bounds", "passed"),
    [
        ("Which account?", (0, 1), True),
        ("Which account? ", (0, 0), False),
        ("Which one (A or B)?)", (1, 1), True),
        ("Please wait.", (1, None), False),
        ("Which one\uff1f", (1, 1), True),
    ],
)
def test_clarifying_questions(world: Any, said: str, bounds: tuple[int, int | None], passed: bool) -> None:  # noqa: FBT001
    expect = Expectation(clarifying_questions=bounds)
    trial = world.judge(expect, world.run("Triage", world.say("Triage", said)), world.billing(output="Anything else?"))
    assert (trial.verdict is Verdict.PASSED) is passed
    assert world.score(trial, "clarifying_questions").layer is Layer.TRIAGE


def test_too_many_clarifying_questions_are_counted(world: Any) -> None:
    ask = [world.run("Triage", output="Which?") for _ in range(2)]
    score = world.score(world.judge(Expectation(clarifying_questions=(0, 1)), *ask), "clarifying_questions")
    assert (score.reason, score.outcome) == ("2 clarifying questions asked; expected 0 to 1", "too_many")


def test_no_conversation_at_all_is_a_failure_not_a_crash(world: Any) -> None:
    assert world.judge(BILLING).verdict is Verdict.FAILED
