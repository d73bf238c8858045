from __future__ import annotations

from typing import Any

import pytest

from harness.core.results import Mode, Timing, Traffic, Verdict
from harness.core.scenario import Expectation, Limits
from harness.core.trace import AgentRef, Layer, ModelCall, Usage

OWNER = AgentRef(name="Billing", layer=Layer.SPECIALIST)


def conversation(world: Any, tokens: int = 100) -> Any:
    def request() -> ModelCall:
        return ModelCall(id=world.id(), owner=OWNER, model="m")

    inner = world.run("Lookup", request(), world.call("fetch", by="Lookup"), usage=Usage(input_tokens=tokens))
    calls = (world.call("lookup_account", runs=(inner,)), world.asked("refund"))
    return world.billing(request(), *calls, usage=Usage(output_tokens=tokens))


@pytest.mark.parametrize(
    ("limits", "verdict", "reason"),
    [
        (Limits(model_calls=2), Verdict.PASSED, "model_calls: 2, within the limit of 2"),
        (Limits(model_calls=1), Verdict.FAILED, "model_calls: 2, over the limit of 1"),
        (Limits(tool_calls=2), Verdict.PASSED, "tool_calls: 2, within the limit of 2"),
        (Limits(tool_calls=1), Verdict.FAILED, "tool_calls: 2, over the limit of 1"),
        (Limits(handoffs=0), Verdict.FAILED, "handoffs: 1, over the limit of 0"),
        (Limits(tokens=200), Verdict.PASSED, "tokens: 200, within the limit of 200"),
        (Limits(tokens=199), Verdict.FAILED, "tokens: 200, over the limit of 199"),
        (Limits(seconds=1), Verdict.NOT_APPLICABLE, "seconds: judged in live runs only"),
        (Limits(tokens=1, seconds=1), Verdict.FAILED, "tokens: 200, over the limit of 1"),
    ],
)
def test_limits(world: Any, limits: Limits, verdict: Verdict, reason: str) -> None:
    trial = world.judge(Expectation(limits=limits), conversation(world), seconds=5.0)
    score = world.score(trial, "limits")
    assert (score.verdict, score.reason, trial.verdict) == (verdict, reason, verdict)


def test_tokens_nobody_counted_are_unknown_not_zero(world: Any) -> None:
    score = world.score(world.judge(Expectation(limits=Limits(tokens=1)), conversation(world, tokens=0)), "limits")
    assert (score.verdict, score.reason) == (Verdict.ERRORED, "tokens: the endpoint counted no tokens")


@pytest.mark.parametrize(
    ("mode", "traffic", "verdict"),
    [
        (Mode.REPLAY, Traffic(recorded_cost_usd=0.5), Verdict.PASSED),
        (Mode.REPLAY, Traffic(recorded_cost_usd=2.0), Verdict.FAILED),
        (Mode.REPLAY, Traffic(cost_usd=0.0), Verdict.ERRORED),
        (Mode.LIVE, Traffic(cost_usd=2.0), Verdict.FAILED),
        (Mode.LIVE, Traffic(cost_usd=None), Verdict.ERRORED),
        (Mode.RECORD, Traffic(cost_usd=0.5), Verdict.PASSED),
    ],
)
def test_cost(world: Any, mode: Mode, traffic: Traffic, verdict: Verdict) -> None:
    expect = Expectation(limits=Limits(cost_usd=1.0))
    assert world.judge(expect, conversation(world), traffic=traffic, mode=mode).verdict is verdict


def test_the_seconds_of_a_turn_are_those_of_its_runs(world: Any) -> None:
    runs = conversation(world), conversation(world)
    timings = {run.id: Timing(start_ms=0, duration_ms=1500) for run in runs}
    turns = (None, Expectation(limits=Limits(seconds=1)))
    live = world.judge(None, *runs, turns=turns, timings=timings, mode=Mode.LIVE)
    assert world.score(live, "limits", 1).reason == "seconds: 1.5, over the limit of 1"
    assert world.judge(None, *runs, turns=turns, mode=Mode.LIVE).verdict is Verdict.ERRORED


def test_the_cost_of_one_turn_of_several_is_unknown(world: Any) -> None:
    turns = (Expectation(limits=Limits(cost_usd=1.0)), None)
    trial = world.judge(None, world.billing(), world.billing(), turns=turns, traffic=Traffic(recorded_cost_usd=0.1))
    assert trial.verdict is Verdict.ERRORED
