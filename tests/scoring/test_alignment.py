from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core.results import Alignment, Fit
from harness.core.scenario import (
    AnyOfGroup,
    AnyOrderGroup,
    Count,
    Expectation,
    ExpectedCall,
    ExpectedItem,
    OptionalGroup,
    Order,
    ToolsExpectation,
)
from harness.core.trace import AgentRef, CallStatus, Layer, ToolCall, ToolOrigin
from harness.scoring.alignment import align

OWNER = AgentRef(name="Billing", layer=Layer.SPECIALIST)


def expect(*items: str | ExpectedItem, **fields: Any) -> ToolsExpectation:
    return ToolsExpectation(calls=tuple(one(item) for item in items), **fields)


def one(item: str | ExpectedItem) -> ExpectedItem:
    return ExpectedCall(tool=item) if isinstance(item, str) else item


def any_order(*items: str | ExpectedItem) -> AnyOrderGroup:
    return AnyOrderGroup(calls=tuple(one(item) for item in items))


def optional(*items: str | ExpectedItem) -> OptionalGroup:
    return OptionalGroup(calls=tuple(one(item) for item in items))


def any_of(*alternatives: tuple[str | ExpectedItem, ...]) -> AnyOfGroup:
    return AnyOfGroup(alternatives=tuple(tuple(one(item) for item in each) for each in alternatives))


def calls(*batches: str, status: CallStatus = CallStatus.OK) -> tuple[ToolCall, ...]:
    """Each text is one model response: the letters are tools called in parallel."""
    return tuple(
        ToolCall(
            id=f"{number}.{place}",
            owner=OWNER,
            tool=tool,
            call_id=None,
            arguments="{}",
            status=status,
            model_call=f"m{number}",
        )
        for number, batch in enumerate(batches)
        for place, tool in enumerate(batch)
    )


def fits(alignment: Alignment) -> list[tuple[str, str]]:
    return [(row.fit.value, row.tool) for row in alignment.rows]


def test_identical_calls_match() -> None:
    found = align(expect("a", "a"), calls("a", "a"))
    assert (found.passed, found.f1) == (True, 1.0)


def test_nothing_expected_and_nothing_done_passes() -> None:
    found = align(expect(), ())
    assert (found.passed, found.f1, found.rows) == (True, 1.0, ())


def test_nothing_expected_refuses_any_call() -> None:
    found = align(expect(order=Order.ANY_ORDER), calls("a"))
    assert (found.passed, found.f1) == (False, 0.0)
    assert found.rows[0].reason == "Billing called a(), which was not expected"


def test_one_extra_call_costs_part_of_the_value_and_is_named() -> None:
    found = align(expect("a", "b"), calls("a", "b", "c"))
    assert fits(found) == [("matched", "a"), ("matched", "b"), ("unexpected", "c")]
    assert found.f1 == pytest.approx(4 / 5)


def test_a_missing_call_stands_where_it_should_have_been() -> None:
    found = align(expect("a", "b", "c"), calls("a", "c"))
    assert fits(found) == [("matched", "a"), ("missing", "b"), ("matched", "c")]
    assert found.rows[1].reason == "b was not called"


def test_a_swap_is_one_call_out_of_order_not_a_cascade() -> None:
    found = align(expect("a", "b", "c", "d"), calls("b", "a", "c", "d"))
    assert sorted(fit for fit, _ in fits(found)) == ["matched", "matched", "matched", "out_of_order"]
    assert found.f1 == pytest.approx(6 / 8)


@pytest.mark.parametrize(
    ("actual", "reason"),
    [
        (("c", "a", "b"), "Billing called c out of order: expected after a"),
        (("b", "c", "a"), "Billing called a out of order: expected before b"),
    ],
)
def test_a_call_out_of_order_says_where_it_belongs(actual: tuple[str, ...], reason: str) -> None:
    found = align(expect("a", "b", "c"), calls(*actual))
    assert [row.reason for row in found.rows if row.fit is Fit.OUT_OF_ORDER] == [reason]


