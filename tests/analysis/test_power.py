from __future__ import annotations

import numpy as np
import pytest

from harness.analysis.power import Design, dropped_by, one_broken, outlook, power, smallest_drop, unchanged
from harness.analysis.tally import Tally

SOLID = {f"s{number}": Tally(30, 30) for number in range(40)}
NOISY = {f"s{number}": Tally(21, 30) for number in range(40)}


def test_nothing_changed_is_seldom_red() -> None:
    assert power(NOISY, "same", unchanged, suites=200).red <= 0.04


def test_a_broken_scenario_is_usually_caught() -> None:
    assert power(SOLID, "broken", one_broken, suites=200).red >= 0.8


def test_larger_drops_are_caught_more_often() -> None:
    small, large = (power(NOISY, "drop", dropped_by(drop), suites=200).red for drop in (0.03, 0.15))
    assert small < large


def test_a_drop_that_is_noticed_is_larger_in_a_noisy_suite() -> None:
    calm, noisy = smallest_drop(SOLID, suites=100), smallest_drop(NOISY, suites=100)
    assert calm is not None
    assert noisy is not None
    assert calm < noisy


def test_one_scenario_with_one_trial_shows_no_drop() -> None:
    assert smallest_drop({"a": Tally(1, 1)}, Design(trials=1, history=1), suites=100) is None


def test_one_broken_takes_a_scenario_that_normally_passes() -> None:
    rates = np.array([0.3, 0.95, 0.5])
    assert one_broken(rates, np.random.default_rng(1)).tolist() == [0.3, pytest.approx(0.05), 0.5]


def test_the_same_history_gives_the_same_answer() -> None:
    assert outlook(NOISY, 3, 5, suites=50) == outlook(NOISY, 3, 5, suites=50)


def test_alarms_cost_trials() -> None:
    row = power(NOISY, "drop", dropped_by(0.3), suites=50)
    assert row.alarmed == 1.0
    assert row.trials == pytest.approx(13.0)
