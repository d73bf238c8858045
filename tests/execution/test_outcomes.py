"""What became of each call: a call that never ran is not a call that was made."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from agents import (
    Agent,
    GuardrailFunctionOutput,
    RunConfig,
    Runner,
    ToolGuardrailFunctionOutput,
    function_tool,
    handoff,
    input_guardrail,
    tool_input_guardrail,
)
from agents.testing import ScriptedModel, assistant_message, function_call
from pydantic import BaseModel

from harness.core.trace import AgentRun, CallStatus, ErrorKind, Handoff, ToolCall, ToolOrigin, Trace
from harness.execution.capture import Capture, installed
from harness.system.graph import read_graph
from harness.system.loading import System

DEFAULT_TEXT = "An error occurred while running the tool. Please try again."


@function_tool
def greet(name: str) -> str:
    """Greet."""
    return f"hello {name}"


@function_tool
def boom() -> str:
    """Fail."""
    raise ValueError("no such account")


def agent(*calls: Any, tools: Any = (), **options: Any) -> Agent[Any]:
    """An agent that makes these calls in its first answer, and then is done."""
    return Agent(
        name="A", tools=list(tools), model=ScriptedModel([list(calls), [assistant_message("done")]]), **options
    )


def calls_of(trace: Trace) -> list[ToolCall]:
    return [step for step in run_of(trace).steps if isinstance(step, ToolCall)]


def run_of(trace: Trace) -> AgentRun:
    return trace.turns[0].runs[0]


async def only_call(session: Any, entry: Any, **options: Any) -> ToolCall:
    (call,) = calls_of(await session(entry).run(**options))
    return call


async def test_a_call_that_returned_is_ok(session: Any) -> None:
    call = await only_call(session, agent(function_call("greet", {"name": "Ann"}, call_id="c"), tools=[greet]))
    assert (call.status, call.output, call.error) == (CallStatus.OK, "hello Ann", None)
    assert (call.origin, call.approval, call.call_id) == (ToolOrigin.FUNCTION, None, "c")


@pytest.mark.parametrize("tracing_disabled", [False, True])
async def test_a_raising_tool_failed_and_its_own_words_are_kept(session: Any, *, tracing_disabled: bool) -> None:
    entry = agent(function_call("boom", {}, call_id="c"), tools=[boom])
    call = await only_call(session, entry, run_config=RunConfig(tracing_disabled=tracing_disabled))
    assert (call.status, call.output, call.error) == (CallStatus.FAILED, DEFAULT_TEXT, "ValueError: no such account")


async def test_the_applications_own_error_formatter_is_still_asked(session: Any) -> None:
    config = RunConfig(tool_error_formatter=lambda args: f"sorry, {args.tool_name}")
    call = await only_call(session, agent(function_call("boom", {}, call_id="c"), tools=[boom]), run_config=config)
    assert (call.status, call.output, call.error) == (
        CallStatus.FAILED,
        "sorry, boom",
        "ValueError: no such account",
    )


async def test_a_tool_whose_failure_is_worded_by_the_application_failed(session: Any) -> None:
    @function_tool(failure_error_function=lambda _, error: f"ERROR {error}")
    def worded() -> str:
        raise ValueError("no such account")

    call = await only_call(session, agent(function_call("worded", {}, call_id="c"), tools=[worded]))
    assert (call.status, call.output) == (CallStatus.FAILED, "ERROR no such account")


async def test_a_tool_that_ends_the_run_failed_and_the_run_tells_why(session: Any) -> None:
    @function_tool(failure_error_function=None)
    def fatal() -> str:
        raise LookupError("gone")

    trace = await session(agent(function_call("fatal", {}, call_id="c"), tools=[fatal])).run()
    (call,) = calls_of(trace)
    error = run_of(trace).error
    assert (call.status, call.output) == (CallStatus.FAILED, None)
    assert error is not None
    assert (error.kind, error.type, "gone" in error.message) == (ErrorKind.APPLICATION, "UserError", True)


async def test_a_tool_out_of_time_failed(session: Any) -> None:
    @function_tool(timeout=0.01)
    async def slow() -> str:
        await asyncio.sleep(30)
        return "late"

    call = await only_call(session, agent(function_call("slow", {}, call_id="c"), tools=[slow]))
    assert (call.status, call.error) == (CallStatus.FAILED, "Tool 'slow' timed out after 0.01 seconds.")


@pytest.mark.parametrize("arguments", ["{not json", '{"name": 5.5, "other": 1}', "{}"])
async def test_a_call_with_arguments_that_do_not_fit_failed(session: Any, arguments: str) -> None:
    call = await only_call(session, agent(function_call("greet", arguments, call_id="c"), tools=[greet]))
    assert (call.status, call.arguments, call.output) == (CallStatus.FAILED, arguments, DEFAULT_TEXT)


async def test_an_unknown_tool_failed_and_the_error_is_the_models_behaviour(session: Any) -> None:
    entry = agent(
        function_call("greet", {"name": "Ann"}, call_id="a"), function_call("grete", {}, call_id="b"), tools=[greet]
    )
    trace = await session(entry).run()
    known, unknown = calls_of(trace)
    error = run_of(trace).error
    assert error is not None
    assert (error.kind, error.type) == (ErrorKind.BEHAVIOUR, "ModelBehaviorError")
    assert (unknown.status, unknown.origin) == (CallStatus.FAILED, ToolOrigin.UNKNOWN)
    assert "grete not found" in str(unknown.error)
    assert known.status is CallStatus.NEVER_RAN


async def test_an_unknown_tool_that_the_model_is_told_about_failed(session: Any) -> None:
    config = RunConfig(tool_not_found_behavior="return_error_to_model")
    call = await only_call(session, agent(function_call("grete", {}, call_id="c")), run_config=config)
    assert call.status is CallStatus.FAILED
    assert "grete" in str(call.output)


async def test_a_call_refused_by_a_guardrail_of_the_tool_failed(session: Any) -> None:
    @tool_input_guardrail
    def refuse(_: Any) -> ToolGuardrailFunctionOutput:
        return ToolGuardrailFunctionOutput.reject_content("not that")

    @function_tool(tool_input_guardrails=[refuse])
    def guarded() -> str:
        return "ran"

    trace = await session(agent(function_call("guarded", {}, call_id="c"), tools=[guarded])).run()
    (call,) = calls_of(trace)
    assert (call.status, call.output) == (CallStatus.FAILED, "not that")
    assert [(found.stage, found.name, found.tripped) for found in run_of(trace).guardrails] == [
        ("tool_input", "refuse", True)
    ]


async def test_an_output_that_means_failure_to_the_system_failed(session: Any) -> None:
    entry = agent(function_call("greet", {"name": "ERROR"}, call_id="c"), tools=[greet])
    call = await only_call(session, System(entry=entry, failed_output="ERROR$"))
    assert (call.status, call.error) == (CallStatus.FAILED, "its output matches 'ERROR$'")


async def test_a_call_stopped_by_its_siblings_failure_did_not_end(session: Any) -> None:
    @function_tool(failure_error_function=None)
    async def fatal() -> str:
        await asyncio.sleep(0)
        raise LookupError("gone")

    @function_tool
    async def slow() -> str:
        await asyncio.sleep(30)
        return "late"

    asked = [function_call("slow", {}, call_id="a"), function_call("fatal", {}, call_id="b")]
    slower, failing = calls_of(await session(agent(*asked, tools=[slow, fatal])).run())
    assert {slower.status, failing.status} == {CallStatus.FAILED}
    assert slower.output is None


async def test_calls_beside_a_tripped_input_guardrail_never_ran(session: Any) -> None:
    @input_guardrail
    async def stop(*_: Any) -> GuardrailFunctionOutput:
        return GuardrailFunctionOutput(output_info=None, tripwire_triggered=True)

    entry = agent(function_call("greet", {"name": "Ann"}, call_id="c"), tools=[greet], input_guardrails=[stop])
    run = run_of(await session(entry).run())
    assert [(found.name, found.stage, found.tripped, found.agent) for found in run.guardrails] == [
        ("stop", "input", True, "A")
    ]
    assert (run.error, run.output, run.steps) == (None, None, ())


async def test_a_handoff_that_breaks_the_run_failed(session: Any) -> None:
    class Reason(BaseModel):
        text: str

    target = Agent(name="Target")
    entry = agent(function_call("transfer_to_target", "{}", call_id="h"))
    entry.handoffs = [handoff(target, input_type=Reason, on_handoff=lambda _context, _given: None)]
    run = run_of(await session(entry).run())
    (moved,) = [step for step in run.steps if isinstance(step, Handoff)]
    assert moved.status is CallStatus.FAILED
    assert moved.target is not None
    assert moved.target.name == "Target"
    assert run.error is not None
    assert run.error.kind is ErrorKind.BEHAVIOUR


@function_tool(needs_approval=True)
def pay(amount: int) -> str:
    """Pay."""
    return f"paid {amount}"


async def decided(entry: Agent[Any], *, approve: bool) -> tuple[Trace, Trace]:
    """The trace when the run waits, and when it went on."""
    capture = Capture(read_graph(System(entry=entry)))
    with installed(), capture.turn("pay"):
        result = await Runner.run(entry, "pay")
        waiting = capture.finish()
        state = result.to_state()
        for interruption in result.interruptions:
            (state.approve if approve else state.reject)(interruption)
        await Runner.run(entry, state)
    return waiting, capture.finish()


def paying() -> Agent[Any]:
    return agent(
        function_call("greet", {"name": "Ann"}, call_id="a"),
        function_call("pay", {"amount": 5}, call_id="b"),
        tools=[greet, pay],
    )


async def test_a_call_that_waits_for_an_approval_never_ran() -> None:
    waiting, _ = await decided(paying(), approve=True)
    greeted, paid = calls_of(waiting)
    assert run_of(waiting).interrupted
    assert (greeted.status, paid.status, paid.approval) == (CallStatus.OK, CallStatus.NEVER_RAN, None)


async def test_an_approved_call_is_the_same_call_going_on() -> None:
    _, trace = await decided(paying(), approve=True)
    greeted, paid = calls_of(trace)
    assert not run_of(trace).interrupted
    assert [step.kind for step in run_of(trace).steps] == [
        "model_call",
        "tool_call",
        "tool_call",
        "model_call",
        "message",
    ]
    assert (paid.status, paid.output, paid.approval, greeted.approval) == (CallStatus.OK, "paid 5", "approved", None)


async def test_a_rejected_call_never_ran() -> None:
    _, trace = await decided(paying(), approve=False)
    _, paid = calls_of(trace)
    assert (paid.status, paid.approval) == (CallStatus.NEVER_RAN, "rejected")
    assert paid.output == "Tool execution was not approved."


@pytest.mark.parametrize("approve", [True, False])
async def test_an_approval_inside_a_helper_goes_on_in_the_same_helper_run(*, approve: bool) -> None:
    helper = agent(function_call("pay", {"amount": 7}, call_id="b"), tools=[pay])
    helper.name = "Helper"
    entry = agent(function_call("ask", {"input": "pay 7"}, call_id="a"), tools=[helper.as_tool("ask", "")])
    waiting, trace = await decided(entry, approve=approve)
    (asked,) = calls_of(waiting)
    assert (asked.status, [run.interrupted for run in asked.runs]) == (CallStatus.NEVER_RAN, [True])
    (asked,) = calls_of(trace)
    (inner,) = asked.runs
    (paid,) = [step for step in inner.steps if isinstance(step, ToolCall)]
    assert (asked.status, asked.output, inner.output) == (CallStatus.OK, "done", "done")
    assert paid.status is (CallStatus.OK if approve else CallStatus.NEVER_RAN)
    assert paid.approval == ("approved" if approve else "rejected")


async def test_of_two_runs_that_wait_side_by_side_each_goes_on_in_its_own_record(answering: Any) -> None:
    def answer(items: list[Any]) -> list[Any]:
        if items[-1].get("type") == "function_call_output":
            return [assistant_message(items[-1]["output"])]
        return [function_call("pay", {"amount": int(items[0]["content"])}, call_id="c")]

    entry = Agent(name="A", tools=[pay], model=answering(answer))
    capture = Capture(read_graph(System(entry=entry)))
    with installed(), capture.turn("pay"):
        results = [await Runner.run(entry, amount) for amount in ("1", "2")]
        for result in results:
            state = result.to_state()
            state.approve(result.interruptions[0])
            await Runner.run(entry, state)
    (turn,) = capture.finish().turns
    assert [(run.input, run.output, run.interrupted) for run in turn.runs] == [
        ("1", "paid 1", False),
        ("2", "paid 2", False),
    ]