def test_an_optional_call_with_wrong_arguments_counts_against_the_agents(world: Any) -> None:
    wanted = OptionalGroup(calls=(ExpectedCall(tool="refund", arguments={"amount": 1}),))
    (row,) = align(expect(wanted), (world.call("refund", {"amount": 2}),)).rows
    assert (row.fit, row.optional) == (Fit.MISMATCHED, False)


def test_a_call_moved_to_the_front_leaves_the_rest_in_order() -> None:
    found = align(expect("a", "b", "c"), calls("c", "a", "b"))
    assert fits(found) == [("out_of_order", "c"), ("matched", "a"), ("matched", "b")]


@pytest.mark.parametrize(
    ("order", "actual", "passed"),
    [
        (Order.EXACT, ("a", "b"), True),
        (Order.EXACT, ("a", "x", "b"), False),
        (Order.EXACT, ("b", "a"), False),
        (Order.IN_ORDER, ("a", "x", "b"), True),
        (Order.IN_ORDER, ("x", "a", "b", "x"), True),
        (Order.IN_ORDER, ("b", "a"), False),
        (Order.IN_ORDER, ("b", "a", "b"), True),
        (Order.ANY_ORDER, ("b", "a"), True),
        (Order.ANY_ORDER, ("b", "a", "a"), False),
        (Order.ANY_ORDER, ("b",), False),
    ],
)
def test_order(order: Order, actual: tuple[str, ...], passed: bool) -> None:  # noqa: FBT001 (a table of cases)
    assert align(expect("a", "b", order=order), calls(*actual)).passed is passed


def test_an_extra_call_allowed_by_the_order_is_shown_and_costs_nothing() -> None:
    found = align(expect("a", order=Order.IN_ORDER), calls("x", "a"))
    assert [(row.fit, row.optional) for row in found.rows] == [(Fit.UNEXPECTED, True), (Fit.MATCHED, False)]
    assert (found.passed, found.f1) == (True, 1.0)


def test_extra_calls_around_a_group_without_order() -> None:
    wanted = expect(any_order("a", "b"), order=Order.IN_ORDER)
    assert align(wanted, calls("x", "b", "x", "a")).passed
    assert not align(wanted, calls("b", "x")).passed


def test_calls_of_one_response_have_no_order_among_themselves() -> None:
    assert align(expect("a", "b", "c"), calls("ba", "c")).passed
    assert not align(expect("a", "b", "c"), calls("bc", "a")).passed


@pytest.mark.parametrize(
    ("items", "actual", "passed"),
    [
        (("a", any_order("b", "c"), "d"), ("a", "c", "b", "d"), True),
        (("a", any_order("b", "c"), "d"), ("b", "a", "c", "d"), False),
        ((any_order("a", any_of(("x", "y"), ("z",))),), ("x", "a", "y"), True),
        ((any_order("a", any_of(("x", "y"), ("z",))),), ("y", "a", "x"), False),
        ((any_order("a", any_of(("x", "y"), ("z",))),), ("z", "a"), True),
        ((any_of(("a",), ("b", "c")), "d"), ("b", "c", "d"), True),
        ((any_of(("a",), ("b", "c")), "d"), ("b", "d"), False),
        ((any_of((), ("a",)),), (), True),
        (("a", optional("b", "c"), "d"), ("a", "d"), True),
        (("a", optional("b", "c"), "d"), ("a", "c", "d"), True),
        (("a", optional("b", "c"), "d"), ("a", "b", "b", "d"), False),
        ((optional(any_of(("a", "b"), ("c",))),), ("c",), True),
        ((ExpectedCall(tool="a", times=(1, 2)), "b"), ("a", "a", "b"), True),
        ((ExpectedCall(tool="a", times=(1, 2)), "b"), ("a", "a", "a", "b"), False),
        ((ExpectedCall(tool="a", times=(1, 2)), "b"), ("b",), False),
        ((ExpectedCall(tool="a", times=(2, None)),), ("a",) * 5, True),
        ((ExpectedCall(tool="a", times=(2, None)),), ("a",), False),
        ((ExpectedCall(tool="a", times=(0, 0)),), ("a",), False),
        ((ExpectedCall(tool="a", times=(0, 0)),), (), True),
    ],
)
def test_groups(items: tuple[str | ExpectedItem, ...], actual: tuple[str, ...], passed: bool) -> None:  # noqa: FBT001
    assert align(expect(*items), calls(*actual)).passed is passed


