from __future__ import annotations

from typing import Any

from harness.core.results import Verdict
from harness.core.scenario import Expectation


def test_listed_keys_of_the_state_must_fit(world: Any) -> None:
    expect = Expectation(state={"refunds": [{"amount": {"between": [0, 50]}}]})
    good = world.judge(expect, world.billing(), state={"refunds": [{"amount": 49.0}], "cases": []})
    assert good.verdict is Verdict.PASSED
    bad = world.judge(expect, world.billing(), state={"refunds": [{"amount": 4900}]})
    assert world.score(bad, "state").reason == (
        'the end state differs: $.refunds[0].amount is not between 0 and 50: expected {"between": [0, 50]}, got 4900'
    )


def test_an_empty_ledger_can_be_expected(world: Any) -> None:
    expect = Expectation(state={"refunds": []})
    assert world.judge(expect, world.billing(), state={"refunds": [1]}).verdict is Verdict.FAILED


def test_the_state_may_be_any_value_and_the_expectation_a_matcher(world: Any) -> None:
    assert world.judge(Expectation(state={"length": 2}), world.billing(), state=[1, 2]).verdict is Verdict.PASSED
    assert world.judge(Expectation(state=[1]), world.billing(), state=[1, 2]).verdict is Verdict.FAILED


def test_a_system_without_a_state_cannot_be_judged(world: Any) -> None:
    trial = world.judge(Expectation(state={"refunds": []}), world.billing())
    assert trial.verdict is Verdict.ERRORED
    assert "records no end state" in world.score(trial, "state").reason


def test_the_state_is_known_at_the_end_only(world: Any) -> None:
    expect = Expectation(state={"a": 1})
    trial = world.judge(None, world.billing(), world.run("Billing"), turns=(expect, expect), state={"a": 1})
    assert world.score(trial, "state", 0).verdict is Verdict.ERRORED
    assert world.score(trial, "state", 1).verdict is Verdict.PASSED
