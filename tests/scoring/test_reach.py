from __future__ import annotations

from typing import Any

from harness.core.results import Score, Verdict
from harness.core.trace import Layer
from harness.scoring.reach import settle


def score(scorer: str, layer: Layer | None, verdict: Verdict, turn: int | None = None) -> Score:
    return Score(scorer=scorer, layer=layer, verdict=verdict, reason=f"{scorer} {verdict}", turn=turn, value=1.0)


def verdicts(*scores: Score) -> list[Verdict]:
    return [each.verdict for each in settle(scores)]


PASSED, FAILED, APART = Verdict.PASSED, Verdict.FAILED, Verdict.NOT_APPLICABLE
ROUTED = score("routing", Layer.TRIAGE, PASSED)
MISROUTED = score("routing", Layer.TRIAGE, FAILED)


def test_a_pass_below_an_upstream_error_is_no_pass_either() -> None:
    assert verdicts(MISROUTED, score("tools", Layer.SPECIALIST, PASSED)) == [FAILED, APART]
    assert verdicts(MISROUTED, score("tools", Layer.HELPER, FAILED)) == [FAILED, APART]


def test_what_is_not_reached_keeps_no_value_and_names_the_cause() -> None:
    below = settle((MISROUTED, score("tools", Layer.SPECIALIST, FAILED)))[1]
    assert (below.value, below.reason, below.outcome) == (None, "not reached: routing failed", "not_reached")


def test_end_to_end_scores_are_judged_whatever_went_wrong_above() -> None:
    assert verdicts(MISROUTED, score("answer", None, FAILED)) == [FAILED, FAILED]


def test_a_failing_specialist_does_not_hide_another_score_of_its_layer() -> None:
    wrong = score("routing", Layer.SPECIALIST, FAILED)
    assert verdicts(ROUTED, wrong, score("tools", Layer.SPECIALIST, FAILED)) == [PASSED, FAILED, FAILED]


def test_turns_before_the_error_are_judged_and_those_after_it_are_not() -> None:
    scores = (
        score("tools", Layer.SPECIALIST, FAILED, 0),
        score("routing", Layer.TRIAGE, FAILED, 1),
        score("tools", Layer.SPECIALIST, FAILED, 2),
    )
    assert verdicts(*scores) == [FAILED, FAILED, APART]


def test_a_later_turn_that_was_routed_right_is_judged() -> None:
    scores = (
        score("routing", Layer.TRIAGE, FAILED, 0),
        score("routing", Layer.TRIAGE, PASSED, 1),
        score("tools", Layer.SPECIALIST, FAILED, 1),
    )
    assert verdicts(*scores) == [FAILED, PASSED, FAILED]


def test_the_whole_conversation_is_cut_off_by_a_turn_unless_its_own_routing_passed() -> None:
    turn = score("routing", Layer.TRIAGE, FAILED, 0)
    whole = score("tools", Layer.SPECIALIST, FAILED)
    assert verdicts(turn, whole) == [FAILED, APART]
    assert verdicts(turn, ROUTED, whole) == [FAILED, PASSED, FAILED]


def test_too_many_questions_cut_nothing_off(world: Any) -> None:
    asked = score("clarifying_questions", Layer.TRIAGE, FAILED)
    assert verdicts(asked, score("tools", Layer.SPECIALIST, FAILED)) == [FAILED, FAILED]