def test_an_impossible_number_of_repetitions_is_missing_not_endless() -> None:
    found = align(expect(ExpectedCall(tool="a", times=(10**9, None))), calls("a"))
    assert not found.passed


def test_an_optional_call_that_was_made_is_marked() -> None:
    found = align(expect("a", optional("b")), calls("a", "b"))
    assert [(row.fit, row.optional) for row in found.rows] == [(Fit.MATCHED, False), (Fit.MATCHED, True)]


def test_a_name_without_arguments_is_shown_as_unchecked(world: Any) -> None:
    found = align(expect("refund"), (world.call("refund", {"amount": 1}),))
    assert found.rows[0].unchecked
    assert found.rows[0].reason == "Billing called refund as expected (arguments unchecked)"


def test_a_wrong_argument_is_a_mismatch_with_its_path(world: Any) -> None:
    found = align(
        expect(ExpectedCall(tool="refund", arguments={"amount": 1})), (world.call("refund", {"amount": 9999}),)
    )
    (row,) = found.rows
    assert (row.fit, found.f1, found.passed) == (Fit.MISMATCHED, 0.0, False)
    assert [(each.path, each.expected, each.actual) for each in row.differences] == [("$.amount", "1", "9999")]
    assert row.reason == "Billing called refund, but $.amount is different: expected 1, got 9999"


def test_other_arguments_are_refused_only_when_exact(world: Any) -> None:
    call = world.call("refund", {"amount": 1, "note": "x"})
    loose = ExpectedCall(tool="refund", arguments={"amount": 1})
    exact = ExpectedCall(tool="refund", arguments={"amount": 1}, exact_arguments=True)
    assert align(expect(loose), (call,)).passed
    (row,) = align(expect(exact), (call,)).rows
    assert [(each.path, each.reason) for each in row.differences] == [("$.note", "is not expected")]


def test_the_right_call_by_the_wrong_agent_is_worth_nothing(world: Any) -> None:
    call = world.call("refund", by="Technical")
    found = align(expect(ExpectedCall(tool="refund", by=("Billing",))), (call,))
    assert (found.f1, found.passed) == (0.0, False)
    assert found.rows[0].reason == "Technical called refund, but Billing should have called it"


@pytest.mark.parametrize(
    "arguments", ["{not json", "[1]", '"text"', "null", "{" * 100_000, '{"a": ' + "9" * 5000 + "}"]
)
def test_arguments_that_are_no_json_object_are_a_mismatch_with_a_reason(world: Any, arguments: str) -> None:
    (row,) = align(expect("refund"), (world.call("refund", arguments),)).rows
    assert row.fit is Fit.MISMATCHED
    assert "the arguments are not" in row.reason


def test_empty_arguments_are_no_arguments(world: Any) -> None:
    assert align(
        expect(ExpectedCall(tool="refund", arguments={}, exact_arguments=True)), (world.call("refund", " "),)
    ).passed


def test_a_tool_nobody_has_is_a_mismatch_whatever_became_of_the_call(world: Any) -> None:
    call = world.failed("refund", origin=ToolOrigin.UNKNOWN)
    (row,) = align(expect("refund"), (call,)).rows
    assert (row.fit, row.reason) == (Fit.MISMATCHED, "Billing called refund, but it is a tool the agent does not have")
    (row,) = align(expect(order=Order.IN_ORDER), (call,)).rows
    assert (row.fit, row.optional) == (Fit.UNEXPECTED, False)


