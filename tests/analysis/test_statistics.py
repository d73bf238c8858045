from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis.statistics import (
    Interval,
    Repeats,
    pass_at_k,
    pass_hat_k,
    population_interval,
    proportion_interval,
    suite_interval,
)


def _bounds(interval: Interval | None) -> tuple[float, float]:
    assert interval is not None
    return round(interval.low, 4), round(interval.high, 4)


def test_a_proportion_has_wilsons_interval() -> None:
    found = proportion_interval(48, 57)
    assert found is not None
    assert found.method == "Wilson"
    assert _bounds(found) == (0.7264, 0.9146)


def test_all_of_them_and_none_of_them_have_the_exact_interval() -> None:
    assert _bounds(proportion_interval(50, 50)) == (0.9289, 1.0)
    assert _bounds(proportion_interval(0, 50)) == (0.0, 0.0711)


def test_nothing_judged_has_no_interval() -> None:
    assert proportion_interval(0, 0) is None


@given(st.integers(1, 400).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_an_interval_holds_its_rate(counts: tuple[int, int]) -> None:
    passed, total = counts
    found = proportion_interval(passed, total)
    assert found is not None
    assert 0 <= found.low <= passed / total <= found.high <= 1


def test_exactly_these_scenarios_need_two_trials_of_each() -> None:
    assert suite_interval([Repeats(1, 1), Repeats(3, 5)]) is None
    assert suite_interval([]) is None


def test_a_steady_suite_is_known_better_than_scenarios_like_it() -> None:
    repeats = [Repeats(5, 5)] * 8 + [Repeats(0, 5)] * 2
    here, elsewhere = suite_interval(repeats), population_interval(repeats)
    assert here is not None
    assert elsewhere is not None
    assert here.high - here.low < elsewhere.high - elsewhere.low


def test_wavering_scenarios_have_a_stratified_interval_around_the_rate() -> None:
    found = suite_interval([Repeats(16, 20), Repeats(12, 20)])
    assert found is not None
    assert found.method == "stratified"
    assert (found.low + found.high) / 2 == pytest.approx(0.7)


def test_clusters_have_students_interval_around_the_rate_of_all_trials() -> None:
    found = population_interval([Repeats(5, 5), Repeats(3, 5), Repeats(4, 5), Repeats(2, 5)])
    assert found is not None
    assert found.method == "clustered t"
    assert _bounds(found) == (0.2891, 1.0)


def test_without_repeats_the_population_is_a_plain_proportion() -> None:
    repeats = [Repeats(1, 1)] * 9 + [Repeats(0, 1)]
    assert population_interval(repeats) == proportion_interval(9, 10)


def test_repeats_that_all_passed_count_as_scenarios_not_as_trials() -> None:
    assert population_interval([Repeats(5, 5)] * 10) == proportion_interval(10, 10)


def test_no_spread_that_was_seen_gives_no_interval_for_other_scenarios() -> None:
    assert population_interval([Repeats(2, 4)] * 3) is None
    assert population_interval([Repeats(2, 4)]) is None


def test_pass_at_k_and_pass_hat_k_are_undefined_not_zero_for_too_few_trials() -> None:
    assert pass_at_k(2, 2, 3) is None
    assert pass_hat_k(2, 2, 3) is None


def test_pass_at_k_and_pass_hat_k_follow_their_definitions() -> None:
    assert pass_at_k(3, 5, 2) == pytest.approx(1 - 1 / 10)
    assert pass_hat_k(3, 5, 2) == pytest.approx(3 / 10)


@given(st.integers(1, 20).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n), st.integers(1, n))))
def test_one_of_k_is_never_less_likely_than_all_of_k(case: tuple[int, int, int]) -> None:
    passed, total, k = case
    one, every = pass_at_k(passed, total, k), pass_hat_k(passed, total, k)
    assert one is not None
    assert every is not None
    assert 0 <= every <= passed / total + 1e-9
    assert passed / total - 1e-9 <= one <= 1
