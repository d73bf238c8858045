from __future__ import annotations

import pytest

from harness.standin.words import Weights, alike, stems


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("charge", "charged"),
        ("charges", "charging"),
        ("refund", "refunded"),
        ("cancel", "cancellation"),
        ("payment", "pay"),
        ("crash", "crashes"),
        ("customer's plan", "plan"),
    ],
)
def test_endings_do_not_matter(one: str, other: str) -> None:
    assert stems(one) == stems(other)


def test_words_without_a_topic_are_silent() -> None:
    assert stems("Hello, I would like to know what this is about, please") == ()


def test_ways_of_asking_how_are_one_topic() -> None:
    assert stems("How do I?") == stems("how to use") == ("howto",)


@pytest.mark.parametrize(
    ("one", "other"), [("subscription", "subscribtion"), ("invoice", "invoce"), ("upload", "uplaod")]
)
def test_one_slip_in_a_long_word_is_forgiven(one: str, other: str) -> None:
    assert alike(*stems(one), *stems(other))


@pytest.mark.parametrize(("one", "other"), [("plan", "play"), ("charg", "marge"), ("refund", "rebound")])
def test_other_words_stay_other_words(one: str, other: str) -> None:
    assert not alike(one, other)


def test_a_rare_word_weighs_more_than_a_common_one() -> None:
    weights = Weights.over(["charge twice", "charge after cancelling", "charge unknown"])
    assert weights.of("twic") > weights.of("charg") > 0
