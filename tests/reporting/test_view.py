from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.core.results import Mode, Verdict
from harness.reporting.view import (
    ChangesShown,
    GateShown,
    attention,
    headline,
    provenance,
    report_of,
    rerun,
    title,
)


def test_a_green_run_is_said_to_be_green(samples: Any) -> None:
    report = report_of(samples.green())
    assert report.verdict is Verdict.PASSED
    assert headline(report) == "all 60 judged scenarios passed"
    assert title(report) == "PASSED 60/60 · agent evaluation"


def test_a_failed_run_names_the_layer_with_most_failures(samples: Any) -> None:
    report = report_of(samples.regression())
    assert report.verdict is Verdict.FAILED
    assert headline(report) == "1 of 61 scenarios failed, at specialist tools (98.4% of 61)"


def test_what_could_not_be_judged_comes_before_what_failed(samples: Any) -> None:
    report = report_of(samples.mixed())
    assert report.verdict is Verdict.ERRORED
    assert headline(report) == "1 of 10 scenarios could not be judged; 4 scenarios failed"


def test_quarantined_and_unchecked_scenarios_are_named_beside_a_pass(samples: Any) -> None:
    kinds = samples.kinds
    report = report_of(samples.run_of(kinds["passing"](), kinds["quarantined"](), kinds["unchecked"]()))
    assert report.verdict is Verdict.PASSED
    assert headline(report) == "the one judged scenario passed; 1 unchecked; 1 quarantined (1 of them not passing)"


def test_an_empty_or_cut_off_run_never_looks_like_a_pass(samples: Any) -> None:
    empty = report_of(samples.run_of())
    assert (empty.verdict, headline(empty)) == (Verdict.ERRORED, "nothing ran")
    cut = report_of(replace(samples.green(), complete=False))
    assert cut.verdict is Verdict.ERRORED
    assert headline(cut).startswith("the run is not complete")
    assert "run not complete" in provenance(cut)


def test_a_gate_has_the_last_word(samples: Any) -> None:
    gate = GateShown(verdict=Verdict.FAILED, sentence="1 of 4 gates broken")
    report = report_of(samples.green(), gate=gate)
    assert (report.verdict, headline(report)) == (Verdict.FAILED, "1 of 4 gates broken")


def test_provenance_says_what_answered_and_what_it_cost(samples: Any) -> None:
    said = provenance(report_of(samples.mixed()))
    assert said[0] == "recorded against the stand-in, not a real model"
    assert "replay: 100% of 79 calls replayed" in said
    assert "0 live calls, $0.00" in said
    assert "1 cassette stale" in said


@pytest.mark.parametrize(("mode", "words"), [(Mode.LIVE, "the stand-in answered"), (Mode.REPLAY, "recorded against")])
def test_the_stand_in_is_named_live_and_recorded(samples: Any, mode: Mode, words: str) -> None:
    assert provenance(report_of(samples.run_of(samples.kinds["passing"](), mode=mode)))[0].startswith(words)


def test_one_cassette_of_the_stand_in_is_enough_to_say_so(samples: Any) -> None:
    run = samples.run_of(samples.kinds["passing"](), stand_in=False)
    assert run.stand_in
    bare = replace(run, trials=tuple(replace(each, cassette=None) for each in run.trials))
    assert not bare.stand_in
    assert not any("stand-in" in each for each in provenance(report_of(bare)))


def test_what_needs_a_look_comes_in_order(samples: Any) -> None:
    found = [each.scenario.id for each in attention(report_of(samples.mixed()).results)]
    assert found[0] == "invoice-page-blank"
    assert found[-2:] == ["upgrade-mid-month", "ambiguous-page"]


def test_a_change_is_found_by_scenario() -> None:
    changes = ChangesShown(baseline="main", regressed=("a",), new=("b",))
    assert changes.kinds == {"a": "regressed", "b": "new"}


def test_the_rerun_command_names_scenario_and_variant(samples: Any) -> None:
    scenario, trial = samples.kinds["passing"]()
    [result] = report_of(samples.run_of((scenario, replace(trial, variant="terse")))).results
    assert rerun(result) == "harness run duplicate-charge --variant terse"
