"""The tree of one trial: what is in it, in which order, under which call."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from agents import Agent, RunConfig, Runner, custom_span, function_tool
from agents.extensions.handoff_filters import remove_all_tools
from agents.handoffs import handoff
from agents.models.interface import Model, ModelProvider
from agents.testing import ScriptedModel, assistant_message, function_call
from pydantic import BaseModel, TypeAdapter

from harness.core.trace import (
    AgentRef,
    CallStatus,
    ErrorKind,
    Handoff,
    Layer,
    Message,
    ModelCall,
    RunError,
    ToolCall,
    Trace,
    route_of,
    usage_of,
)
from harness.execution.capture import Capture, installed
from harness.system.graph import read_graph
from harness.system.loading import System

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.core.trace import AgentRun


@function_tool
def add(a: int, b: int) -> int:
    """Add."""
    return a + b


def kinds(run: AgentRun) -> list[str]:
    return [step.kind for step in run.steps]


def calls(run: AgentRun) -> list[ToolCall]:
    return [step for step in run.steps if isinstance(step, ToolCall)]


def hybrid() -> Agent[Any]:
    """Triage, a specialist, and a helper with a tool of its own."""
    helper = Agent(
        name="Helper",
        tools=[add],
        model=ScriptedModel([[function_call("add", {"a": 1, "b": 2}, call_id="c")], [assistant_message("three")]]),
    )
    specialist = Agent(
        name="Specialist",
        tools=[helper.as_tool("ask_helper", "Ask.")],
        model=ScriptedModel([[function_call("ask_helper", {"input": "1+2"}, call_id="c")], [assistant_message("3")]]),
    )
    script = ScriptedModel([[function_call("transfer_to_specialist", {}, call_id="h")]])
    return Agent(name="Triage", handoffs=[specialist], model=script)


async def test_a_run_is_its_model_calls_each_followed_by_what_it_produced(session: Any, only_run: Any) -> None:
    run = only_run(await session(hybrid()).run("how much is 1+2"))
    assert kinds(run) == ["model_call", "handoff", "model_call", "tool_call", "model_call", "message"]
    assert [step.owner.name for step in run.steps] == ["Triage", "Triage", *["Specialist"] * 4]
    assert (run.agent.name, run.input, run.output, run.last_agent.name) == (
        "Triage",
        "how much is 1+2",
        "3",
        "Specialist",
    )


async def test_a_helper_run_stands_under_the_call_that_made_it(session: Any, only_run: Any) -> None:
    (call,) = calls(only_run(await session(hybrid()).run()))
    (helper,) = call.runs
    assert call.helper == helper.agent == AgentRef(name="Helper", layer=Layer.HELPER)
    assert (helper.input, helper.output, call.output) == ("1+2", "three", "three")
    (inner,) = calls(helper)
    assert (inner.tool, inner.arguments, inner.output) == ("add", '{"a":1,"b":2}', "3")


async def test_ids_count_in_reading_order_and_calls_name_their_model_call(session: Any, only_run: Any) -> None:
    run = only_run(await session(hybrid()).run())
    assert [step.id for step in run.steps] == ["s0", "s1", "s2", "s3", "s8", "s9"]
    (call,) = calls(run)
    assert (call.model_call, call.runs[0].id, run.id) == ("s2", "r1", "r0")
    assert [step.id for step in call.runs[0].steps] == ["s4", "s5", "s6", "s7"]


async def test_two_trials_of_the_same_answers_leave_the_same_trace(session: Any) -> None:
    first, second = [await session(hybrid()).run() for _ in range(2)]
    assert first == second


async def test_a_trace_survives_being_written_and_read(session: Any) -> None:
    trace = await session(hybrid()).run()
    adapter = TypeAdapter(Trace)
    assert adapter.validate_json(adapter.dump_json(trace)) == trace


async def test_timings_are_kept_beside_the_trace() -> None:
    capture = Capture(read_graph(System(entry=(entry := hybrid()))))
    with installed(), capture.turn("hi"):
        await Runner.run(entry, "hi")
    capture.finish()
    assert set(capture.timings) == {"r0", "s0", "s2", "s3", "r1", "s4", "s5", "s6", "s8"}
    assert all(timing.duration_ms >= 0 and timing.start_ms >= 0 for timing in capture.timings.values())


async def test_every_turn_is_its_own() -> None:
    agent = Agent(name="A", model=ScriptedModel([[assistant_message("one")], [assistant_message("two")]]))
    capture = Capture(read_graph(System(entry=agent)))
    with installed():
        for text in ("first", "second"):
            with capture.turn(text):
                await Runner.run(agent, [{"role": "user", "content": text}])
    trace = capture.finish(state={"refunds": []})
    assert [(turn.user, turn.runs[0].input, turn.runs[0].output) for turn in trace.turns] == [
        ("first", "first", "one"),
        ("second", "second", "two"),
    ]
    assert trace.state == {"refunds": []}


async def test_usage_is_each_runs_own_and_adds_up(session: Any, answering: Any, only_run: Any) -> None:
    def parent(items: list[Any]) -> list[Any]:
        if items[-1].get("type") == "function_call_output":
            return [assistant_message("done")]
        return [function_call("ask", {"input": "x"}, call_id="a"), function_call("ask", {"input": "y"}, call_id="b")]

    helper = Agent(name="Helper", model=answering(lambda _: [assistant_message("ok")], tokens=100))
    trace = await session(Agent(name="A", tools=[helper.as_tool("ask", "")], model=answering(parent))).run()
    run = only_run(trace)
    assert (run.usage.requests, run.usage.input_tokens, run.usage.cached_tokens) == (2, 20, 4)
    assert [call.runs[0].usage.input_tokens for call in calls(run)] == [100, 100]
    assert usage_of(trace).requests == 4
    assert usage_of(trace).input_tokens == 220


async def test_a_handoff_is_seen_although_an_input_filter_deletes_its_items(session: Any, only_run: Any) -> None:
    target = Agent(name="Target", model=ScriptedModel([[assistant_message("done")]]))
    entry = Agent(
        name="Entry",
        tools=[add],
        handoffs=[handoff(target, input_filter=remove_all_tools)],
        model=ScriptedModel(
            [
                [function_call("add", {"a": 1, "b": 1}, call_id="c")],
                [function_call("transfer_to_target", {}, call_id="h")],
            ]
        ),
    )
    trace = await session(entry).run()
    assert [agent.name for agent in route_of(trace)] == ["Entry", "Target"]
    (call,) = calls(only_run(trace))
    assert (call.output, call.status) == ("2", CallStatus.OK)


async def test_of_two_handoffs_in_one_answer_only_the_first_moved_the_conversation(session: Any) -> None:
    agents = [Agent(name=name, model=ScriptedModel([[assistant_message("done")]])) for name in ("One", "Two")]
    both = [function_call("transfer_to_two", {}, call_id="a"), function_call("transfer_to_one", {}, call_id="b")]
    trace = await session(Agent(name="Entry", handoffs=list(agents), model=ScriptedModel([both]))).run()
    first, second = [step for step in trace.turns[0].runs[0].steps if isinstance(step, Handoff)]
    assert [first.status, second.status] == [CallStatus.OK, CallStatus.NEVER_RAN]
    assert [each.target.name for each in (first, second) if each.target] == ["Two", "One"]
    assert [agent.name for agent in route_of(trace)] == ["Entry", "Two"]


async def test_parallel_calls_stand_in_the_order_asked_whichever_ends_first(session: Any, only_run: Any) -> None:
    @function_tool
    async def wait(ticks: int) -> str:
        for _ in range(ticks):
            await asyncio.sleep(0)
        return f"waited {ticks}"

    asked = [function_call("wait", {"ticks": ticks}, call_id=f"c{ticks}") for ticks in (50, 0, 10)]
    entry = Agent(name="A", tools=[wait], model=ScriptedModel([asked, [assistant_message("done")]]))
    found = calls(only_run(await session(entry).run()))
    assert [call.output for call in found] == ["waited 50", "waited 0", "waited 10"]
    assert len({call.model_call for call in found}) == 1


async def test_parallel_helpers_of_one_name_and_colliding_call_ids_stay_apart(answering: Any) -> None:
    def leaf(items: list[Any]) -> list[Any]:
        return [assistant_message(f"leaf {items[0]['content']}")]

    def middle(items: list[Any]) -> list[Any]:
        if items[-1].get("type") == "function_call_output":
            return [assistant_message(items[-1]["output"])]
        return [function_call("deeper", {"input": items[0]["content"]}, call_id="c1")]

    def top(items: list[Any]) -> list[Any]:
        if items[-1].get("type") == "function_call_output":
            return [assistant_message(", ".join(item["output"] for item in items[-2:]))]
        text = items[0]["content"]
        return [function_call("ask", {"input": f"{text}{side}"}, call_id=f"c{side}") for side in (1, 2)]

    third = Agent(name="Same", model=answering(leaf, delay=0.001))
    second = Agent(name="Same", tools=[third.as_tool("deeper", "")], model=answering(middle))
    entry = Agent(name="Top", tools=[second.as_tool("ask", "")], model=answering(top))
    graph = read_graph(System(entry=entry))

    async def trial(number: int) -> Trace:
        capture = Capture(graph)
        with capture.turn(f"t{number}-"):
            await Runner.run(entry, f"t{number}-")
        return capture.finish()

    with installed():
        together = await asyncio.gather(*(trial(number) for number in range(100)))
        alone = [await trial(number) for number in range(3)]
    assert together[:3] == alone
    for number, trace in enumerate(together):
        run = trace.turns[0].runs[0]
        assert run.output == f"leaf t{number}-1, leaf t{number}-2"
        deepest = [inner.runs[0] for call in calls(run) for inner in calls(call.runs[0])]
        assert [leaf_run.input for leaf_run in deepest] == [f"t{number}-1", f"t{number}-2"]
        assert {leaf_run.agent.name for leaf_run in deepest} == {"Same (2)"}


async def test_a_run_made_by_a_tools_own_code_stands_under_its_call(session: Any, only_run: Any) -> None:
    inner = Agent(name="Inner", model=ScriptedModel([[assistant_message("from inside")]] * 2))

    @function_tool
    async def delegate(text: str) -> str:
        return str((await Runner.run(inner, text)).final_output)

    asked = [function_call("delegate", {"text": text}, call_id=text) for text in ("a", "b")]
    entry = Agent(name="A", tools=[delegate], model=ScriptedModel([asked, [assistant_message("done")]]))
    for tracing_disabled in (False, True):
        entry.model = ScriptedModel([asked, [assistant_message("done")]])
        inner.model = ScriptedModel([[assistant_message("from inside")]] * 2)
        config = RunConfig(tracing_disabled=tracing_disabled)
        run = only_run(await session(entry).run(run_config=config))
        assert [[inside.input for inside in call.runs] for call in calls(run)] == [["a"], ["b"]]
        assert run.children == ()


async def test_a_run_inside_a_span_of_the_tools_own_stands_under_its_call(session: Any, only_run: Any) -> None:
    inner = Agent(name="Inner", model=ScriptedModel([[assistant_message("x")]] * 2))

    @function_tool
    async def delegate(text: str) -> str:
        with custom_span("the tool's own"):
            return str((await Runner.run(inner, text)).final_output)

    asked = [function_call("delegate", {"text": text}, call_id=text) for text in ("a", "b")]
    entry = Agent(name="A", tools=[delegate], model=ScriptedModel([asked, [assistant_message("done")]]))
    run = only_run(await session(entry).run())
    assert [[inside.input for inside in call.runs] for call in calls(run)] == [["a"], ["b"]]


async def test_a_run_in_a_thread_of_a_tool_is_captured(session: Any, only_run: Any) -> None:
    inner = Agent(name="Inner", model=ScriptedModel([[assistant_message("from a thread")]]))

    @function_tool
    def delegate() -> str:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        try:
            return str(Runner.run_sync(inner, "x").final_output)
        finally:
            loop.close()

    script = ScriptedModel([[function_call("delegate", {}, call_id="c")], [assistant_message("done")]])
    (call,) = calls(only_run(await session(Agent(name="A", tools=[delegate], model=script)).run()))
    assert (call.output, call.runs[0].output) == ("from a thread", "from a thread")


async def test_streamed_runs_look_like_others(session: Any) -> None:
    plain, streamed = await session(hybrid()).run("x"), await session(hybrid()).stream("x")
    assert streamed.turns[0].runs[0].streamed
    assert kinds(streamed.turns[0].runs[0]) == kinds(plain.turns[0].runs[0])
    assert streamed.turns[0].runs[0].output == plain.turns[0].runs[0].output
    assert streamed.turns[0].runs[0].steps[3] == plain.turns[0].runs[0].steps[3]


async def test_a_streamed_helper_is_captured(session: Any, only_run: Any) -> None:
    async def listen(_: Any) -> None: ...

    helper = Agent(name="Helper", model=ScriptedModel([[assistant_message("streamed")]]))
    script = ScriptedModel([[function_call("ask", {"input": "x"}, call_id="c")], [assistant_message("done")]])
    entry = Agent(name="A", tools=[helper.as_tool("ask", "", on_stream=listen)], model=script)
    (call,) = calls(only_run(await session(entry).run()))
    assert [(run.streamed, run.output) for run in call.runs] == [(True, "streamed")]


async def test_a_structured_output_is_shown_as_json(session: Any, only_run: Any) -> None:
    class Verdict(BaseModel):
        urgent: bool

    entry = Agent(name="A", output_type=Verdict, model=ScriptedModel([[assistant_message('{"urgent": true}')]]))
    assert only_run(await session(entry).run()).output == '{"urgent":true}'


async def test_what_the_model_did_before_an_error_is_kept(session: Any, only_run: Any) -> None:
    script = ScriptedModel([[function_call("add", {"a": 1, "b": 2}, call_id="c")], RuntimeError("line cut")])
    run = only_run(await session(Agent(name="A", tools=[add], model=script)).run())
    assert kinds(run) == ["model_call", "tool_call", "model_call"]
    last = run.steps[-1]
    assert isinstance(last, ModelCall)
    assert last.error == "RuntimeError: line cut"
    assert (run.error.type, run.output) == ("RuntimeError", None)


async def test_a_failure_inside_a_helper_is_kept_although_the_sdk_swallows_it(session: Any, only_run: Any) -> None:
    helper = Agent(name="Helper", model=ScriptedModel([RuntimeError("gone")]))
    script = ScriptedModel([[function_call("ask", {"input": "x"}, call_id="c")], [assistant_message("fine")]])
    run = only_run(await session(Agent(name="A", tools=[helper.as_tool("ask", "")], model=script)).run())
    (call,) = calls(run)
    assert (run.error, call.status, call.error) == (None, CallStatus.FAILED, "RuntimeError: gone")
    assert call.runs[0].error == RunError(kind=ErrorKind.APPLICATION, type="RuntimeError", message="gone")


async def test_nothing_is_captured_outside_a_turn() -> None:
    agent = Agent(name="A", model=ScriptedModel([[assistant_message("unseen")]]))
    capture = Capture(read_graph(System(entry=agent)))
    with installed():
        result = await Runner.run(agent, "x")
    assert (result.final_output, capture.finish()) == ("unseen", Trace())


async def test_finish_can_be_asked_twice(session: Any) -> None:
    entry = hybrid()
    capture = Capture(read_graph(System(entry=entry)))
    with installed(), capture.turn("x"):
        await Runner.run(entry, "x")
    assert capture.finish() == capture.finish()


class Provider(ModelProvider):
    """Hands out one model whatever is asked for, and remembers the names."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.names: list[str | None] = []

    def get_model(self, model_name: str | None) -> Model:
        self.names.append(model_name)
        return self.model


