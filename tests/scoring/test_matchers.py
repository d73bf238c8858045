from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.scoring.matchers import MATCHERS, OPTIONS, Place, explain, explain_arguments, validate


def reasons(expected: Any, actual: Any) -> list[tuple[str, str]]:
    return [(each.path, each.reason) for each in explain(expected, actual)]


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (49, 49.0),
        (None, None),
        (True, True),
        ("a", "a"),
        ([1, {"a": 2}], [1.0, {"a": 2}]),
        (float("nan"), float("nan")),
        (date(2026, 10, 3), "2026-10-03"),
        ({"any": True}, None),
        ({"one_of": [1, {"matches": "^a"}]}, "abc"),
        ({"not": "a"}, "b"),
        ({"not": {"one_of": [1, 2]}}, 3),
        ({"matches": "C-[0-9]+"}, "customer C-1042"),
        ({"contains": "1042"}, "C-1042"),
        ({"contains": {"id": 1}}, [{"id": 2}, {"id": 1}]),
        ({"approx": 49}, 49.01),
        ({"approx": 1.09, "tolerance": 0.01}, 1.1),
        ({"approx": 10, "tolerance": 5}, 15),
        ({"between": [0, 500]}, 0),
        ({"between": [0, 500]}, 500.0),
        ({"length": 3}, "abc"),
        ({"length": {"between": [1, 2]}}, [1, 2]),
        ({"items": [1, 2]}, [1, 2]),
        ({"items": [1, {"any": True}], "order": "any"}, [7, 1]),
        ({"items": [{"any": True}, 1], "order": "any"}, [1, 7]),
        ({"partial": {"a": 1}}, {"a": 1, "b": 2}),
        ({"case_insensitive": "Straße"}, "STRASSE"),
        ({"date": "2026-10-03"}, "2026-10-03T23:59:59Z"),
        ({"date": date(2026, 10, 3)}, "2026-10-03"),
        ({"literal": {"any": True}}, {"any": True}),
        ({"a": {"absent": True}}, {}),
        ({"a": {"one_of": [{"absent": True}, 1]}}, {}),
        ({"date": "x", "amount": 1}, {"date": "x", "amount": 1}),
    ],
)
def test_fits(expected: Any, actual: Any) -> None:
    assert explain(expected, actual) == ()


@pytest.mark.parametrize(
    ("expected", "actual", "found"),
    [
        (1, True, [("$", "is a boolean, not a number")]),
        (True, 1, [("$", "is a number, not a boolean")]),
        (1, "1", [("$", "is text, not a number")]),
        (0, None, [("$", "is null, not a number")]),
        (None, False, [("$", "is a boolean, not null")]),
        ("a", "A", [("$", "is different")]),
        ([], {}, [("$", "is an object, not a list")]),
        ({"items": [{"amount": 1}]}, {"items": [{"amount": 2}]}, [("$", "is an object, not a list")]),
        ({"list": [{"amount": 1}]}, {"list": [{"amount": 2}]}, [("$.list[0].amount", "is different")]),
        ({"a b": 1}, {"a b": 2}, [('$["a b"]', "is different")]),
        ({"a": 1, "b": 2}, {"a": 2}, [("$.a", "is different"), ("$.b", "is missing")]),
        ({"a": 1}, {"a": 1, "c": 3}, [("$.c", "is not expected")]),
        ([1, 2], [1], [("$", "has 1 items instead of 2")]),
        ({"a": {"any": True}}, {}, [("$.a", "is missing")]),
        ({"a": {"not": 5}}, {}, [("$.a", "is missing")]),
        ({"a": {"one_of": [5]}}, {}, [("$.a", "is missing")]),
        ({"a": {"absent": True}}, {"a": None}, [("$.a", "must be absent")]),
        ({"one_of": [1, True]}, "1", [("$", "is none of the choices")]),
        ({"not": {"contains": "a"}}, "abc", [("$", "is what it must not be")]),
        ({"matches": "^b"}, "ab", [("$", "does not match the pattern")]),
        ({"matches": "a"}, 1, [("$", "is a number, not text")]),
        ({"contains": "A"}, "xax", [("$", "contains it only in another case")]),
        ({"contains": "b"}, "xax", [("$", "does not contain it")]),
        ({"contains": 1}, [True, "1"], [("$", "has no such item")]),
        ({"contains": 1}, "1", [("$", "cannot fit: quote what a text must contain")]),
        ({"contains": "a"}, {"a": 1}, [("$", "is an object, neither text nor a list")]),
        ({"approx": 49}, 49.02, [("$", "is more than 0.01 away")]),
        ({"approx": 49}, "49", [("$", "is text, not a number")]),
        ({"approx": 1, "tolerance": 1}, True, [("$", "is a boolean, not a number")]),
        ({"between": [0, 500]}, 500.01, [("$", "is not between 0 and 500")]),
        ({"between": [0, 500]}, None, [("$", "is null, not a number")]),
        ({"length": 3}, "ab", [("$", "has length 2")]),
        ({"length": 3}, 333, [("$", "is a number, which has no length")]),
        ({"items": [1, 1], "order": "any"}, [1, 2], [("$", "has no such item"), ("$[1]", "is not expected")]),
        ({"partial": {"a": {"b": 1}}}, {"a": {"b": 2}, "c": 3}, [("$.a.b", "is different")]),
        ({"case_insensitive": "a"}, "b", [("$", "is different, case set aside")]),
        ({"date": "2026-10-03"}, "2026-10-04", [("$", "is another day")]),
        ({"date": "2026-10-03"}, "10/03/2026", [("$", "is not an ISO 8601 date or time")]),
        ({"literal": {"any": True}}, {"any": False}, [("$.any", "is different")]),
        ({"from": "lookup"}, "C-1", [("$", "cannot come from lookup, which had not answered by then")]),
    ],
)
def test_misfits_are_explained_with_their_path(expected: Any, actual: Any, found: list[tuple[str, str]]) -> None:
    assert reasons(expected, actual) == found


