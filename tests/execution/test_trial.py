"""One trial of someone else's application, recorded against a scripted stand-in and replayed without it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import TypeAdapter

from harness.core.results import Mode, Trial, Verdict
from harness.core.scenario import AnswerExpectation, Expectation, Scenario
from harness.core.trace import ErrorKind, ToolCall, Trace, answer_of, route_of, runs_of
from harness.execution import trial as trial_module
from harness.execution.environment import prepared
from harness.execution.spec import Conditions
from harness.execution.trial import run_trial
from harness.standin.server import running
from harness.system.graph import read_graph
from harness.system.loading import System

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.execution.spec import TrialSpec
    from harness.system.graph import LiveGraph

    Plan = Callable[..., TrialSpec]

_TRACE = TypeAdapter(Trace)

OPENINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "approved": ("I need my pills", {"approvals": {"prescribe": True}}),
    "rejected": ("I need my pills", {"approvals": {"prescribe": False}}),
    "undecided": ("I need my pills", {}),
    "parallel": ("What does the leaflet say about my pills?", {}),
    "streamed": ("I need a letter", {}),
    "tripped": ("He collapsed!", {}),
    "unknown-tool": ("Do the unknown", {}),
    "two-turns": ("Hello", {"more": ("I need my pills",), "approvals": {"prescribe": True}}),
}


def plain(trial: Trial) -> bytes:
    return _TRACE.dump_json(trial.trace)


def recording(url: str, **changes: Any) -> Conditions:
    return Conditions(system="clinic:build", mode=Mode.RECORD, endpoint=url, **changes)


REPLAYING = Conditions(system="clinic:build")


async def record(spec: TrialSpec, live: LiveGraph, **changes: Any) -> Trial:
    with running(script=Path("tests/data/clinic.script.yaml")) as url, prepared(Mode.RECORD, url):
        return await run_trial(spec, recording(url, **changes), live)


async def replay(spec: TrialSpec, live: LiveGraph, **changes: Any) -> Trial:
    with prepared(Mode.REPLAY, None):
        return await run_trial(spec, replace(REPLAYING, **changes), live)


@pytest.mark.parametrize("name", OPENINGS)
async def test_a_replay_gives_the_very_trace_that_was_recorded(name: str, clinic: LiveGraph, plan: Plan) -> None:
    user, details = OPENINGS[name]
    spec = plan(user, id=name, **details)

    recorded = await record(spec, clinic)
    replayed = await replay(spec, clinic)

    assert recorded.error is None
    assert recorded.verdict is Verdict.NOT_APPLICABLE
    assert recorded.traffic.live > 0
    assert replayed.error is None
    assert replayed.traffic.live == 0
    assert plain(replayed) == plain(recorded)


async def test_everything_an_application_does_by_itself_is_on_the_tape(clinic: LiveGraph, plan: Plan) -> None:
    spec = plan("What does the leaflet say about my pills?")

    await record(spec, clinic)
    trial = await replay(spec, clinic)

    names = [run.agent.name for run in runs_of(trial.trace)]
    assert sorted(names) == ["Gatekeeper", "Librarian", "Librarian", "Pharmacist", "Pharmacist", "Reception"]
    assert answer_of(trial.trace) == "Get well soon."


async def test_agents_of_one_name_are_told_apart(clinic: LiveGraph, plan: Plan) -> None:
    trial = await record(plan("I need a letter"), clinic)

    assert [agent.name for agent in route_of(trial.trace)] == ["Reception", "Nurse (2)"]


async def test_a_context_is_made_from_the_scenario_and_closed_at_the_end(clinic: LiveGraph, plan: Plan) -> None:
    spec = plan("I need my pills", approvals={"prescribe": True}, context={"patient": "Grace"})

    trial = await record(spec, clinic)

    assert trial.trace.state == {"prescribed": ["aspirin"]}
    assert __import__("clinic").closed[-1] == "Grace"


async def test_a_missing_recording_could_not_be_judged(clinic: LiveGraph, plan: Plan) -> None:
    trial = await replay(plan("Hello"), clinic)

    assert trial.verdict is Verdict.ERRORED
    assert trial.error is not None
    assert trial.error.type == "CassetteMissingError"
    assert "harness record" in trial.error.hint
    assert trial.trace == Trace()


async def test_a_miss_that_a_helper_swallowed_could_not_be_judged(
    clinic: LiveGraph, clinic_of: Callable[[str | None], LiveGraph], plan: Plan
) -> None:
    spec = plan("What does the leaflet say about my pills?")
    await record(spec, clinic)

    trial = await replay(spec, clinic_of("be brief"))

    assert trial.verdict is Verdict.ERRORED
    assert trial.error is not None
    assert trial.error.kind is ErrorKind.INFRASTRUCTURE
    assert "Pharmacist" in trial.error.message


async def test_an_unknown_tool_is_the_agents_fault_and_a_recording_all_the_same(clinic: LiveGraph, plan: Plan) -> None:
    spec = plan("Do the unknown", more=("I need a letter",))

    trial = await record(spec, clinic)

    assert trial.error is None
    (turn,) = trial.trace.turns
    assert turn.runs[0].error is not None
    assert turn.runs[0].error.kind is ErrorKind.BEHAVIOUR
    assert spec.cassette.exists()


async def test_an_outage_is_told_as_such_and_leaves_no_recording(clinic: LiveGraph, plan: Plan) -> None:
    spec = plan("There is an outage")

    trial = await record(spec, clinic)

    assert trial.error is not None
    assert trial.error.kind is ErrorKind.INFRASTRUCTURE
    assert not spec.cassette.exists()


async def test_a_live_outage_is_tried_again_and_the_tries_are_counted(
    clinic: LiveGraph, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial_module, "_FIRST_PAUSE", 0.0)
    conditions = Conditions(system="clinic:build", mode=Mode.LIVE, endpoint="http://127.0.0.1:9/v1", retries=1)

    with prepared(Mode.LIVE, conditions.endpoint):
        trial = await run_trial(plan("Hello"), conditions, clinic)

    assert trial.error is not None
    assert trial.error.kind is ErrorKind.INFRASTRUCTURE
    assert trial.retries == 1
    assert "Traceback" in trial.error.traceback


async def test_recording_without_a_key_says_what_to_do(clinic: LiveGraph, plan: Plan) -> None:
    trial = await run_trial(plan("Hello"), Conditions(system="clinic:build", mode=Mode.RECORD), clinic)

    assert trial.error is not None
    assert "OPENAI_API_KEY" in trial.error.message
    assert "--standin" in trial.error.hint


@pytest.mark.parametrize("broken", ["context", "state"])
async def test_an_error_of_the_application_keeps_its_traceback(broken: str, clinic: LiveGraph, plan: Plan) -> None:
    def fail(*_: Any) -> Any:
        raise ZeroDivisionError("by zero")

    system = replace(clinic.system, **{broken: fail})  # type: ignore[arg-type]  # one of two fields of this type

    trial = await record(plan("Hello"), read_graph(system))

    assert trial.error is not None
    assert trial.error.kind is ErrorKind.APPLICATION
    assert trial.error.type == "ZeroDivisionError"
    assert "in fail" in trial.error.traceback


async def test_an_application_that_cancels_its_own_work_ends_only_its_trial(clinic: LiveGraph, plan: Plan) -> None:
    async def cancelled() -> Any:
        raise asyncio.CancelledError

    live = read_graph(System(entry=clinic.system.entry, context=cancelled))

    trial = await record(plan("Hello"), live)

    assert trial.error is not None
    assert trial.error.type == "CancelledError"


async def test_cancelling_a_trial_cancels_it(clinic: LiveGraph, plan: Plan) -> None:
    async def endless() -> Any:
        await asyncio.sleep(3600)

    live = read_graph(System(entry=clinic.system.entry, context=endless))
    task = asyncio.create_task(record(plan("Hello"), live))
    await asyncio.sleep(0.2)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_trial_that_takes_too_long_is_stopped(clinic: LiveGraph, plan: Plan) -> None:
    async def endless() -> Any:
        await asyncio.sleep(3600)

    trial = await record(plan("Hello"), read_graph(System(entry=clinic.system.entry, context=endless)), timeout=0.05)

    assert trial.error is not None
    assert trial.error.type == "TrialTimeoutError"
    assert "0.05 s" in trial.error.message


async def test_a_timeout_of_the_application_is_not_ours(clinic: LiveGraph, plan: Plan) -> None:
    def fail() -> Any:
        raise TimeoutError("the database is slow")

    trial = await record(plan("Hello"), read_graph(System(entry=clinic.system.entry, context=fail)))

    assert trial.error is not None
    assert trial.error.message == "the database is slow"


async def test_a_rubric_is_judged_on_the_same_tape(clinic: LiveGraph, plan: Plan) -> None:
    expect = Expectation(answer=AnswerExpectation(judge="It is kind."))
    spec = plan("What does the leaflet say about my pills?", expect=expect)

    recorded = await record(spec, clinic)
    replayed = await replay(spec, clinic)

    (judgement,) = recorded.trace.judgements
    assert (judgement.rubric, judgement.passed, judgement.model) == ("It is kind.", True, "gpt-4o-mini")
    assert plain(replayed) == plain(recorded)


async def test_an_endpoint_may_speak_chat_completions(clinic: LiveGraph, plan: Plan) -> None:
    spec = plan("I need my pills", approvals={"prescribe": True})

    recorded = await record(spec, clinic, api="chat_completions")
    replayed = await replay(spec, clinic, api="chat_completions")

    assert "/chat/completions" in spec.cassette.read_text()
    assert plain(replayed) == plain(recorded)


async def test_tool_calls_of_a_rejected_approval_did_not_run(clinic: LiveGraph, plan: Plan) -> None:
    trial = await record(plan("I need my pills", approvals={"prescribe": False}), clinic)

    (call,) = [step for run in runs_of(trial.trace) for step in run.steps if isinstance(step, ToolCall)]
    assert call.approval == "rejected"
    assert trial.trace.state == {"prescribed": []}


def test_a_scenario_and_its_trial_have_one_key(plan: Plan) -> None:
    spec = plan("Hello", id="greeting")

    assert spec.key == Trial(scenario="greeting", verdict=Verdict.PASSED).key
    assert isinstance(spec.scenario, Scenario)
