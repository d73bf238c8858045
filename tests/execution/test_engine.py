"""Many trials: in order, so many at a time, stopped and cancelled, and the same as one by one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import TypeAdapter

from harness.core.results import Mode, Trial, Verdict
from harness.core.trace import Trace
from harness.execution.engine import run_all
from harness.execution.environment import prepared
from harness.execution.spec import Conditions
from harness.execution.trial import run_trial
from harness.standin.server import running

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.execution.engine import Work
    from harness.execution.spec import TrialSpec
    from harness.system.graph import LiveGraph

    Plan = Callable[..., TrialSpec]

_TRACE = TypeAdapter(Trace)


def go_on(_: Trial) -> bool:
    return False


def plain(trials: tuple[Trial, ...]) -> list[bytes]:
    return [_TRACE.dump_json(trial.trace) for trial in trials]


def passing(seconds: Callable[[TrialSpec], float]) -> Work:
    async def work(spec: TrialSpec) -> Trial:
        await asyncio.sleep(seconds(spec))
        return Trial(scenario=spec.scenario.id, index=spec.index, verdict=Verdict.PASSED)

    return work


async def test_a_trial_waits_for_the_one_that_records_its_history(plan: Plan) -> None:
    source = plan("hi")
    source = replace(source, cassette=source.cassette.with_name(f"{source.scenario.id}.yaml"))
    later = replace(source.scenario, id="later", history_from=source.scenario.id)
    dependent = replace(source, scenario=later, cassette=source.cassette.with_name("later.yaml"))
    told: list[str] = []

    def tell(trial: Trial) -> bool:
        told.append(trial.scenario)
        return False

    for at_once in (1, 2):
        trials = await run_all([dependent, source], passing(lambda spec: 0.03 * (spec is source)), tell, at_once)
        assert [trial.scenario for trial in trials] == ["later", source.scenario.id]
    assert told == [source.scenario.id, "later"] * 2


async def test_trials_are_told_of_as_they_end_and_returned_in_order(plan: Plan) -> None:
    specs = [plan("hi", index=each) for each in range(4)]
    told: list[int] = []

    def tell(trial: Trial) -> bool:
        told.append(trial.index)
        return False

    trials = await run_all(specs, passing(lambda spec: 0.04 - spec.index / 100), tell, 4)

    assert told == [3, 2, 1, 0]
    assert [trial.index for trial in trials] == [0, 1, 2, 3]


async def test_no_more_run_at_once_than_asked_for(plan: Plan) -> None:
    at_work, most = 0, 0

    async def work(spec: TrialSpec) -> Trial:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await asyncio.sleep(0)
        at_work -= 1
        return Trial(scenario=spec.scenario.id, index=spec.index, verdict=Verdict.PASSED)

    await run_all([plan("hi", index=each) for each in range(20)], work, go_on, 3)

    assert most == 3


async def test_asked_to_stop_it_finishes_what_runs_and_begins_nothing(plan: Plan) -> None:
    specs = [plan("hi", index=each) for each in range(10)]

    trials = await run_all(specs, passing(lambda spec: 0.01 * (spec.index + 1)), lambda trial: trial.index == 0, 2)

    assert [trial.index for trial in trials] == [0, 1]


async def test_what_had_ended_before_a_cancellation_was_told_of(plan: Plan) -> None:
    told: list[int] = []
    first = asyncio.Event()

    def tell(trial: Trial) -> bool:
        told.append(trial.index)
        first.set()
        return False

    specs = [plan("hi", index=each) for each in range(3)]
    work = passing(lambda spec: 3600.0 if spec.index else 0.0)
    task = asyncio.create_task(run_all(specs, work, tell, 2))
    await first.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert told == [0]


async def test_an_error_outside_a_trial_comes_through_as_itself(plan: Plan) -> None:
    def full(_: Trial) -> bool:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        await run_all([plan("hi")], passing(lambda _: 0.0), full, 2)


async def test_no_trials_is_no_trouble() -> None:
    assert await run_all([], passing(lambda _: 0.0), go_on, 8) == ()


KINDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("I need my pills", {"approvals": {"prescribe": True}}),
    ("What does the leaflet say about my pills?", {}),
    ("I need a letter", {}),
    ("Hello", {"more": ("I need my pills",), "approvals": {"prescribe": False}}),
)


async def test_a_hundred_trials_at_once_are_the_same_as_one_by_one(clinic: LiveGraph, plan: Plan) -> None:
    taped = [plan(KINDS[each % 4][0], id=f"case-{each}", **KINDS[each % 4][1]) for each in range(20)]
    with running(script=Path("tests/data/clinic.script.yaml")) as url, prepared(Mode.RECORD, url):
        conditions = Conditions(system="clinic:build", mode=Mode.RECORD, endpoint=url)
        recorded = await run_all(taped, partial(run_trial, conditions=conditions, live=clinic), go_on, 20)
    with prepared(Mode.REPLAY, None):
        replay = partial(run_trial, conditions=Conditions(system="clinic:build"), live=clinic)
        at_once = await run_all(taped * 5, replay, go_on, 100)
        one_by_one = await run_all(taped, replay, go_on, 1)

    assert [trial.error for trial in (*recorded, *at_once, *one_by_one) if trial.error] == []
    assert plain(at_once) == plain(one_by_one) * 5
    assert plain(one_by_one) == plain(recorded)