def test_a_misfit_names_expected_and_actual() -> None:
    (misfit,) = explain({"amount": {"between": [0, 500]}}, {"amount": 900})
    assert (misfit.path, misfit.expected, misfit.actual) == ("$.amount", '{"between": [0, 500]}', "900")


def test_listed_arguments_must_fit_and_others_are_refused_only_when_exact() -> None:
    assert explain_arguments({"a": 1}, {"a": 1, "b": 2}) == ()
    (misfit,) = explain_arguments({"a": 1}, {"a": 1, "b": 2}, exact=True)
    assert (misfit.path, misfit.reason) == ("$.b", "is not expected")


@pytest.mark.parametrize(
    ("value", "output", "occurs"),
    [
        ("C-1042", '{"customer": "C-1042"}', True),
        ("C-1", '{"customer": "C-1042"}', False),
        (49, "The charge is $49.00.", True),
        (49.5, "49,50 EUR", True),
        (49, "149", False),
        (True, '{"ok": true}', True),
        ("Zürich", '{"city": "Z\\u00fcrich"}', True),
        ({"id": "C-1042", "amount": 49}, "C-1042: 49", True),
        (["C-1042", "C-9"], "C-1042", False),
        ("", "anything", False),
        ([], "anything", False),
    ],
)
def test_from_wants_the_value_in_what_the_tool_answered(value: Any, output: str, occurs: bool) -> None:  # noqa: FBT001
    place = Place(outputs=lambda tool: (output,) if tool == "lookup" else ())
    assert (explain({"from": "lookup"}, value, place) == ()) is occurs


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"any": False}, "$: `any` takes only true, got false"),
        ({"a": {"absent": 1}}, "$.a: `absent` takes only true, got 1"),
        ({"one_of": []}, "$: `one_of` takes a list of at least one value, got []"),
        (
            {"matches": "("},
            '$: `matches` "(" is not a regular expression: missing ), unterminated subpattern at position 0',
        ),
        ({"matches": 1}, "$: `matches` takes a regular expression as text, got 1"),
        ({"contains": ""}, "$: `contains` takes something to look for: empty text is in every text"),
        ({"approx": "49"}, '$: `approx` takes a number, got "49"'),
        ({"approx": 1, "tolerance": -1}, "$: `tolerance` takes a number of at least 0, got -1"),
        ({"between": [5]}, "$: `between` takes two numbers [lowest, highest], got [5]"),
        ({"between": [5, 1]}, "$: `between` [5, 1] is empty: write the lower number first"),
        ({"length": -1}, "$: `length` takes a whole number of at least 0 or a matcher, got -1"),
        ({"items": 1}, "$: `items` takes a list, got 1"),
        ({"items": [], "order": "some"}, '$: `order` of `items` is `exact` or `any`, got "some"'),
        ({"partial": {}}, "$: `partial` takes an object with at least one key, got {}"),
        ({"case_insensitive": 1}, "$: `case_insensitive` takes a text, got 1"),
        ({"date": "soon"}, '$: `date` takes a day such as 2026-10-03, got "soon"'),
        ({"from": ""}, '$: `from` takes a text, got ""'),
        ([{"not": {"any": 1}}], "$[0].not: `any` takes only true, got 1"),
        (
            {"one_of": [{"length": "x"}]},
            '$.one_of[0]: `length` takes a whole number of at least 0 or a matcher, got "x"',
        ),
        (
            {"contains": "a", "matches": "b"},
            "$: `contains`, `matches` cannot be combined in one object; for a plain object write {literal: {...}}",
        ),
        (
            {"approx": 49, "tolerence": 1},
            (
                "$: `approx` does not know `tolerence`; did you mean 'tolerance'? "
                "For a plain object write {literal: {...}}"
            ),
        ),
    ],
)
def test_a_malformed_matcher_is_a_problem_at_load(value: Any, problem: str) -> None:
    assert validate(value) == [problem]


