from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.scoring.facts import amounts_in, dates_in, ids_in, numbers_in


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("49", 49),
        ("$49.00", 49),
        ("49,00 \u20ac", 49),
        ("USD49.00", 49),
        ("EUR 49", 49),
        ("1,234.50", 1234.5),
        ("1.234,50", 1234.5),
        ("1 234,50", 1234.5),
        ("1\u00a0234.50", 1234.5),
        ("1'234.50", 1234.5),
        ("1,234,567", 1234567),
        ("12,34,567.89", 1234567.89),
        ("1,234", 1234),
        ("1,234", 1.234),
        ("49.", 49),
        ("-$20.00", -20),
        ("a refund of \u221220", -20),
        ("20%", 20),
        ("(49.00)", 49),
        ("in 2026 100 users", 100),
    ],
)
def test_a_number_is_found_however_formatted(text: str, number: float) -> None:
    assert number in numbers_in(f"It is {text} today")


@pytest.mark.parametrize("text", ["C-49", "INV-2026-49", "149", "490", "4.9", "X49", "due on 2026-03-04", "April 4"])
def test_a_number_is_not_found_inside_another_word(text: str) -> None:
    assert not {4.0, 49.0} & numbers_in(text)


def test_amounts_are_numbers_with_a_currency_decimals_or_groups() -> None:
    found = [fact.text for fact in amounts_in("3 invoices: $49, 12.50, 1,000 and 7 EUR, within 5 days")]
    assert found == ["$49", "12.50", "1,000", "7 EUR"]


def test_ids_are_words_of_letters_and_digits() -> None:
    found = [fact.text for fact in ids_in("Case C-1042 (INV-2026-001, KB_7, A1) of well-known USD49 on 2026-10-03")]
    assert found == ["C-1042", "INV-2026-001", "KB_7", "A1"]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-10-03", "2026-10-03"),
        ("October 3, 2026", "2026-10-03"),
        ("3 October 2026", "2026-10-03"),
        ("3rd of Oct. 2026", "2026-10-03"),
        ("10/03/2026", "2026-10-03"),
        ("10/03/2026", "2026-03-10"),
        ("3.10.2026", "2026-10-03"),
        ("Oct 3", "--10-03"),
    ],
)
def test_days_are_read_in_every_usual_way(text: str, day: str) -> None:
    assert any(day in fact.readings for fact in dates_in(f"It is due {text}."))


@pytest.mark.parametrize("text", ["2026-13-45", "May we help you?", "99/99/2026", "section 3.10"])
def test_what_is_no_day_is_not_read_as_one(text: str) -> None:
    assert dates_in(text) == ()


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet="0123456789.,'-$ \u20acUSDEURCoct/\u00a0\ud800\x00#_", max_size=60))
def test_no_text_makes_reading_facts_raise(text: str) -> None:
    for fact in (*amounts_in(text), *ids_in(text), *dates_in(text)):
        assert fact.readings
    assert all(isinstance(number, float) for number in numbers_in(text))


@pytest.mark.parametrize("piece", ["1", "1,", "a-", "$1 ", "oct 3 ", "a1_", "' ", "- ", "USD"])
def test_long_texts_are_read_in_one_pass(piece: str) -> None:
    text = piece * 40_000
    assert amounts_in(text) is not None
    assert ids_in(text) is not None
    assert dates_in(text) is not None
