"""What other tools get wrong, row by row of the table in docs/scoring.md."""

from __future__ import annotations

from typing import Any

from harness.core.results import Fit, TrialError, Verdict
from harness.core.scenario import Expectation, ExpectedCall, Order, ToolsExpectation
from harness.core.trace import ErrorKind, Layer
from harness.scoring.alignment import align


def expect(*calls: ExpectedCall | str, **fields: Any) -> ToolsExpectation:
    return ToolsExpectation(
        calls=tuple(ExpectedCall(tool=each) if isinstance(each, str) else each for each in calls), **fields
    )


def test_an_assignment_is_found_where_the_first_fit_blocks_the_second(world: Any) -> None:
    wide = ExpectedCall(tool="t", arguments={"a": 1})
    narrow = ExpectedCall(tool="t", arguments={"a": 1, "b": 2})
    actual = (world.call("t", {"a": 1, "b": 2}), world.call("t", {"a": 1}))
    found = align(expect(wide, narrow, order=Order.ANY_ORDER), actual)
    assert (found.passed, found.f1) == (True, 1.0)


def test_true_is_not_one(world: Any) -> None:
    for expected, actual in ((True, 1), (1, True), (False, 0)):
        call = ExpectedCall(tool="t", arguments={"a": expected})
        assert not align(expect(call), (world.call("t", {"a": actual}),)).passed


def test_a_call_where_none_is_expected_is_worth_nothing_however_relaxed_the_order(world: Any) -> None:
    for order in Order:
        found = align(expect(order=order), (world.call("delete_all"),))
        assert (found.f1, found.passed) == (0.0, False)


def test_the_right_call_by_the_wrong_agent_is_worth_nothing_in_every_order(world: Any) -> None:
    for order in Order:
        call = ExpectedCall(tool="refund", by=("Billing",))
        found = align(expect(call, order=order), (world.call("refund", by="Technical"),))
        assert (found.f1, found.passed) == (0.0, False)


def test_other_arguments_fail_without_being_asked_for_strictness(world: Any) -> None:
    call = ExpectedCall(tool="refund", arguments={"amount": 1})
    assert not align(expect(call), (world.call("refund", {"amount": 9999}),)).passed


def test_identical_calls_are_worth_everything(world: Any) -> None:
    assert align(expect("a", "a"), (world.call("a"), world.call("a"))).f1 == 1.0


def test_a_side_without_arguments_is_scored_with_a_reason(world: Any) -> None:
    call = ExpectedCall(tool="refund", arguments={"amount": 1})
    (row,) = align(expect(call), (world.call("refund", ""),)).rows
    assert row.reason == "Billing called refund, but $.amount is missing: expected 1, got nothing"
    assert align(expect("refund"), (world.call("refund", {"amount": 1}),)).passed


def test_nothing_that_is_deterministic_needs_a_key(world: Any) -> None:
    trial = world.judge(Expectation(tools=expect("refund")), world.billing(world.call("refund")))
    assert trial.verdict is Verdict.PASSED


def test_calls_are_counted_in_any_order(world: Any) -> None:
    made = (world.call("a"), world.call("b"), world.call("b"))
    found = align(expect("a", "a", "b", order=Order.ANY_ORDER), made)
    assert not found.passed
    assert sorted(row.fit for row in found.rows) == sorted([Fit.MATCHED, Fit.MATCHED, Fit.MISSING, Fit.UNEXPECTED])


def test_unchecked_arguments_of_one_call_leave_the_others_checked(world: Any) -> None:
    checked = ExpectedCall(tool="refund", arguments={"amount": 1})
    found = align(expect("invoice", checked), (world.call("invoice", {"id": 7}), world.call("refund", {"amount": 2})))
    assert [(row.fit, row.unchecked) for row in found.rows] == [(Fit.MATCHED, True), (Fit.MISMATCHED, False)]


def test_a_misspelt_argument_name_never_passes(world: Any) -> None:
    call = ExpectedCall(tool="refund", arguments={"ammount": 1})
    (row,) = align(expect(call), (world.call("refund", {"amount": 1}),)).rows
    assert row.differences[0].reason == "is missing"


def test_arguments_that_are_not_json_are_a_mismatch_with_a_reason(world: Any) -> None:
    (row,) = align(expect("refund"), (world.call("refund", '{"amount": '),)).rows
    assert row.fit is Fit.MISMATCHED
    assert row.reason.startswith("Billing called refund, but the arguments are not valid JSON (")


def test_one_extra_trailing_call_costs_a_part_and_is_named(world: Any) -> None:
    found = align(expect("a", "b"), (world.call("a"), world.call("b"), world.call("c")))
    assert found.f1 == 0.8
    assert [row.tool for row in found.rows if row.fit is Fit.UNEXPECTED] == ["c"]


def test_a_handoff_to_the_wrong_agent_fails_though_there_are_as_many(world: Any) -> None:
    run = world.run("Triage", world.hand("Triage", "Technical"))
    for expected in (Expectation(specialist=("Billing",)), Expectation(route=("Triage", "Billing"))):
        assert world.judge(expected, run).verdict is Verdict.FAILED


def test_a_crash_is_neither_a_pass_nor_a_score_of_nothing(world: Any) -> None:
    error = TrialError(kind=ErrorKind.APPLICATION, type="KeyError", message="x")
    trial = world.judge(Expectation(specialist=("Billing",)), world.billing(), error=error)
    assert (trial.verdict, trial.scores) == (Verdict.ERRORED, ())


def test_a_narrated_handoff_is_noticed(world: Any) -> None:
    run = world.run("Triage", world.say("Triage", "I will hand you over to billing."))
    trial = world.judge(Expectation(specialist=("Billing",)), run)
    assert trial.verdict is Verdict.FAILED
    assert world.score(trial, "routing").outcome == "narrated"


def test_calls_inside_an_agent_as_tool_are_judged_below_their_caller_with_their_owner(world: Any) -> None:
    inner = world.call("fetch", by="Lookup")
    outer = world.call("lookup_account", runs=(world.run("Lookup", inner),))
    call = ExpectedCall(tool="lookup_account", helper=expect(ExpectedCall(tool="fetch", by=("Lookup",))))
    trial = world.judge(Expectation(tools=expect(call)), world.billing(outer))
    rows = [(each.layer, row.step, row.agent) for each in trial.scores if each.alignment for row in each.alignment.rows]
    assert rows == [(Layer.SPECIALIST, outer.id, outer.owner), (Layer.HELPER, inner.id, inner.owner)]