def test_a_call_that_never_ran_was_not_made(world: Any) -> None:
    found = align(expect("refund"), (world.asked("refund", approval="rejected"),))
    assert [row.fit for row in found.rows] == [Fit.MISSING]
    expected = "refund was not called; Billing asked for it, but it never ran (approval was refused)"
    assert found.rows[0].reason == expected
    assert align(expect(), (world.asked("refund"),)).passed


def test_a_failed_call_counts_only_when_all_calls_count(world: Any) -> None:
    retried = (world.failed("refund"), world.call("refund"))
    assert align(expect("refund"), retried).passed
    assert not align(expect("refund", count=Count.ALL), retried).passed
    assert align(expect("refund", count=Count.ALL), (world.failed("refund"),)).passed


def test_where_no_call_is_expected_a_failed_one_was_made_all_the_same(world: Any) -> None:
    found = align(expect(), (world.failed("refund"),))
    assert [(row.fit, found.passed, found.f1) for row in found.rows] == [(Fit.UNEXPECTED, False, 0.0)]
    behind = ExpectedCall(tool="lookup_account", helper=expect())
    asked = world.call("lookup_account", runs=(world.run("Lookup", world.failed("fetch", by="Lookup")),))
    scores = world.judge(Expectation(tools=expect(behind)), world.billing(asked)).scores
    assert [each.verdict for each in scores if each.scorer == "tools"] == ["passed", "failed"]


def test_a_failed_call_explains_why_the_expected_one_was_not_made(world: Any) -> None:
    (row,) = align(expect("refund"), (world.failed("refund"),)).rows
    assert (row.fit, row.reason) == (Fit.MISMATCHED, "Billing called refund, but the call failed: boom")


def test_ignored_tools_are_not_there() -> None:
    assert not align(expect("a"), calls("l", "a")).passed
    assert align(expect("a", ignore=("l",)), calls("l", "a")).passed


def test_a_forbidden_call_is_refused_where_extra_calls_are_allowed() -> None:
    found = align(expect("a", order=Order.IN_ORDER, forbidden=("x",)), calls("a", "x"))
    assert not found.passed
    assert found.rows[1].reason == "Billing called x(), which is forbidden"


def test_the_helper_decides_which_of_two_equal_calls_is_meant(world: Any) -> None:
    def lookup(customer: str) -> ToolCall:
        inner = world.call("fetch", {"id": customer}, by="Lookup")
        call: ToolCall = world.call("lookup_account", runs=(world.run("Lookup", inner),), model_call="m")
        return call

    def expected(customer: str) -> ExpectedCall:
        fetch = ExpectedCall(tool="fetch", arguments={"id": customer})
        return ExpectedCall(tool="lookup_account", helper=ToolsExpectation(calls=(fetch,)))

    one_way, other_way = lookup("1"), lookup("2")
    found = align(expect(expected("2"), expected("1")), (one_way, other_way))
    assert found.passed
    assert {row.step for row in found.rows} == {one_way.id, other_way.id}


def test_an_assignment_is_found_where_a_greedy_one_fails(world: Any) -> None:
    wide, narrow = ExpectedCall(tool="t", arguments={"a": 1}), ExpectedCall(tool="t", arguments={"a": 1, "b": 2})
    actual = (world.call("t", {"a": 1, "b": 2}), world.call("t", {"a": 1}))
    assert align(expect(wide, narrow, order=Order.ANY_ORDER), actual).passed


TOOLS = "abc"
leaf = st.builds(
    lambda tool, least, more: ExpectedCall(tool=tool, times=(least, least + more)),
    st.sampled_from(TOOLS),
    st.sampled_from([1, 1, 1, 0, 2]),
    st.sampled_from([0, 0, 1]),
)
item: st.SearchStrategy[ExpectedItem] = st.one_of(
    leaf,
    st.lists(leaf, min_size=1, max_size=2).map(lambda items: AnyOrderGroup(calls=tuple(items))),
    st.lists(leaf, min_size=1, max_size=2).map(lambda items: OptionalGroup(calls=tuple(items))),
    st.lists(st.lists(leaf, max_size=2).map(tuple), min_size=1, max_size=2).map(
        lambda alternatives: AnyOfGroup(alternatives=tuple(alternatives))
    ),
)
expected_items = st.lists(item, max_size=3)
batches = st.lists(st.text(alphabet=TOOLS, min_size=1, max_size=3), max_size=3)


