from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.multitest import multipletests

from harness.analysis.screening import confirm, drop_ps, holm, paired, screen, suite_drop_p, suite_p
from harness.analysis.tally import OVERALL, Tally

SOLID = {f"s{number}": (Tally(3, 3), Tally(30, 30)) for number in range(49)}


def test_one_scenario_that_broke_is_flagged_among_many_that_always_pass() -> None:
    alarm = screen({OVERALL: {**SOLID, "refund": (Tally(0, 3), Tally(28, 30))}})
    assert alarm.broken == ("refund",)


def test_equal_sides_raise_no_alarm() -> None:
    flaky = {f"f{number}": (Tally(2, 3), Tally(20, 30)) for number in range(10)}
    assert not screen({OVERALL: {**SOLID, **flaky}}).raised


def test_a_drop_spread_over_the_suite_is_seen_though_no_scenario_stands_out() -> None:
    alarm = screen({OVERALL: {f"s{number}": (Tally(2, 3), Tally(27, 30)) for number in range(50)}})
    assert alarm.dropped == (OVERALL,)
    assert alarm.broken == ()


def test_a_rise_is_no_alarm() -> None:
    assert not screen({OVERALL: {f"s{number}": (Tally(3, 3), Tally(15, 30)) for number in range(50)}}).raised


def test_one_trial_against_three_can_never_flag_a_scenario() -> None:
    assert screen({OVERALL: {f"s{number}": (Tally(0, 1), Tally(3, 3)) for number in range(5)}}).broken == ()


def test_scenarios_that_could_never_be_significant_do_not_blunt_the_test_of_others() -> None:
    alone = screen({OVERALL: {"refund": (Tally(0, 3), Tally(28, 30))}})
    among = screen({OVERALL: {**SOLID, "refund": (Tally(0, 3), Tally(28, 30))}})
    assert among.scenarios["refund"] == alone.scenarios["refund"]


def test_fresh_trials_confirm_only_what_was_flagged() -> None:
    alarm = screen({OVERALL: {**SOLID, "refund": (Tally(0, 3), Tally(30, 30))}})
    fresh = {"refund": (Tally(0, 5), Tally(5, 5)), "s1": (Tally(0, 5), Tally(5, 5))}
    assert confirm(alarm, {OVERALL: fresh}).broken == ("refund",)


def test_fresh_trials_clear_what_was_bad_luck() -> None:
    alarm = screen({OVERALL: {**SOLID, "refund": (Tally(0, 3), Tally(30, 30))}})
    assert not confirm(alarm, {OVERALL: {"refund": (Tally(5, 5), Tally(5, 5))}}).raised


def test_nothing_to_compare_is_no_alarm() -> None:
    assert not screen({OVERALL: {}}).raised
    assert suite_drop_p({}) == 1.0
    assert suite_p({}) is None
    assert drop_ps([]) == []


def test_only_scenarios_judged_on_both_sides_are_paired() -> None:
    mine = {"a": Tally(1, 1), "b": Tally(0, 0), "c": Tally(1, 1)}
    assert paired(mine, {"a": Tally(1, 2), "b": Tally(1, 1)}) == {"a": (Tally(1, 1), Tally(1, 2))}


def test_fisher_is_the_tail_of_the_hypergeometric_distribution() -> None:
    assert drop_ps([(Tally(0, 5), Tally(5, 5))]) == [pytest.approx(1 / 252)]


@settings(max_examples=25, deadline=None)  # statsmodels collects garbage at each call
@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_agrees_with_statsmodels(p_values: list[float]) -> None:
    mine = holm({str(number): p for number, p in enumerate(p_values)})
    theirs = multipletests(p_values, method="holm")[1]
    assert [mine[str(number)] for number in range(len(p_values))] == pytest.approx(list(theirs))


TALLIES = st.integers(1, 6).flatmap(lambda total: st.integers(0, total).map(lambda passed: Tally(passed, total)))
PAIRS = st.dictionaries(st.text(max_size=3), st.tuples(TALLIES, TALLIES), max_size=12)
NEARER_TO_THE_MEAN_THAN_HALF_A_PASS = {"": (Tally(2, 3), Tally(5, 6)), "0": (Tally(2, 2), Tally(3, 4))}
EQUAL = {"": (Tally(1, 2), Tally(1, 2))}
ONE_AGAINST_MANY = {"": (Tally(29, 30), Tally(1, 1))}


@given(PAIRS)
@example(NEARER_TO_THE_MEAN_THAN_HALF_A_PASS)
@example(EQUAL)
@example(ONE_AGAINST_MANY)
def test_p_values_are_probabilities_and_a_drop_on_one_side_is_a_rise_on_the_other(
    pairs: dict[str, tuple[Tally, Tally]],
) -> None:
    down, up = suite_drop_p(pairs), suite_drop_p(_swapped(pairs))
    assert 0 <= down <= 1
    assert down + up >= 1 - 1e-9


@given(PAIRS)
@example(NEARER_TO_THE_MEAN_THAN_HALF_A_PASS)
@example(ONE_AGAINST_MANY)
def test_a_change_of_any_direction_is_twice_the_smaller_tail(pairs: dict[str, tuple[Tally, Tally]]) -> None:
    either = suite_p(pairs)
    tails = suite_drop_p(pairs), suite_drop_p(_swapped(pairs))
    assert (1.0 if either is None else either) == pytest.approx(min(1.0, 2 * min(tails)))
    assert suite_p(_swapped(pairs)) == (None if either is None else pytest.approx(either))


@pytest.mark.parametrize("pairs", [EQUAL, NEARER_TO_THE_MEAN_THAN_HALF_A_PASS, ONE_AGAINST_MANY])
def test_sides_within_half_a_pass_of_each_other_are_not_told_apart(pairs: dict[str, tuple[Tally, Tally]]) -> None:
    assert suite_p(pairs) == 1.0
    assert suite_drop_p(pairs) >= 0.5


@settings(max_examples=25)  # statsmodels collects garbage at each call
@given(PAIRS)
def test_beyond_half_a_pass_the_test_is_that_of_statsmodels(pairs: dict[str, tuple[Tally, Tally]]) -> None:
    telling = [each for each in pairs.values() if 0 < each[0].passed + each[1].passed < each[0].total + each[1].total]
    ahead = sum(
        mine.passed - mine.total * (mine.passed + other.passed) / (mine.total + other.total) for mine, other in telling
    )
    assume(abs(ahead) >= 0.5)
    tables = [np.array([[mine.passed, mine.failed], [other.passed, other.failed]]) for mine, other in telling]
    theirs = float(StratifiedTable(tables).test_null_odds(correction=True).pvalue)
    assert suite_p(pairs) == pytest.approx(theirs)
    assert min(suite_drop_p(pairs), suite_drop_p(_swapped(pairs))) == pytest.approx(theirs / 2)


def _swapped(pairs: dict[str, tuple[Tally, Tally]]) -> dict[str, tuple[Tally, Tally]]:
    return {name: (other, mine) for name, (mine, other) in pairs.items()}
