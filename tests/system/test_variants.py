"""Variants: copies of the agents with other words, while the application's own stay as they are."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import pytest
from agents import Agent, GuardrailFunctionOutput, Handoff, InputGuardrail, RunConfig, Runner, function_tool, handoff
from agents.run import AgentRunner, get_default_agent_runner, set_default_agent_runner
from agents.testing import ScriptedModel, assistant_message, function_call
from pydantic import BaseModel

from harness.core.scenario import Location
from harness.core.variant import AgentOverlay, InstructionsEdit, Variant
from harness.errors import ProblemsError
from harness.system.graph import LiveGraph, read_graph
from harness.system.loading import System
from harness.system.variants import apply_variant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from agents import RunContextWrapper, RunResult


class Question(BaseModel):
    """What a helper is asked."""

    topic: str


@function_tool
def look() -> str:
    """Look."""
    return "seen"


def _variant(*overlays: AgentOverlay) -> Variant:
    return Variant(name="other", agents=overlays)


def _words(agent: str, text: str) -> AgentOverlay:
    return AgentOverlay(agent=agent, instructions=InstructionsEdit(text=text))


def _system() -> System:
    """Triage and Billing, each of which can hand to the other, a person, and a helper."""
    helper = Agent(name="Helper", instructions="Help.", model="m", tools=[look])
    human = Agent(name="Human", instructions="Write a summary.", model="m")
    billing = Agent(
        name="Billing",
        instructions="Do billing. Be brief.",
        model="m",
        handoff_description="Money.",
        tools=[helper.as_tool("ask_helper", "Ask the helper."), look],
    )
    triage = Agent(name="Triage", instructions="Hand off.", model="m", handoffs=[billing])
    billing.handoffs = [handoff(human, tool_name_override="escalate"), triage]
    return System(entry=triage, escalation=(human,))


def _live(system: System, *overlays: AgentOverlay) -> LiveGraph:
    return read_graph(apply_variant(system, _variant(*overlays)))


class _Swapping(AgentRunner):
    """What the recorder does at the SDK's seam, without the recording."""

    def __init__(self, inner: AgentRunner, graph: LiveGraph) -> None:
        self.inner = inner
        self.graph = graph

    async def run(self, starting_agent: Agent[Any], input: Any, **kwargs: Any) -> RunResult:  # noqa: A002 - the SDK's name
        return await self.inner.run(self.graph.current(starting_agent), input, **kwargs)


@pytest.fixture
def swapping() -> Iterator[Callable[[LiveGraph], None]]:
    """Let the graph say which agent runs."""
    before = get_default_agent_runner()
    yield lambda graph: set_default_agent_runner(_Swapping(before, graph))
    set_default_agent_runner(before)


def test_a_variant_without_overlays_reads_the_same_and_shares_no_agent() -> None:
    system = _system()
    made = apply_variant(system, _variant())
    assert read_graph(made).data == read_graph(system).data
    originals, copies = {id(one) for one, _ in made.instead}, {id(other) for _, other in made.instead}
    assert len(originals) == len(copies) == 4
    assert not originals & copies


def test_the_application_is_left_as_it_is() -> None:
    system = _system()
    before = read_graph(system).data
    overlay = AgentOverlay(
        agent="Billing",
        instructions=InstructionsEdit(text="Other."),
        model="cheap",
        model_settings={"temperature": 0.1},
        handoff_description="Coins.",
        tools={"look": "Gaze.", "ask_helper": "Ask."},
        handoffs={"Human": "People.", "Triage": "Back."},
    )
    live = _live(system, overlay)
    assert read_graph(system).data == before
    billing = live.data.agent("Billing")
    assert billing is not None
    assert (billing.instructions, billing.model, billing.settings) == ("Other.", "cheap", {"temperature": 0.1})
    assert [tool.description for tool in billing.tools] == ["Ask.", "Gaze."]
    assert [(each.target, each.tool, each.description) for each in billing.handoffs] == [
        ("Human", "escalate", "People."),
        ("Triage", "transfer_to_triage", "Back."),
    ]


def test_two_variants_stand_side_by_side() -> None:
    system = _system()
    one, other = _live(system, _words("Helper", "One.")), _live(system, _words("Helper", "Other."))
    assert [graph.agent("Helper").instructions for graph in (one, other)] == ["One.", "Other."]