def readings(items: tuple[ExpectedItem, ...]) -> set[tuple[str, ...]]:
    """Every sequence of tools that satisfies the items, by brute force."""
    found: set[tuple[str, ...]] = {()}
    for each in items:
        found = {head + tail for head in found for tail in sequences(each)}
    return found


def sequences(each: ExpectedItem) -> set[tuple[str, ...]]:
    match each:
        case ExpectedCall():
            most = each.times[1] or 0
            return {(each.tool,) * count for count in range(each.times[0], most + 1)}
        case AnyOrderGroup():
            parts = itertools.product(*(sequences(call) for call in each.calls))
            return {order for part in parts for order in itertools.permutations(itertools.chain(*part))}
        case OptionalGroup():
            return readings_of_optional(each)
        case AnyOfGroup():
            return {reading for alternative in each.alternatives for reading in readings(alternative)}


def readings_of_optional(group: OptionalGroup) -> set[tuple[str, ...]]:
    found: set[tuple[str, ...]] = {()}
    for call in group.calls:
        assert isinstance(call, ExpectedCall)
        found = {head + (call.tool,) * count for head in found for count in range((call.times[1] or 0) + 1)}
    return found


def orders(made: list[str]) -> set[tuple[str, ...]]:
    """Every order the actual calls may be read in."""
    return {tuple(itertools.chain(*order)) for order in itertools.product(*map(itertools.permutations, made))}


@settings(max_examples=300, deadline=None)
@given(expected_items, batches)
def test_exact_passes_just_when_some_reading_of_both_sides_is_the_same(
    items: list[ExpectedItem], made: list[str]
) -> None:
    possible = bool(readings(tuple(items)) & orders(made))
    assert align(expect(*items), calls(*made)).passed is possible


@settings(max_examples=300, deadline=None)
@given(expected_items, batches)
def test_in_order_passes_just_when_some_reading_is_a_subsequence(items: list[ExpectedItem], made: list[str]) -> None:
    wanted, given_orders = readings(tuple(items)), orders(made)
    possible = any(is_subsequence(want, got) for want in wanted for got in given_orders) and (bool(items) or not made)
    assert align(expect(*items, order=Order.IN_ORDER), calls(*made)).passed is possible


def is_subsequence(want: tuple[str, ...], got: tuple[str, ...]) -> bool:
    rest = iter(got)
    return all(each in rest for each in want)


@settings(max_examples=300, deadline=None)
@given(expected_items, batches)
def test_any_order_passes_just_when_some_reading_has_the_same_calls(items: list[ExpectedItem], made: list[str]) -> None:
    possible = any(sorted(want) == sorted("".join(made)) for want in readings(tuple(items)))
    assert align(expect(*items, order=Order.ANY_ORDER), calls(*made)).passed is possible


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=TOOLS, max_size=6), batches)
def test_as_many_calls_are_matched_as_in_the_longest_common_subsequence(wanted: str, made: list[str]) -> None:
    matched = sum(row.fit is Fit.MATCHED for row in align(expect(*wanted), calls(*made)).rows)
    assert matched == max(longest_common(tuple(wanted), order) for order in orders(made))