@pytest.mark.parametrize("own", [None, RunConfig(model="of-its-own")])
async def test_no_run_escapes_the_model_provider_of_the_capture(
    session: Callable[..., Any], answering: Any, own: RunConfig | None
) -> None:
    def answer(items: list[Any]) -> list[Any]:
        if items[-1].get("type") == "function_call_output" or items[-1]["content"] == "inner":
            return [assistant_message("done")]
        return [function_call("ask", {"input": "inner"}, call_id="a"), function_call("raw", {}, call_id="b")]

    inner = Agent(name="Inner", model="small")

    @function_tool(failure_error_function=None)
    async def raw() -> str:
        return str((await Runner.run(inner, "inner", run_config=own)).final_output)

    ours, theirs = Provider(answering(answer)), Provider(answering(answer))
    escaping = inner.as_tool("ask", "", run_config=RunConfig(model_provider=theirs))
    entry = Agent(name="A", model="large", tools=[escaping, raw])
    trace = await session(entry, RunConfig(model_provider=ours)).run()
    assert theirs.names == []
    assert sorted(map(str, ours.names)) == sorted(["large", "large", "small", "small" if own is None else "of-its-own"])
    assert [step.text for step in trace.turns[0].runs[0].steps if isinstance(step, Message)] == ["done"]
