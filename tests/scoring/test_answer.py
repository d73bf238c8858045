from __future__ import annotations

from typing import Any

import pytest

from harness.core.results import Verdict
from harness.core.scenario import AnswerExpectation, Expectation, HistoryMessage
from harness.core.trace import Judgement, Layer


def expect(**fields: Any) -> Expectation:
    return Expectation(answer=AnswerExpectation(**fields))


@pytest.mark.parametrize(
    ("fields", "text", "reason"),
    [
        ({"contains": ("refund",)}, "Your refund is on its way.", ""),
        ({"contains": ("refund",)}, "Refund sent.", 'the answer does not contain "refund" (only in another case)'),
        ({"contains": ("refund",)}, "", 'the answer does not contain "refund"'),
        ({"not_contains": ("sorry",)}, "Done.", ""),
        ({"not_contains": ("sorry",)}, "I am sorry.", 'the answer contains "sorry"'),
        ({"matches": ("(?i)REFUND of \\$[0-9]+",)}, "A refund of $49.", ""),
        ({"matches": ("^x",)}, "y", 'the answer does not match "^x"'),
        ({"equals": "Done."}, " Done.\n", ""),
        ({"equals": "Done."}, "done.", 'the answer is "done."; expected "Done."'),
        ({"equals": ""}, "done", 'the answer is "done"; expected ""'),
        ({"numbers": (49.0, 1234.5)}, "It is 49,00 \u20ac of 1.234,50.", ""),
        ({"numbers": (49.0, 50.0)}, "It is $49.", "the answer does not give 50.0"),
        ({"numbers": (49.0,)}, "It is C-49.", "the answer does not give 49.0"),
    ],
)
def test_requirements(world: Any, fields: dict[str, Any], text: str, reason: str) -> None:
    trial = world.judge(expect(**fields), world.billing(output=text))
    score = world.score(trial, "answer")
    assert score.verdict is (Verdict.FAILED if reason else Verdict.PASSED)
    assert not reason or score.reason == reason


def test_the_value_is_the_share_of_requirements_that_hold(world: Any) -> None:
    trial = world.judge(expect(contains=("a", "b"), not_contains=("c", "d")), world.billing(output="a c"))
    score = world.score(trial, "answer")
    assert (score.value, score.outcome, score.layer) == (0.5, "contains not_contains", None)


def test_the_answer_of_a_specialist_scenario_is_the_specialists(world: Any) -> None:
    trial = world.judge(expect(contains=("a",)), world.run("Billing", output="b"), agent="Billing")
    assert world.score(trial, "answer").layer is Layer.SPECIALIST


GROUNDED = {"grounded_in": ("invoice",)}


@pytest.mark.parametrize(
    ("answer", "unknown"),
    [
        ("You were charged $49.00 on October 3, 2026 (INV-7).", ""),
        ("You were charged 49 EUR on 3 Oct.", ""),
        ("Customer C-1042: done.", ""),
        ("The charge was $59.00.", '"$59.00"'),
        ("See INV-8, due October 4.", '"INV-8", "October 4"'),
    ],
)
def test_facts_of_the_answer_come_from_tools_or_the_user(world: Any, answer: str, unknown: str) -> None:
    invoice = world.call("invoice", output='{"id": "INV-7", "amount": 49.0, "date": "2026-10-03"}')
    other = world.call("refund", output="59.00 INV-8")
    trial = world.judge(expect(**GROUNDED), world.billing(invoice, other, output=answer), user0="I am C-1042.")
    score = world.score(trial, "answer")
    assert score.verdict is (Verdict.FAILED if unknown else Verdict.PASSED)
    assert not unknown or score.reason == f"{unknown} comes neither from invoice nor from the user"


def test_an_answer_without_facts_is_not_grounded_but_unjudged(world: Any) -> None:
    trial = world.judge(expect(**GROUNDED), world.billing(output="Have a nice day."))
    assert trial.verdict is Verdict.NOT_APPLICABLE
    assert world.score(trial, "answer").verdict is Verdict.NOT_APPLICABLE


def test_facts_the_user_gave_before_the_trial_are_known_and_later_ones_are_not(world: Any) -> None:
    history = (HistoryMessage(role="user", content="It is C-1042."), HistoryMessage(role="assistant", content="C-9?"))
    first, second = world.billing(output="C-1042"), world.run("Billing", output="C-9")
    turns = (expect(**GROUNDED), expect(**GROUNDED))
    trial = world.judge(None, first, second, turns=turns, history=history, user1="No, C-8.")
    assert [each.verdict for each in trial.scores] == [Verdict.PASSED, Verdict.FAILED]


def test_a_judges_opinion_is_advice_with_its_reason(world: Any) -> None:
    opinion = Judgement(rubric="Polite?", passed=False, reason="curt", model="judge-1")
    trial = world.judge(expect(judge="Polite?", contains=("No",)), world.billing(output="No."), judgements=(opinion,))
    score = world.score(trial, "judge")
    assert (score.verdict, score.advisory, score.reason) == (Verdict.FAILED, True, "judge-1: curt")
    assert trial.verdict is Verdict.PASSED


def test_one_rubric_in_two_turns_is_answered_twice(world: Any) -> None:
    first, second = (
        Judgement(rubric="Polite?", passed=passed, reason="so", model="judge-1", turn=turn)
        for turn, passed in enumerate((True, False))
    )
    turns = (expect(judge="Polite?"), expect(judge="Polite?"))
    runs = (world.run("Triage", output="Please."), world.run("Triage", output="No."))
    trial = world.judge(None, *runs, turns=turns, judgements=(first, second))
    assert [each.verdict for each in trial.scores] == [Verdict.PASSED, Verdict.FAILED]


@pytest.mark.parametrize(("passed", "verdict"), [(True, Verdict.PASSED), (False, Verdict.FAILED)])
def test_a_judge_that_is_to_decide_decides(world: Any, passed: bool, verdict: Verdict) -> None:  # noqa: FBT001 - a case
    opinion = Judgement(rubric="Polite?", passed=passed, reason="so", model="judge-1")
    trial = world.judge(expect(judge="Polite?", judge_decides=True), world.billing(output="No."), judgements=(opinion,))
    assert trial.verdict is verdict


def test_without_a_judgement_one_that_is_to_decide_leaves_the_trial_unjudged(world: Any) -> None:
    trial = world.judge(expect(judge="Polite?", judge_decides=True), world.billing(output="No."))
    assert trial.verdict is Verdict.ERRORED


def test_advice_alone_decides_nothing(world: Any) -> None:
    opinion = Judgement(rubric="Polite?", passed=True, reason="yes", model="judge-1")
    trial = world.judge(expect(judge="Polite?"), world.billing(output="No."), judgements=(opinion,))
    assert trial.verdict is Verdict.NOT_APPLICABLE


def test_each_turn_is_judged_on_its_own_answer(world: Any) -> None:
    turns = (expect(contains=("one",)), expect(contains=("one",)))
    trial = world.judge(None, world.run("Triage", output="one"), world.run("Triage", output="two"), turns=turns)
    assert [each.verdict for each in trial.scores] == [Verdict.PASSED, Verdict.FAILED]