def longest_common(one_side: tuple[str, ...], other: tuple[str, ...]) -> int:
    sizes = range(len(one_side), -1, -1)
    return next(
        size for size in sizes if any(is_subsequence(each, other) for each in itertools.combinations(one_side, size))
    )


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sets(st.sampled_from("xyz")), max_size=4), st.lists(st.sets(st.sampled_from("xyz")), max_size=4))
def test_any_order_matches_as_many_calls_as_any_assignment_could(
    wanted: list[set[str]], given_: list[set[str]]
) -> None:
    items = [ExpectedCall(tool="t", arguments=dict.fromkeys(sorted(each), 1)) for each in wanted]
    actual = tuple(
        ToolCall(id=str(place), owner=OWNER, tool="t", call_id=None, arguments=text(each))
        for place, each in enumerate(given_)
    )
    found = align(expect(*items, order=Order.ANY_ORDER), actual)
    assert sum(row.fit is Fit.MATCHED for row in found.rows) == most_matches(wanted, given_)


def text(names: set[str]) -> str:
    return "{" + ", ".join(f'"{name}": 1' for name in sorted(names)) + "}"


def most_matches(wanted: list[set[str]], given_: list[set[str]]) -> int:
    short, long = sorted((wanted, given_), key=len)
    pairs = (
        zip(short, order, strict=True) if short is wanted else zip(order, short, strict=True)
        for order in itertools.permutations(long, len(short))
    )
    return max(sum(want <= got for want, got in each) for each in pairs)


@settings(max_examples=200, deadline=None)
@given(expected_items, batches, st.randoms(use_true_random=False), st.sampled_from(list(Order)))
def test_the_order_of_parallel_calls_changes_nothing(
    items: list[ExpectedItem], made: list[str], random: Any, order: Order
) -> None:
    shuffled = ["".join(random.sample(batch, len(batch))) for batch in made]
    one_way, other = (
        align(expect(*items, order=order), calls(*made)),
        align(expect(*items, order=order), calls(*shuffled)),
    )
    assert (one_way.passed, one_way.f1) == (other.passed, other.f1)
    assert sorted(fits(one_way)) == sorted(fits(other))


@settings(max_examples=200, deadline=None)
@given(
    st.text(alphabet=TOOLS, max_size=5),
    st.text(alphabet=TOOLS, max_size=5),
    st.sampled_from([Order.EXACT, Order.ANY_ORDER]),
)
def test_swapping_expected_and_actual_keeps_the_value(one_side: str, other: str, order: Order) -> None:
    there, back = (
        align(expect(*one_side, order=order), calls(*other)),
        align(expect(*other, order=order), calls(*one_side)),
    )
    assert (there.f1, there.passed) == (back.f1, back.passed)


@settings(max_examples=200, deadline=None)
@given(expected_items, batches, st.sampled_from(list(Order)))
def test_every_call_appears_in_one_row_at_most_and_the_value_says_passed(
    items: list[ExpectedItem], made: list[str], order: Order
) -> None:
    found = align(expect(*items, order=order), calls(*made))
    steps = [row.step for row in found.rows if row.step]
    assert len(steps) == len(set(steps)) == len("".join(made))
    assert 0 <= found.f1 <= 1
    assert found.passed == (found.f1 == 1)


def test_long_conversations_are_aligned_without_searching_for_ever() -> None:
    wanted = ["abcdefgh"[place % 8] for place in range(120)]
    found = align(expect(*wanted), calls(*reversed(wanted)))
    assert not found.passed
    assert len([row for row in found.rows if row.step]) == 120


def test_one_call_out_of_order_beside_a_big_group_is_one(world: Any) -> None:
    group = AnyOrderGroup(calls=tuple(ExpectedCall(tool=f"t{number}") for number in range(14)))
    expectation = ToolsExpectation(calls=(group, ExpectedCall(tool="last")))
    made = [world.call("last"), *(world.call(f"t{number}") for number in reversed(range(14)))]
    found = align(expectation, made)
    assert Counter(row.fit for row in found.rows) == {Fit.MATCHED: 14, Fit.OUT_OF_ORDER: 1}


def test_a_big_parallel_response_against_a_big_group_is_aligned() -> None:
    names = "abcdefghijklmnopqrst"
    group = any_order(*names)
    assert align(expect("x", group, "y"), calls("x", names[::-1], "y")).passed
    assert not align(expect("x", group, "y"), calls(names[::-1], "x", "y")).passed
