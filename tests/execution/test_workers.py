"""Trials in processes of their own: the same traces, and what happens when a process dies."""

from __future__ import annotations

import multiprocessing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from harness.core.results import Mode, Trial, Verdict
from harness.core.trace import Trace, answer_of
from harness.execution.engine import run_all
from harness.execution.environment import prepared
from harness.execution.spec import Conditions
from harness.execution.trial import run_trial
from harness.execution.workers import processes
from harness.standin.server import running

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.execution.spec import TrialSpec
    from harness.system.graph import LiveGraph

    Plan = Callable[..., TrialSpec]

_TRACE = TypeAdapter(Trace)
SCRIPT = Path("tests/data/clinic.script.yaml")


def go_on(_: Trial) -> bool:
    return False


async def test_processes_replay_the_same_traces(clinic: LiveGraph, plan: Plan) -> None:
    specs = [plan("I need my pills", id=f"case-{each}", approvals={"prescribe": True}) for each in range(6)]
    with running(script=SCRIPT) as url, prepared(Mode.RECORD, url):
        recording = Conditions(system="clinic:build", mode=Mode.RECORD, endpoint=url)
        recorded = await run_all(specs, partial(run_trial, conditions=recording, live=clinic), go_on, 6)

    async with processes(2, Conditions(system="clinic:build")) as work:
        replayed = await run_all(specs, work, go_on, 2)

    assert [_TRACE.dump_json(each.trace) for each in replayed] == [_TRACE.dump_json(each.trace) for each in recorded]
    assert {trial.error for trial in replayed} == {None}


async def test_a_killed_process_is_replaced_and_a_deadly_trial_is_given_up(
    clinic_of: Callable[[str | None], LiveGraph], plan: Plan
) -> None:
    fine, deadly = plan("hello", id="fine"), plan("crash", id="deadly")

    def kill_one(trial: Trial) -> bool:
        if trial.scenario == "fine":
            (child,) = multiprocessing.active_children()
            child.kill()
        return False

    with running(script=SCRIPT) as url, prepared(Mode.LIVE, url):
        conditions = Conditions(system="clinic:dying", mode=Mode.LIVE, endpoint=url)
        async with processes(1, conditions) as work:
            first, second, third = await run_all([fine, deadly, plan("hello", id="again")], work, kill_one, 1)

    assert (answer_of(first.trace), first.error) == ("Still here.", None)
    assert second.verdict is Verdict.ERRORED
    assert second.error is not None
    assert (second.error.type, second.key) == ("ProcessDied", deadly.key)
    assert "3 times" in second.error.message
    assert answer_of(third.trace) == "Still here."
