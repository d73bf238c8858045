"""Agents found by walking, their names, their layers and what they offer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from agents import (
    Agent,
    AgentOutputSchema,
    CustomTool,
    GuardrailFunctionOutput,
    Handoff,
    HostedMCPTool,
    ModelSettings,
    SQLiteSession,
    WebSearchTool,
    function_tool,
    handoff,
    input_guardrail,
    output_guardrail,
)
from agents.testing import ScriptedModel
from pydantic import BaseModel, TypeAdapter

from harness.core.graph import AgentGraph
from harness.core.trace import AgentRef, Layer, ToolOrigin
from harness.errors import UsageError
from harness.system.graph import read_graph
from harness.system.loading import System

if TYPE_CHECKING:
    from harness.core.graph import AgentNode


@function_tool
def lookup(account: str) -> str:
    """Look an account up."""
    return account


def layers(system: System) -> dict[str, str]:
    return {node.ref.name: node.ref.layer.value for node in read_graph(system).data.agents}


def node_of(agent: Agent[Any]) -> AgentNode:
    return read_graph(System(entry=agent)).data.agents[0]


def test_layers_are_read_from_who_is_handed_the_conversation_and_who_is_called() -> None:
    deep = Agent(name="Deep")
    helper = Agent(name="Helper", tools=[deep.as_tool("go_deep", "")])
    both = Agent(name="Both")
    specialist = Agent(name="Specialist", tools=[helper.as_tool("help", ""), both.as_tool("both", "")])
    triage = Agent(name="Triage", handoffs=[specialist, handoff(both)])
    specialist.handoffs.append(triage)
    assert layers(System(entry=triage)) == {
        "Triage": "triage",
        "Specialist": "specialist",
        "Both": "specialist",
        "Helper": "helper",
        "Deep": "helper",
    }


def test_an_agent_that_only_a_helper_hands_off_to_stays_a_helper() -> None:
    behind = Agent(name="Behind")
    helper = Agent(name="Helper", handoffs=[behind])
    assert layers(System(entry=Agent(name="Triage", tools=[helper.as_tool("ask", "")])))["Behind"] == "helper"


def test_agents_that_stand_for_humans_are_marked_also_when_nothing_leads_to_them() -> None:
    near, far = Agent(name="Near"), Agent(name="Far")
    graph = read_graph(System(entry=Agent(name="Triage", handoffs=[near]), escalation=(near, far)))
    assert [(node.ref.name, node.ref.human) for node in graph.data.agents] == [
        ("Triage", False),
        ("Near", True),
        ("Far", True),
    ]


def test_agents_of_one_name_are_told_apart_by_who_they_are() -> None:
    first, second = Agent(name="Same"), Agent(name="Same")
    graph = read_graph(System(entry=Agent(name="Triage", handoffs=[first, second])))
    assert graph.data.names() == ("Triage", "Same", "Same (2)")
    assert graph.ref(second) == AgentRef(name="Same (2)", layer=Layer.SPECIALIST)
    assert graph.agent("Same (2)") is second
    assert [edge.target for edge in graph.data.agents[0].handoffs] == ["Same", "Same (2)"]


def test_a_copy_made_at_run_time_is_taken_for_its_original_and_a_stranger_for_a_helper() -> None:
    known = Agent(name="Known")
    graph = read_graph(System(entry=Agent(name="Triage", handoffs=[known])))
    assert graph.ref(known.clone()) == graph.ref(known)
    assert graph.ref(Agent(name="Stranger")) == AgentRef(name="Stranger", layer=Layer.HELPER)


def test_asking_for_an_unknown_agent_names_the_nearest() -> None:
    graph = read_graph(System(entry=Agent(name="Triage")))
    with pytest.raises(UsageError) as caught:
        graph.agent("Triag")
    assert (caught.value.what, caught.value.hint) == ("no agent is named 'Triag'", "did you mean 'Triage'?")


def test_handoffs_keep_their_tool_names_and_descriptions() -> None:
    billing, technical = Agent(name="Billing Desk", handoff_description="Money."), Agent(name="Technical")
    named = handoff(technical, tool_name_override="to_tech", tool_description_override="Bugs.")
    node = node_of(Agent(name="Triage", handoffs=[billing, named]))
    assert [(edge.target, edge.tool, edge.description) for edge in node.handoffs] == [
        (
            "Billing Desk",
            "transfer_to_billing_desk",
            "Handoff to the Billing Desk agent to handle the request. Money.",
        ),
        ("Technical", "to_tech", "Bugs."),
    ]


def written_by_hand(function: Any, name: str) -> Handoff[Any, Any]:
    return Handoff(
        tool_name="go", tool_description="", input_json_schema={}, on_invoke_handoff=function, agent_name=name
    )


def test_the_target_of_a_handoff_made_of_a_function_is_found_in_what_the_function_uses() -> None:
    target = Agent(name="Target")

    async def go(_context: Any, _arguments: str) -> Agent[Any]:
        return target

    graph = read_graph(System(entry=Agent(name="Triage", handoffs=[written_by_hand(go, "Target")])))
    assert graph.ref(target).layer is Layer.SPECIALIST


def test_a_handoff_that_decides_at_run_time_is_listed_with_a_warning() -> None:
    async def go(context: Any, _arguments: str) -> Agent[Any]:
        return context.context["agent"]  # type: ignore[no-any-return]  # made up at run time

    node = node_of(Agent(name="Triage", handoffs=[written_by_hand(go, "Somebody")]))
    assert [(edge.target, edge.tool) for edge in node.handoffs] == [("Somebody", "go")]
    assert ["decides its target at run time" in warning for warning in node.warnings] == [True]


def test_tools_are_listed_with_what_stands_behind_them() -> None:
    async def run(_context: Any, text: str) -> str:
        return text

    helper = Agent(name="Helper")
    mcp = HostedMCPTool(tool_config={"type": "mcp", "server_label": "wiki", "server_url": "http://127.0.0.1"})
    custom = CustomTool(name="grep", description="Search.", on_invoke_tool=run)
    node = node_of(Agent(name="A", tools=[lookup, helper.as_tool("ask", "Ask."), WebSearchTool(), mcp, custom]))
    assert [(tool.name, tool.origin, tool.helper) for tool in node.tools] == [
        ("lookup", ToolOrigin.FUNCTION, None),
        ("ask", ToolOrigin.AGENT, "Helper"),
        ("web_search", ToolOrigin.HOSTED, None),
        ("wiki", ToolOrigin.MCP, None),
        ("grep", ToolOrigin.FUNCTION, None),
    ]
    first = node.tools[0]
    assert (first.description, list(first.parameters["properties"])) == ("Look an account up.", ["account"])


def test_approvals_are_told_also_when_they_depend_on_the_call() -> None:
    async def sometimes(*_: Any) -> bool:
        return True

    @function_tool(needs_approval=True)
    def always() -> None: ...

    @function_tool(needs_approval=sometimes)
    def depends() -> None: ...

    node = node_of(Agent(name="A", tools=[always, lookup, depends]))
    assert [tool.needs_approval for tool in node.tools] == [True, False, True]


def test_what_is_switched_off_for_good_is_left_out_and_what_is_decided_later_stays() -> None:
    hidden, shown = Agent(name="Hidden"), Agent(name="Shown")
    tools = [
        hidden.as_tool("never", "", is_enabled=False),
        shown.as_tool("perhaps", "", is_enabled=lambda _context, _agent: False),
    ]
    entry = Agent(name="A", tools=list(tools), handoffs=[handoff(hidden, is_enabled=False)])
    graph = read_graph(System(entry=entry)).data
    assert (graph.names(), graph.tool_names()) == (("A", "Shown"), ("perhaps",))


def test_instructions_made_at_run_time_are_unknown() -> None:
    assert node_of(Agent(name="A", instructions=lambda _context, _agent: "now")).instructions is None
    assert node_of(Agent(name="A", instructions="always")).instructions == "always"


@pytest.mark.parametrize(
    ("memory", "name"),
    [({"session": SQLiteSession("s")}, "session"), ({"conversation_id": "c"}, "conversation_id"), ({}, None)],
)
def test_a_helper_that_remembers_is_warned_about(memory: dict[str, Any], name: str | None) -> None:
    tool = Agent(name="Lookup").as_tool("look", "Look it up", **memory)
    node = node_of(Agent(name="Entry", tools=[tool, lookup]))
    told = f"its tool look runs the helper Lookup with a history ({name}): let a helper answer from its input alone"
    assert list(node.warnings) == ([told] if name else [])


def test_a_model_object_is_named_and_warned_about() -> None:
    node = node_of(Agent(name="A", model=ScriptedModel([])))
    assert node.model == "ScriptedModel"
    assert ["ScriptedModel object" in warning for warning in node.warnings] == [True]
    assert (node_of(Agent(name="A", model="gpt-x")).model, node_of(Agent(name="A")).model) == ("gpt-x", None)


def test_settings_output_type_and_guardrails_are_told() -> None:
    class Verdict(BaseModel):
        urgent: bool

    @input_guardrail
    async def polite(*_: Any) -> GuardrailFunctionOutput:
        return GuardrailFunctionOutput(None, tripwire_triggered=False)

    @output_guardrail(name="no secrets")
    async def check(*_: Any) -> GuardrailFunctionOutput:
        return GuardrailFunctionOutput(None, tripwire_triggered=False)

    agent = Agent(
        name="A",
        output_type=Verdict,
        model_settings=ModelSettings(temperature=0.0),
        input_guardrails=[polite],
        output_guardrails=[check],
    )
    node = node_of(agent)
    assert node.settings == {"temperature": 0.0}
    assert node.output_type["properties"]["urgent"]["type"] == "boolean"
    assert node.guardrails == ("polite", "no secrets")
    assert node_of(Agent(name="A", output_type=AgentOutputSchema(str))).output_type is None


def test_a_graph_survives_being_written_and_read() -> None:
    helper = Agent(name="Helper", model_settings=ModelSettings(temperature=0.5))
    graph = read_graph(
        System(entry=Agent(name="A", tools=[lookup, helper.as_tool("ask", "")]), failed_output="ERR")
    ).data
    adapter = TypeAdapter(AgentGraph)
    assert adapter.validate_json(adapter.dump_json(graph)) == graph
