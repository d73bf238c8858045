from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.analysis.comparison import CHANGE_WORDS, Change, compare
from harness.analysis.decision import Decision, Reason, Ruling, Weight
from harness.analysis.summary import summary_of
from harness.core.results import Verdict
from harness.errors import ExitCode
from harness.reporting.gated import changes_shown, gate_shown
from harness.reporting.view import CHANGES, headline, report_of


def _decision(verdict: Ruling, *reasons: Reason, **fields: Any) -> Decision:
    return Decision(verdict=verdict, code=ExitCode.FINE, reasons=reasons, **fields)


@pytest.mark.parametrize(
    ("ruling", "verdict"),
    [(Ruling.PASS, Verdict.PASSED), (Ruling.FAIL, Verdict.FAILED), (Ruling.INCONCLUSIVE, Verdict.ERRORED)],
)
def test_the_gates_ruling_is_the_reports_verdict(samples: Any, ruling: Ruling, verdict: Verdict) -> None:
    reason = Reason(weight=Weight.UNDECIDED, rule="live", message="too few trials")
    assert report_of(samples.green(), gate=gate_shown(_decision(ruling, reason))).verdict is verdict


def test_every_reason_and_blind_spot_is_shown(samples: Any) -> None:
    broken = Reason(weight=Weight.BROKEN, rule="must_pass", message="refund-over-limit failed")
    shown = gate_shown(_decision(Ruling.FAIL, broken, blind_spots=("a drop under 6 points",), confirm=("a",)))
    assert shown.sentence == "gate: refund-over-limit failed"
    assert shown.reasons == (
        "broken: refund-over-limit failed",
        "blind spot: a drop under 6 points",
        (
            "Next: 5 trials of these on both sides, here and in a checkout of the baseline's commit, in the same"
            " minutes, then gate with --confirm and --against: harness run a --mode live --trials 5"
        ),
    )


def test_a_passing_gate_leaves_the_headline_to_the_run(samples: Any) -> None:
    report = report_of(samples.green(), gate=gate_shown(_decision(Ruling.PASS)))
    assert headline(report) == "gate passed: all 60 judged scenarios passed"


def test_the_words_for_changes_are_those_of_the_comparison() -> None:
    assert {kind.value: words for kind, words in CHANGE_WORDS.items() if kind is not Change.SAME} == CHANGES


def test_a_comparison_tells_each_scenarios_change_and_the_other_rates(samples: Any) -> None:
    before = summary_of(samples.run_of(samples.kinds["passing"](), samples.kinds["escalated"]()), "main")
    _scenario, wrong = samples.kinds["wrong_tools"]()
    good, _ = samples.kinds["passing"]()
    now = summary_of(samples.run_of((good, replace(wrong, scenario=good.id)), samples.kinds["searching"]()), "now")
    shown = changes_shown(compare(now, before))
    assert (shown.baseline, shown.regressed, shown.new) == ("main", ("duplicate-charge",), ("export-how-to",))
    assert shown.removed == ("dispute-over-limit",)
    assert shown.rates["specialist.tools"] == 1.0
    assert shown.sentence
