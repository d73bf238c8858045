from __future__ import annotations

from harness.standin.sentences import sentences, units


def test_bullets_paragraphs_and_wrapped_lines_are_units() -> None:
    text = "# Title\nYou are\nan agent.\n\n- One thing\n  that goes on.\n* Another.\n1. A third."
    assert list(units(text)) == ["Title You are an agent.", "One thing that goes on.", "Another.", "A third."]


def test_steps_below_a_condition_belong_to_it() -> None:
    text = "If the customer is lost:\n1. Call `a`.\n2. Call `b`.\n\nBe kind."
    assert list(units(text)) == ["If the customer is lost: Call `a`, then Call `b`.", "Be kind."]


def test_conditions_of_their_own_stay_apart_below_an_introduction() -> None:
    assert list(units("Rules:\n- If a: call `x`.\n- If b: call `y`.")) == [
        "Rules:",
        "If a: call `x`.",
        "If b: call `y`.",
    ]


def test_a_stop_inside_quotes_ends_no_sentence() -> None:
    assert sentences('Say "Wait. It will be done." Then call `a`. Bye.') == [
        'Say "Wait. It will be done."',
        "Then call `a`.",
        "Bye.",
    ]


def test_a_condition_after_a_semicolon_is_a_sentence() -> None:
    assert sentences("Call `a`; if it fails, call `b`.") == ["Call `a`", "if it fails, call `b`."]
