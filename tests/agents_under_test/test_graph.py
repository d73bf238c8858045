"""The shape of the system, and that two builds have nothing in common."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from agents import Agent

from agents_under_test.support import build
from harness.core.trace import Layer, ToolOrigin
from harness.system.graph import read_graph

if TYPE_CHECKING:
    from harness.core.graph import AgentGraph
    from harness.system.loading import System

FIELDS = {"overpaid"}
"""Fields of tool results that instructions speak of."""

HELPERS = {
    "lookup_account": "AccountLookup",
    "calculate_proration": "ProrationCalculator",
    "run_diagnostics": "TechnicalDiagnostics",
    "search_knowledge_base": "KnowledgeBaseSearch",
}


@pytest.fixture(scope="module")
def graph() -> AgentGraph:
    return read_graph(build()).data


def test_the_layers_are_read_from_handoffs_and_tools(graph: AgentGraph) -> None:
    layers = {node.ref.name: node.ref.layer for node in graph.agents}
    assert graph.entry == "Triage"
    assert layers == {
        "Triage": Layer.TRIAGE,
        "BillingSpecialist": Layer.SPECIALIST,
        "TechnicalSpecialist": Layer.SPECIALIST,
        "HumanEscalation": Layer.SPECIALIST,
        **dict.fromkeys(HELPERS.values(), Layer.HELPER),
    }


def test_conversations_can_go_where_they_must(graph: AgentGraph) -> None:
    edges = {(node.ref.name, handoff.target) for node in graph.agents for handoff in node.handoffs}
    assert edges == {
        ("Triage", "BillingSpecialist"),
        ("Triage", "TechnicalSpecialist"),
        ("BillingSpecialist", "HumanEscalation"),
        ("BillingSpecialist", "Triage"),
        ("TechnicalSpecialist", "HumanEscalation"),
        ("TechnicalSpecialist", "Triage"),
    }


def test_helpers_are_tools_and_hand_off_to_nobody(graph: AgentGraph) -> None:
    tools = {tool.name: tool for node in graph.agents for tool in node.tools}
    for name, helper in HELPERS.items():
        assert tools[name].origin is ToolOrigin.AGENT
        assert tools[name].helper == helper
        node = graph.agent(helper)
        assert node is not None
        assert node.handoffs == ()
        assert node.tools


def test_triage_has_no_tools_and_no_specialist_more_than_six(graph: AgentGraph) -> None:
    assert {node.ref.name: len(node.tools) for node in graph.agents if node.ref.layer is not Layer.HELPER} == {
        "Triage": 0,
        "BillingSpecialist": 4,
        "TechnicalSpecialist": 2,
        "HumanEscalation": 0,
    }


def test_models_are_given_by_name_and_helpers_have_the_cheap_one(graph: AgentGraph) -> None:
    models = {node.ref.name: node.model for node in graph.agents}
    assert {models[helper] for helper in HELPERS.values()} == {"gpt-4o-mini"}
    assert {model for name, model in models.items() if name not in HELPERS.values()} == {"gpt-4o"}


def test_instructions_name_their_own_tools_and_no_others(graph: AgentGraph) -> None:
    for node in graph.agents:
        named = set(re.findall(r"`(\w+)`", node.instructions or "")) - FIELDS
        assert named == {tool.name for tool in node.tools}, node.ref.name


def test_specialists_are_told_of_every_agent_they_can_hand_off_to(graph: AgentGraph) -> None:
    for name in ("BillingSpecialist", "TechnicalSpecialist"):
        node = graph.agent(name)
        assert node is not None
        assert all(f"hand off to {each.target}" in str(node.instructions) for each in node.handoffs)


def test_every_tool_and_every_argument_is_described(graph: AgentGraph) -> None:
    for node in graph.agents:
        for tool in node.tools:
            assert tool.description, tool.name
            assert isinstance(tool.parameters, dict)
            if tool.origin is ToolOrigin.FUNCTION:
                properties = tool.parameters.get("properties", {})
                assert all("description" in schema for schema in properties.values()), tool.name


def _billing(system: System) -> Agent[Any]:
    billing = system.entry.handoffs[0]
    assert isinstance(billing, Agent)
    return billing


def test_two_builds_share_no_agent_and_no_tool() -> None:
    one, other = _billing(build()), _billing(build())
    assert one is not other
    assert not {id(tool) for tool in one.tools} & {id(tool) for tool in other.tools}
    one.tools.clear()
    one.instructions = "Nothing."
    assert len(other.tools) == 4
    assert "billing specialist" in str(other.instructions)


def test_the_refund_limit_of_one_build_is_its_own() -> None:
    generous = read_graph(build(refund_limit=1000.0)).data
    usual = read_graph(build()).data
    for graph, limit in ((generous, "$1000.00"), (usual, "$500.00")):
        node = graph.agent("BillingSpecialist")
        assert node is not None
        assert any(limit in tool.description for tool in node.tools if tool.name == "process_refund")
