from __future__ import annotations

from dataclasses import replace

from harness.analysis.decision import Decision, Reason, Ruling, Weight
from harness.errors import ExitCode
from harness.reporting.decided import decision_markdown, decision_text

NAMES = tuple(f"s{number}" for number in range(12))
DECISION = Decision(
    verdict=Ruling.FAIL,
    code=ExitCode.WORSE,
    reasons=(
        Reason(weight=Weight.NOTE, rule="baseline", message="b passes now"),
        Reason(weight=Weight.BROKEN, rule="triage.routing", message="a | b\nfell", agent="Triage", scenarios=NAMES),
    ),
    blind_spots=("a drop under 6 points would go unnoticed",),
    limits={"triage.routing": 0.95},
)


def test_what_is_broken_comes_before_notes() -> None:
    text = decision_text(DECISION)
    assert text.index("x broken") < text.index("- note")
    assert "a drop under 6 points" in text


def test_many_scenarios_are_counted_unless_explained() -> None:
    assert "s7 and 4 more" in decision_text(DECISION)
    explained = decision_text(DECISION, explain=True)
    assert "s11" in explained
    assert "agent: Triage" in explained


def test_fresh_trials_of_a_variant_take_one_call_those_of_other_code_two_checkouts() -> None:
    alarmed = Decision(verdict=Ruling.INCONCLUSIVE, code=ExitCode.COULD_NOT_JUDGE, confirm=("a",))
    assert "in a checkout of the baseline's commit, in the same minutes" in decision_text(alarmed)
    variant = decision_text(replace(alarmed, variant="terse"))
    assert "harness run a --mode live --trials 5 --variant baseline --variant terse" in variant


def test_text_cannot_break_out_of_a_table() -> None:
    assert "a \\| b fell" in decision_markdown(DECISION)


def test_what_agents_said_is_no_markup_and_no_control_character() -> None:
    reason = Reason(weight=Weight.BROKEN, rule="end_to_end", message="<img src=x> @team \x1b[31mred")
    hostile = replace(DECISION, reasons=(reason,), blind_spots=("<b>bold</b>",))
    shown = decision_markdown(hostile)
    for text in ("<img", " @team", "<b>", "\x1b"):
        assert text not in shown
    assert "\x1b" not in decision_text(hostile)
