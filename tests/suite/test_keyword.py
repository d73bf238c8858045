from __future__ import annotations

import pytest
from _pytest.mark.expression import Expression
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.suite.keyword import keyword

_NAMES = ("duplicate-charge", "billing", "Refund")


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("charge", True),
        ("CHARGE", True),
        ("refund", True),
        ("technical", False),
        ("not technical", True),
        ("not not charge", True),
        ("charge and billing", True),
        ("charge and technical", False),
        ("technical or billing", True),
        ("technical or billing and charge", True),
        ("billing or charge and technical", True),
        ("(billing or charge) and technical", False),
        ("not (technical or outage)", True),
        ("duplicate-charge", True),
        ("", False),
        ("   ", False),
    ],
)
def test_an_expression_holds_for_names(expression: str, *, holds: bool) -> None:
    assert keyword(expression)(_NAMES) is holds


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("and", "expected a word or an opening bracket, found 'and'"),
        ("a and", "expected a word or an opening bracket, found the end"),
        ("a b", "expected the end, found 'b'"),
        ("(a", "expected a closing bracket, found the end"),
        ("a)", "expected the end, found ')'"),
        ("()", "expected a word or an opening bracket, found ')'"),
        ("a & b", "the character '&' has no meaning here"),
        ("(" * 500 + "a" + ")" * 500, "nested more than 100 deep"),
    ],
)
def test_an_expression_that_cannot_be_read_is_refused(expression: str, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        keyword(expression)
    assert message in str(raised.value)


_EXPRESSIONS = st.lists(st.sampled_from(["and", "or", "not", "(", ")", "charge", "billing", "x"]), max_size=8)


@given(_EXPRESSIONS.map(" ".join))
def test_expressions_mean_what_they_mean_to_pytest(expression: str) -> None:
    try:
        theirs = Expression.compile(expression)
    except SyntaxError:
        with pytest.raises(UsageError):
            keyword(expression)
        return

    def matcher(name: str, /, **_: object) -> bool:
        return any(name.lower() in each.lower() for each in _NAMES)

    assert keyword(expression)(_NAMES) is theirs.evaluate(matcher)
