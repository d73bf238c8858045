from __future__ import annotations

from typing import Any

from harness.core.results import Verdict
from harness.reporting.html.cards import Card, cards
from harness.reporting.view import ChangesShown, GateShown, report_of


def _cards(run: Any, **given: Any) -> dict[str, Card]:
    return {each.metric.name: each for each in cards(report_of(run, **given))}


def test_a_card_has_the_rate_with_its_n_and_its_interval(samples: Any) -> None:
    card = _cards(samples.regression())["specialist.tools"]
    assert (card.number, card.hits, card.interval_text) == ("98.4%", "60 of 61", "91.3% to 99.7%")
    assert (card.change, card.limit_text, card.spark) == ("", "", "")


def test_change_gate_and_trend_are_there_where_they_are_known(samples: Any) -> None:
    found = _cards(
        samples.regression(),
        changes=ChangesShown(baseline="main", rates={"specialist.tools": 1.0}),
        gate=GateShown(verdict=Verdict.FAILED, limits={"specialist.tools": 0.99, "triage.routing": 0.95}),
        trend={"specialist.tools": (1.0, None, 0.9)},
    )
    card = found["specialist.tools"]
    assert (card.change, card.worse, card.limit_text, card.broken) == ("-1.6 points", True, "gate 99.0%", True)
    assert len(card.spark.split()) == 3
    assert not found["triage.routing"].broken


def test_each_layer_tells_how_reliably_repeated_trials_pass(samples: Any) -> None:
    flaky = samples.repeated(samples.kinds["passing"](), samples.kinds["wrong_tools"](), "++-+-", passes=3)
    found = _cards(samples.run_of(*flaky))
    for name, once, always in (("specialist.tools", "60.0%", "0%"), ("triage.routing", "100%", "100%")):
        assert found[name].notes[-2:] == (f"pass@1 {once} of 1 scenario", f"pass^5 {always} of 1 scenario")


def test_single_trials_say_nothing_of_reliability(samples: Any) -> None:
    assert not any("pass^" in note for card in _cards(samples.green()).values() for note in card.notes)
