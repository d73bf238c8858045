from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from harness.reporting.clean import clean, finalize, soft


def test_characters_that_hide_or_reorder_text_are_written_out() -> None:
    assert clean("a\x1b[31m\u202eb\x00\ud800") == "a\\x1b[31m\\u202eb\\x00\\ud800"
    assert clean("a\tb\nc") == "a\tb\nc"


@given(st.text(st.characters()))
def test_what_is_clean_can_be_written_to_any_file(text: str) -> None:
    kinds = {unicodedata.category(each) for each in clean(text).encode("utf-8").decode("utf-8") if each not in "\t\n\r"}
    assert kinds.isdisjoint({"Cc", "Cs"})


def test_markup_of_our_own_is_left_alone() -> None:
    assert finalize(Markup("<b>\x00</b>")) == "<b>\x00</b>"
    assert finalize(3) == 3


def test_long_names_break_between_their_words_and_stay_escaped() -> None:
    assert soft("BillingSpecialist") == "Billing<wbr>Specialist"
    assert soft("run_diagnostics <b>") == "run_<wbr>diagnostics &lt;b&gt;"