def test_circles_of_handoffs_stay_within_the_copies() -> None:
    live = _live(_system())
    billing = live.agent("Triage").handoffs[0]
    assert isinstance(billing, Agent)
    assert billing is live.agent("Billing")
    assert billing.handoffs[1] is live.agent("Triage")
    assert live.system.escalation == (live.agent("Human"),)


def test_a_new_handoff_description_reaches_whoever_may_hand_off() -> None:
    system = _system()
    system.entry.handoffs.append(handoff(system.escalation[0]))
    overlays = [AgentOverlay(agent=name, handoff_description="Anything at all.") for name in ("Billing", "Human")]
    triage = _live(system, *overlays).data.agent("Triage")
    assert triage is not None
    assert [each.description.endswith("Anything at all.") for each in triage.handoffs] == [True, True]


def test_instructions_are_replaced_edited_and_added_to() -> None:
    edit = InstructionsEdit(replace={"Be brief.": "Be long."}, append="Be kind.")
    live = _live(_system(), AgentOverlay(agent="Billing", instructions=edit))
    assert live.agent("Billing").instructions == "Do billing. Be long.\n\nBe kind."


def test_instructions_made_at_run_time_are_replaced_by_text_and_cannot_be_edited() -> None:
    def words(context: RunContextWrapper[Any], agent: Agent[Any]) -> str:
        return f"You are {agent.name}."

    system = System(entry=Agent(name="Solo", instructions=words))
    assert _live(system, _words("Solo", "Text.")).agent("Solo").instructions == "Text."
    assert _live(system).agent("Solo").instructions is words
    with pytest.raises(ProblemsError, match="made at run time"):
        _live(system, AgentOverlay(agent="Solo", instructions=InstructionsEdit(append="More.")))


def test_guardrails_settings_and_hooks_come_along() -> None:
    def check(context: Any, agent: Any, given: Any) -> GuardrailFunctionOutput:
        return GuardrailFunctionOutput(output_info=None, tripwire_triggered=False)

    guard = InputGuardrail(check)
    entry = Agent(name="Solo", input_guardrails=[guard], output_type=Question, tool_use_behavior="stop_on_first_tool")
    made = _live(System(entry=entry), _words("Solo", "Text.")).agent("Solo")
    assert made.input_guardrails == [guard]
    assert made.input_guardrails is not entry.input_guardrails
    assert (made.output_type, made.tool_use_behavior) == (Question, "stop_on_first_tool")


def test_single_model_settings_change_and_the_others_stay() -> None:
    system = _system()
    system.entry.model_settings.temperature = 0.5
    made = _live(system, AgentOverlay(agent="Triage", model_settings={"top_p": 0.2, "reasoning": {"effort": "low"}}))
    settings = made.agent("Triage").model_settings
    assert (settings.temperature, settings.top_p) == (0.5, 0.2)
    assert settings.reasoning is not None
    assert settings.reasoning.effort == "low"


async def test_a_handoff_keeps_what_it_does_and_leads_to_the_copy() -> None:
    seen: list[str] = []

    def note(context: RunContextWrapper[Any], given: Question) -> None:
        seen.append(given.topic)

    system = _system()
    made_from = handoff(system.escalation[0], on_handoff=note, input_type=Question, input_filter=lambda data: data)
    system.entry.handoffs.append(made_from)
    live = _live(system)
    copied = live.agent("Triage").handoffs[1]
    assert isinstance(copied, Handoff)
    assert (copied.input_filter, copied.input_json_schema) == (made_from.input_filter, made_from.input_json_schema)
    gc.collect()
    assert await copied.on_invoke_handoff(None, '{"topic": "fraud"}') is live.agent("Human")  # type: ignore[arg-type]
    assert seen == ["fraud"]


