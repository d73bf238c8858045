from __future__ import annotations

from dataclasses import replace

import pytest

from harness.core.graph import AgentGraph, AgentNode, HandoffNode, ToolNode
from harness.core.trace import AgentRef, Layer, ToolOrigin
from harness.errors import Severity
from harness.suite.guidelines import MOST_TOOLS, guidelines


def _agent(layer: Layer, name: str = "A", **more: object) -> AgentNode:
    return replace(AgentNode(ref=AgentRef(name=name, layer=layer)), **more)  # type: ignore[arg-type]  # a test's shortcut


def _tools(count: int) -> tuple[ToolNode, ...]:
    return tuple(ToolNode(name=f"t{n}", description=f"word{n} only") for n in range(count))


def _warnings(*agents: AgentNode) -> list[str]:
    found = guidelines(AgentGraph(entry=agents[0].ref.name, agents=agents))
    assert all(each.severity is Severity.WARNING for each in found)
    return [each.message for each in found]


def test_a_tidy_system_has_no_warnings(graph: AgentGraph) -> None:
    assert guidelines(graph) == ()


def test_a_specialist_keeps_to_six_tools() -> None:
    assert _warnings(_agent(Layer.SPECIALIST, tools=_tools(MOST_TOOLS))) == []
    assert _warnings(_agent(Layer.SPECIALIST, tools=_tools(MOST_TOOLS + 1))) == ["A has 7 tools"]


def test_a_helper_hands_off_to_nobody() -> None:
    helper = _agent(Layer.HELPER, handoffs=(HandoffNode(target="B", tool="transfer_to_b"),))
    assert _warnings(helper) == ["the helper A hands off to B"]


def test_triage_has_no_tools() -> None:
    assert _warnings(_agent(Layer.TRIAGE, tools=_tools(2))) == ["the triage agent A has tools: t0, t1"]


@pytest.mark.parametrize("description", ["", "Handoff to the B agent to handle the request. "])
def test_triage_needs_a_routing_description_for_each_specialist(description: str) -> None:
    triage = _agent(Layer.TRIAGE, handoffs=(HandoffNode(target="B", tool="transfer_to_b", description=description),))
    plain = _agent(Layer.SPECIALIST, "B")
    assert _warnings(triage, plain) == ["A has no routing description for B"]
    assert _warnings(triage, replace(plain, handoff_description="Bills and refunds.")) == []


def test_the_handoff_itself_may_carry_the_description() -> None:
    edge = HandoffNode(target="B", tool="t", description="Handoff to the B agent to handle the request. Bills.")
    assert _warnings(_agent(Layer.TRIAGE, handoffs=(edge,)), _agent(Layer.SPECIALIST, "B")) == []


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        ("Look up the customer's account.", "Look up the account of the customer's.", True),
        ("", "", True),
        ("Look up an account.", "Refund a charge.", False),
        ("Look up an account.", "", False),
    ],
)
def test_tools_whose_descriptions_read_the_same(first: str, second: str, *, alike: bool) -> None:
    tools = (ToolNode(name="a", description=first), ToolNode(name="b", description=second))
    expected = ["A: the descriptions of a and b read the same"] if alike else []
    assert _warnings(_agent(Layer.SPECIALIST, tools=tools)) == expected


def test_servers_and_hosted_tools_are_not_described_by_the_application() -> None:
    tools = tuple(
        ToolNode(name=name, origin=origin) for name, origin in (("a", ToolOrigin.MCP), ("b", ToolOrigin.HOSTED))
    )
    assert _warnings(_agent(Layer.SPECIALIST, tools=(*tools, *tools))) == []


def test_what_the_graph_itself_warns_of_is_passed_on() -> None:
    node = _agent(Layer.SPECIALIST, warnings=("its model is an object that escapes the cassette",))
    assert _warnings(node) == ["A: its model is an object that escapes the cassette"]
