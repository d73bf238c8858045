"""What guardrails find, and what happens beside them."""

from __future__ import annotations

from typing import Any

from agents import Agent, GuardrailFunctionOutput, Runner, input_guardrail, output_guardrail
from agents.testing import ScriptedModel, assistant_message

from harness.core.trace import runs_of, usage_of


def checking(answering: Any, *, tripped: bool, delay: float = 0.0) -> Any:
    """An input guardrail that asks an agent."""
    judge = Agent(name="Judge", model=answering(lambda _: [assistant_message("judged")], delay=delay))

    @input_guardrail
    async def check(_context: Any, _agent: Any, given: Any) -> GuardrailFunctionOutput:
        await Runner.run(judge, given)
        return GuardrailFunctionOutput(output_info=None, tripwire_triggered=tripped)

    return check


def entry(answering: Any, guardrail: Any, delay: float = 0.0) -> Agent[Any]:
    model = answering(lambda _: [assistant_message("hello")], delay=delay)
    return Agent(name="A", model=model, input_guardrails=[guardrail])


async def test_an_agent_that_is_a_guardrail_is_a_child_of_the_run(session: Any, answering: Any, only_run: Any) -> None:
    run = only_run(await session(entry(answering, checking(answering, tripped=False))).run("hi"))
    assert [(child.agent.name, child.input, child.output) for child in run.children] == [("Judge", "hi", "judged")]
    assert [(found.name, found.stage, found.tripped, found.agent) for found in run.guardrails] == [
        ("check", "input", False, "A")
    ]
    assert run.output == "hello"


async def test_a_tripped_guardrail_is_an_outcome_and_no_error(session: Any, answering: Any, only_run: Any) -> None:
    held = session(entry(answering, checking(answering, tripped=True)))
    run = only_run(await held.run())
    assert [type(error).__name__ for error in held.raised] == ["InputGuardrailTripwireTriggered"]
    assert (run.error, run.output, run.guardrails[0].tripped) == (None, None, True)


async def test_which_of_guardrail_and_model_is_faster_does_not_show(session: Any, answering: Any) -> None:
    traces = []
    for slow_judge, slow_model in ((0.0, 0.03), (0.03, 0.0)):
        guardrail = checking(answering, tripped=True, delay=slow_judge)
        traces.append(await session(entry(answering, guardrail, slow_model)).run())
    assert traces[0] == traces[1]
    assert usage_of(traces[0]).requests == 1


async def test_an_output_guardrail_keeps_what_was_said(session: Any, only_run: Any) -> None:
    @output_guardrail
    async def never(*_: Any) -> GuardrailFunctionOutput:
        return GuardrailFunctionOutput(output_info=None, tripwire_triggered=True)

    agent = Agent(name="A", model=ScriptedModel([[assistant_message("secret")]]), output_guardrails=[never])
    run = only_run(await session(agent).run())
    assert [step.kind for step in run.steps] == ["model_call", "message"]
    assert [(found.name, found.stage, found.agent) for found in run.guardrails] == [("never", "output", "A")]
    assert (run.error, run.output) == (None, None)


async def test_guardrails_are_listed_by_name_and_not_by_who_was_first(session: Any, answering: Any) -> None:
    def named(name: str, delay: float) -> Any:
        guardrail = checking(answering, tripped=False, delay=delay)
        guardrail.name = name
        return guardrail

    traces = []
    for delays in ((0.02, 0.0), (0.0, 0.02)):
        agent = entry(answering, named("b", delays[0]))
        agent.input_guardrails.append(named("a", delays[1]))
        traces.append(await session(agent).run())
    assert traces[0] == traces[1]
    assert [found.name for found in traces[0].turns[0].runs[0].guardrails] == ["a", "b"]
    assert len(list(runs_of(traces[0]))) == 3
