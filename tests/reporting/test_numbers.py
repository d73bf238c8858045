from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.reporting.numbers import FIELD_LIMIT, cut, duration, moment, money, percent, plural, points, size


@pytest.mark.parametrize(
    ("rate", "shown"),
    [(1.0, "100%"), (0.0, "0%"), (0.9999, "99.9%"), (0.00001, "0.1%"), (0.842, "84.2%"), (None, "-")],
)
def test_a_rate_is_never_rounded_to_perfect_or_to_nothing(rate: float | None, shown: str) -> None:
    assert percent(rate) == shown


def test_changes_carry_their_sign() -> None:
    assert [points(0.021), points(-0.5), points(0.0), points(None)] == ["+2.1 points", "-50.0 points", "unchanged", ""]


def test_money_keeps_the_digits_that_tell_it_from_nothing() -> None:
    assert [money(0.0), money(0.0021), money(1.5), money(None)] == ["$0.00", "$0.0021", "$1.50", "unknown"]


def test_durations_and_sizes_are_readable() -> None:
    assert [duration(0.042), duration(3.14), duration(245)] == ["42 ms", "3.1 s", "4 min 05 s"]
    assert [size(12), size(992 * 1024), size(5 * 1024**3)] == ["12 bytes", "992 KiB", "5 GiB"]
    assert [plural(1, "trial"), plural(1000, "trial")] == ["1 trial", "1,000 trials"]


def test_a_long_field_says_how_much_is_missing_and_where_it_is() -> None:
    assert cut("short") == "short"
    assert cut("x" * FIELD_LIMIT) == "x" * FIELD_LIMIT
    assert cut("x" * (FIELD_LIMIT + 1024)).endswith("x ... (+1 KiB in run.jsonl)")


@given(st.text(max_size=200))
def test_a_cut_never_splits_a_character(text: str) -> None:
    assert "\ufffd" not in cut(text.replace("\ufffd", ""), 50)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-11-24T08:00:00Z", "2026-11-24 08:00 UTC"),
        ("2026-11-24T08:00:59+02:00", "2026-11-24 06:00 UTC"),
        ("2026-11-24T08:00:00", "2026-11-24 08:00"),
        ("yesterday", "yesterday"),
        (None, ""),
    ],
)
def test_a_moment_is_written_for_people(text: str | None, shown: str) -> None:
    assert moment(text) == shown