@pytest.mark.parametrize(
    "value",
    [
        1,
        {"a": [1, {"any": True}]},
        {"literal": {"any": False}},
        {"date": "soon", "amount": 1},
        {"items": [1], "order": "any"},
    ],
)
def test_well_formed_values_have_no_problem(value: Any) -> None:
    assert validate(value) == []


def test_every_matcher_is_known_by_name_and_options() -> None:
    assert set(MATCHERS) == set(OPTIONS)


def test_a_number_too_long_to_write_down_is_compared_all_the_same() -> None:
    huge = 10**5000
    assert explain(huge, huge) == ()
    assert explain(huge, 1)[0].expected == "<int that cannot be shown>"
    place = Place(outputs=lambda _: ("1" * 6000,))
    for matcher in ({"from": "lookup"}, {"approx": 1.5}, {"between": [0, 1.5]}, {"length": 1}):
        assert explain(matcher, huge, place) != ()


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def test_what_is_nested_too_deeply_never_fits() -> None:
    (misfit,) = explain(nested(500), nested(500))
    assert "deeper than 64 levels" in misfit.reason
    assert validate(nested(500)) != []


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(), max_size=8),
    st.sampled_from([10**400, "\0", "\ud800", "nan", float("inf"), "2026-10-03"]),
)
keys = st.text(st.characters() | st.just("\ud800"), max_size=3) | st.sampled_from([*OPTIONS, "tolerence", "ordre"])
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
)
matchers = st.one_of(
    [
        st.fixed_dictionaries({name: values}, optional=dict.fromkeys(options, values))
        for name, options in OPTIONS.items()
    ]
)


@settings(max_examples=500, deadline=None)
@given(values, values)
def test_plain_comparison_never_raises_and_is_reflexive(one: Any, other: Any) -> None:
    assert isinstance(explain({"literal": one}, other), tuple)
    assert explain({"literal": one}, one) == ()


@settings(max_examples=500, deadline=None)
@given(values, values)
def test_plain_comparison_is_symmetric(one: Any, other: Any) -> None:
    assert bool(explain({"literal": one}, other)) == bool(explain({"literal": other}, one))


@settings(max_examples=500, deadline=None)
@given(matchers, values)
@example({"from": "\ud800"}, None)
@example({"not": {"\ud800": {"any": 1}}}, None)
@example({"approx": 1, "\ud800": 1}, None)
def test_no_matcher_raises_however_malformed(matcher: Any, value: Any) -> None:
    place = Place(outputs=lambda _: (str(value)[:100] if not isinstance(value, int) else "1",))
    for misfit in explain(matcher, value, place):
        (misfit.expected + misfit.actual + misfit.reason + misfit.path).encode()
    for problem in validate(matcher):
        problem.encode()
