"""A small support system as plain data, and ways to read and check a piece of YAML."""

from __future__ import annotations

from typing import Any

import pytest

from harness.core.graph import AgentGraph, AgentNode, HandoffNode, ToolNode
from harness.core.trace import AgentRef, Layer, ToolOrigin


def _tool(name: str, description: str, properties: dict[str, Any], **more: Any) -> ToolNode:
    parameters = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return ToolNode(name=name, description=description, parameters=parameters, **more)


def _helper_tool(name: str, description: str, helper: str) -> ToolNode:
    properties = {"input": {"type": "string"}}
    return _tool(name, description, properties, origin=ToolOrigin.AGENT, helper=helper)


def _agent(name: str, layer: Layer, *, human: bool = False, **more: Any) -> AgentNode:
    return AgentNode(ref=AgentRef(name=name, layer=layer, human=human), **more)


def _to(target: str) -> HandoffNode:
    return HandoffNode(target=target, tool=f"transfer_to_{target.lower()}", description=f"Everything about {target}.")


_TEXT = {"type": "string"}
_CUSTOMER = {"customer_id": _TEXT}
_REFUND = {**_CUSTOMER, "amount": {"type": "number", "exclusiveMinimum": 0}}
_PLAN = {**_CUSTOMER, "plan": {"$ref": "#/$defs/Plan"}}
_CHANGE = ToolNode(
    name="change_plan",
    description="Move a customer to another plan.",
    parameters={
        "type": "object",
        "properties": _PLAN,
        "required": ["customer_id"],
        "additionalProperties": False,
        "$defs": {"Plan": {"enum": ["free", "pro"]}},
    },
)


@pytest.fixture
def graph() -> AgentGraph:
    """Triage, two specialists, a person, and the helpers behind their tools."""
    billing = _agent(
        "BillingSpecialist",
        Layer.SPECIALIST,
        tools=(
            _helper_tool("lookup_account", "Look up an account.", "AccountLookup"),
            _tool("get_invoice", "Read one invoice with its lines.", _CUSTOMER),
            _tool("process_refund", "Pay money back.", _REFUND, needs_approval=True),
            _CHANGE,
        ),
        handoffs=(_to("HumanEscalation"), _to("Triage")),
    )
    technical = _agent(
        "TechnicalSpecialist",
        Layer.SPECIALIST,
        tools=(
            _helper_tool("run_diagnostics", "Find likely causes.", "TechnicalDiagnostics"),
            _tool("search_articles", "Find help pages.", {"query": _TEXT, "top": {"type": "integer"}}),
        ),
        handoffs=(_to("HumanEscalation"),),
    )
    triage = _agent(
        "Triage",
        Layer.TRIAGE,
        handoffs=(_to("BillingSpecialist"), _to("TechnicalSpecialist")),
        guardrails=("abuse_check",),
    )
    lookup = _agent("AccountLookup", Layer.HELPER, tools=(_tool("fetch_account", "Read a row.", _CUSTOMER),))
    diagnostics = _agent("TechnicalDiagnostics", Layer.HELPER, tools=(_tool("read_logs", "Read logs.", {"hours": {}}),))
    human = _agent("HumanEscalation", Layer.SPECIALIST, human=True)
    stranger = _agent("NightShift", Layer.SPECIALIST, tools=(_tool("ring_bell", "Wake somebody.", {}),))
    return AgentGraph(entry="Triage", agents=(triage, billing, lookup, human, technical, diagnostics, stranger))
