"""The seam on the SDK: it changes nothing for the application, and an upgrade that moves it is noticed here."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import pytest
from agents import Agent, AgentHooks, RunConfig, RunHooks, Runner, function_tool, handoff
from agents.lifecycle import RunHooksBase
from agents.models.interface import Model
from agents.models.multi_provider import MultiProvider
from agents.run import AgentRunner, get_default_agent_runner, set_default_agent_runner
from agents.testing import ScriptedModel, assistant_message, function_call
from agents.tool_context import ToolContext

from harness.errors import HarnessError
from harness.execution import recorder
from harness.execution.capture import Capture, installed
from harness.execution.recorder import Recorder, laid_over
from harness.system.graph import read_graph
from harness.system.loading import System


@function_tool
def ping() -> str:
    """Ping."""
    return "pong"


def two_agents() -> Agent[Any]:
    second = Agent(name="Second", model=ScriptedModel([[assistant_message("done")]]))
    script = ScriptedModel(
        [[function_call("ping", {}, call_id="a")], [function_call("transfer_to_second", {}, call_id="b")]]
    )
    return Agent(name="First", tools=[ping], handoffs=[second], model=script)


def listening(heard: list[str]) -> RunHooks[Any]:
    """Hooks of an application: each call by its name and the names of the agents and tools it tells of."""

    def hook(name: str) -> Any:
        async def on(_: Any, *args: Any, **kwargs: Any) -> None:
            heard.append(" ".join([name, *(each.name for each in (*args, *kwargs.values()) if hasattr(each, "name"))]))

        return on

    names = [name for name in dir(RunHooksBase) if name.startswith("on_")]
    return type("Listening", (RunHooksBase,), {name: hook(name) for name in names})()  # type: ignore[no-any-return]


async def test_the_applications_hooks_hear_what_they_hear_without_the_recorder(session: Any) -> None:
    alone: list[str] = []
    watched: list[str] = []
    await Runner.run(two_agents(), "hi", hooks=listening(alone))
    await session(two_agents()).run(hooks=listening(watched))
    assert watched == alone
    assert {"on_tool_start First ping", "on_tool_end First ping", "on_handoff First Second"} <= set(watched)


async def test_an_error_in_the_applications_hook_still_ends_the_run(session: Any) -> None:
    class Broken(RunHooks[Any]):
        async def on_llm_end(self, *_: Any) -> None:
            raise LookupError("the hook's own")

    held = session(two_agents())
    await held.run(hooks=Broken())
    assert [str(error) for error in held.raised] == ["the hook's own"]


async def test_hooks_of_the_wrong_kind_are_refused_as_ever(session: Any) -> None:
    held = session(two_agents())
    await held.run(hooks=AgentHooks())
    assert [type(error) for error in held.raised] == [TypeError]


async def test_results_are_the_sdks_own(session: Any) -> None:
    capture = Capture(read_graph(System(entry=(entry := two_agents()))))
    with installed(), capture.turn("hi"):
        result = await Runner.run(entry, "hi")
    assert (result.final_output, result.last_agent.name, len(result.raw_responses)) == ("done", "Second", 3)


def test_installing_twice_is_installing_once_and_leaving_restores() -> None:
    before = get_default_agent_runner()
    with installed():
        outer = get_default_agent_runner()
        with installed():
            assert get_default_agent_runner() is outer
        assert get_default_agent_runner() is outer
    assert isinstance(outer, Recorder)
    assert get_default_agent_runner() is before


async def test_a_runner_that_was_there_before_still_does_the_running() -> None:
    class Own(AgentRunner):
        ran = 0

        async def run(self, *args: Any, **kwargs: Any) -> Any:
            self.ran += 1
            return await super().run(*args, **kwargs)

    own = Own()
    set_default_agent_runner(own)
    try:
        capture = Capture(read_graph(System(entry=(entry := two_agents()))))
        with installed(), capture.turn("hi"):
            await Runner.run(entry, "hi")
        assert own.ran == 1
        assert len(capture.finish().turns[0].runs) == 1
    finally:
        set_default_agent_runner(None)


def test_a_turn_that_would_capture_nothing_is_refused() -> None:
    capture = Capture(read_graph(System(entry=two_agents())))
    with pytest.raises(HarnessError, match="nothing would be captured"), capture.turn("hi"):
        pass


async def test_a_cancelled_run_is_shown_as_interrupted() -> None:
    @function_tool
    async def sleep() -> str:
        await asyncio.sleep(30)
        return "late"

    entry = Agent(name="A", tools=[sleep], model=ScriptedModel([[function_call("sleep", {}, call_id="c")]]))
    capture = Capture(read_graph(System(entry=entry)))
    with installed(), capture.turn("hi"), pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await Runner.run(entry, "hi")
    run = capture.finish().turns[0].runs[0]
    assert (run.interrupted, run.error, [step.kind for step in run.steps]) == (True, None, ["model_call", "tool_call"])


def test_a_run_config_is_the_applications_where_ours_says_nothing() -> None:
    ours = RunConfig(model_provider=MultiProvider(), group_id="scenario")
    theirs = RunConfig(model="gpt-mini", workflow_name="Billing", group_id="theirs")
    merged = laid_over(theirs, ours)
    assert isinstance(merged, RunConfig)
    assert (merged.model, merged.workflow_name, merged.group_id) == ("gpt-mini", "Billing", "scenario")
    assert merged.model_provider is ours.model_provider
    assert laid_over(None, ours) is ours
    assert laid_over({"model": "gpt-mini"}, ours) == laid_over(RunConfig(model="gpt-mini"), ours)


def test_a_provider_that_the_sdk_would_make_and_close_itself_stays_its_own() -> None:
    assert laid_over(None, None) == {}
    assert laid_over({"model": "gpt-mini"}, None) == {"model": "gpt-mini"}


def test_contract_every_hook_of_the_sdk_is_handed_on_under_the_sdks_parameter_names() -> None:
    for name, method in inspect.getmembers(RunHooksBase, inspect.isfunction):
        if name.startswith("on_"):
            own = getattr(recorder._Hooks, name)
            assert own is not method, f"{name} is not handed on"
            assert list(inspect.signature(own).parameters) == list(inspect.signature(method).parameters)


def test_contract_the_runner_takes_what_the_recorder_hands_over() -> None:
    for name in ("run", "run_streamed"):
        theirs = inspect.signature(getattr(AgentRunner, name)).parameters
        assert list(theirs) == ["self", "starting_agent", "input", "kwargs"]


def test_contract_a_handoff_made_from_an_agent_leads_back_to_it() -> None:
    agent = Agent(name="A")
    reference = handoff(agent)._agent_ref
    assert reference is not None
    assert reference() is agent


def test_contract_an_agent_as_tool_knows_its_agent() -> None:
    agent = Agent(name="A")
    assert agent.as_tool("ask", "")._agent_instance is agent


def test_contract_the_context_of_a_tool_names_its_call() -> None:
    assert {"tool_call_id", "tool_call", "tool_name"} <= set(ToolContext.__dataclass_fields__)


def test_contract_models_are_called_by_these_names() -> None:
    assert list(inspect.signature(Model.get_response).parameters)[:4] == [
        "self",
        "system_instructions",
        "input",
        "model_settings",
    ]


async def test_contract_streamed_errors_are_stored_where_recordings_look() -> None:
    @function_tool
    def again() -> str:
        return "again"

    script = ScriptedModel([[function_call("again", {}, call_id=f"c{turn}")] for turn in range(2)])
    capture = Capture(read_graph(System(entry=(entry := Agent(name="A", tools=[again], model=script)))))
    with installed(), capture.turn("hi"):
        result = Runner.run_streamed(entry, "hi", max_turns=1)
        with pytest.raises(Exception, match="Max turns"):
            async for _ in result.stream_events():
                pass
    error = capture.finish().turns[0].runs[0].error
    assert error is not None
    assert error.type == "MaxTurnsExceeded"