async def test_a_handoff_that_decides_at_run_time_leads_to_the_copy() -> None:
    system = _system()
    people = {"on duty": system.escalation[0]}

    async def choose(context: RunContextWrapper[Any], given: str) -> Agent[Any]:
        return people["on duty"]

    chooser: Handoff[Any, Any] = Handoff(
        tool_name="get_person", tool_description="", input_json_schema={}, on_invoke_handoff=choose, agent_name="Any"
    )
    system.entry.handoffs.append(chooser)
    live = _live(system)
    copied = live.agent("Triage").handoffs[1]
    assert isinstance(copied, Handoff)
    assert await copied.on_invoke_handoff(None, "") is live.agent("Human")  # type: ignore[arg-type]


async def _extracted(result: Any) -> str:
    return f"extracted: {result.final_output}"


@pytest.mark.parametrize(
    ("options", "arguments", "told"),
    [
        ({}, '{"input": "q"}', "said"),
        ({"custom_output_extractor": _extracted}, '{"input": "q"}', "extracted: said"),
        ({"max_turns": 3, "run_config": RunConfig(workflow_name="own")}, '{"input": "q"}', "said"),
        ({"parameters": Question, "include_input_schema": True}, '{"topic": "q"}', "said"),
    ],
    ids=["plain", "extractor", "run config", "parameters"],
)
async def test_a_tool_runs_the_copy_of_its_helper(
    swapping: Callable[[LiveGraph], None], options: dict[str, Any], arguments: str, told: str
) -> None:
    model = ScriptedModel([[assistant_message("said")]])
    helper = Agent(name="Helper", instructions="Old words.", model=model)
    outer = ScriptedModel([[function_call("ask", arguments, call_id="c1")], [assistant_message("done")]])
    system = System(entry=Agent(name="Triage", model=outer, tools=[helper.as_tool("ask", "Ask.", **options)]))
    live = _live(system, _words("Helper", "New words."))
    swapping(live)
    result = await Runner.run(live.system.entry, "hi")
    assert model.calls[0].system_instructions == "New words."
    assert told in str(result.to_input_list())


async def test_code_of_the_application_that_runs_an_agent_itself_runs_the_copy(
    swapping: Callable[[LiveGraph], None],
) -> None:
    model = ScriptedModel([[assistant_message("said")]])
    helper = Agent(name="Helper", instructions="Old words.", model=model)

    @function_tool
    async def ask() -> str:
        return str((await Runner.run(helper, "q")).final_output)

    outer = ScriptedModel([[function_call("ask", "{}", call_id="c1")], [assistant_message("done")]])
    entry = Agent(name="Triage", model=outer, tools=[ask], handoffs=[helper])
    live = _live(System(entry=entry), _words("Helper", "New words."))
    swapping(live)
    await Runner.run(live.system.entry, "hi")
    assert model.calls[0].system_instructions == "New words."


@pytest.mark.parametrize(
    ("overlay", "said"),
    [
        (AgentOverlay(agent="Biling"), "no agent 'Biling'\n  did you mean 'Billing'?"),
        (AgentOverlay(agent="Billing", tools={"lok": "x"}), "no tool 'lok'\n  did you mean 'look'?"),
        (AgentOverlay(agent="Billing", handoffs={"Humans": "x"}), "did you mean 'Human'?"),
        (AgentOverlay(agent="Billing", model_settings={"temprature": 1}), "did you mean 'temperature'?"),
        (AgentOverlay(agent="Billing", model_settings={"temperature": "hot"}), "'hot'"),
        (
            AgentOverlay(agent="Billing", instructions=InstructionsEdit(replace={"Be breif.": ""})),
            "is not in the instructions of Billing",
        ),
        (AgentOverlay(agent="Billing", instructions=InstructionsEdit(replace={"i": ""})), "is 3 times in the"),
    ],
)
def test_what_the_agents_do_not_have_is_refused(overlay: AgentOverlay, said: str) -> None:
    with pytest.raises(ProblemsError) as raised:
        apply_variant(_system(), _variant(overlay))
    assert said in str(raised.value)


def test_all_problems_are_told_at_once_each_with_its_place() -> None:
    where = Location(file="variants/x.yaml", line=3)
    overlay = AgentOverlay(agent="Billing", tools={"a": "", "b": ""}, location=where, lines={"tools.b": 7})
    with pytest.raises(ProblemsError) as raised:
        apply_variant(_system(), _variant(overlay))
    assert [str(each.where) for each in raised.value.problems] == ["variants/x.yaml:3", "variants/x.yaml:7"]
