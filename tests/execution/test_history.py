"""A specialist's trial that goes on where another scenario's recording handed the conversation to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.core.results import Mode
from harness.core.trace import answer_of, route_of
from harness.errors import CassetteMissingError
from harness.execution.environment import prepared
from harness.execution.history import said_before
from harness.execution.spec import Conditions
from harness.execution.trial import run_trial
from harness.standin.server import running

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.core.results import Trial
    from harness.execution.spec import TrialSpec
    from harness.system.graph import LiveGraph

    Plan = Callable[..., TrialSpec]


async def record(spec: TrialSpec, live: LiveGraph, api: str = "responses") -> Trial:
    with running(script=Path("tests/data/clinic.script.yaml")) as url, prepared(Mode.RECORD, url):
        conditions = Conditions(system="clinic:build", mode=Mode.RECORD, endpoint=url, api=api)
        return await run_trial(spec, conditions, live)


def end_to_end(plan: Plan, user: str) -> TrialSpec:
    spec = plan(user, id="whole")
    return type(spec)(scenario=spec.scenario, index=0, cassette=spec.cassette.with_name("whole.yaml"))


@pytest.mark.parametrize("api", ["responses", "chat_completions"])
async def test_a_trial_begins_with_what_the_specialist_was_handed(api: str, clinic: LiveGraph, plan: Plan) -> None:
    await record(end_to_end(plan, "What does the leaflet say about my pills?"), clinic, api)
    spec = plan("Is that all in the leaflet?", agent="Nurse", history_from="whole")

    said = said_before(spec, clinic.data)
    trial = await record(spec, clinic, api)

    kinds = [dict(item).get("type", dict(item).get("role")) for item in said]
    assert kinds == ["user", "function_call", "function_call_output"]
    assert trial.error is None
    assert [agent.name for agent in route_of(trial.trace)] == ["Nurse"]
    assert answer_of(trial.trace) == "Get well soon."


async def test_the_right_one_of_two_agents_of_a_name_must_have_been_reached(clinic: LiveGraph, plan: Plan) -> None:
    await record(end_to_end(plan, "I need a letter"), clinic)

    assert len(said_before(plan("go on", agent="Nurse (2)", history_from="whole"), clinic.data)) == 3
    with pytest.raises(CassetteMissingError, match="never hands the conversation to 'Nurse'"):
        said_before(plan("go on", agent="Nurse", history_from="whole"), clinic.data)


async def test_a_history_without_its_recording_cannot_be_judged(clinic: LiveGraph, plan: Plan) -> None:
    trial = await record(plan("go on", agent="Nurse", history_from="whole"), clinic)

    assert trial.error is not None
    assert trial.error.type == "CassetteMissingError"
    assert "whole.yaml" in trial.error.message
