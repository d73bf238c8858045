from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from harness.core.graph import ToolNode
from harness.core.trace import ToolOrigin
from harness.scoring.syntax import OPTIONS
from harness.suite.language import MATCHER_OPTIONS, MATCHERS
from harness.suite.schema import json_schema

if TYPE_CHECKING:
    from harness.core.graph import AgentGraph

_ROOT = Path(__file__).parents[2]


def _errors(schema: dict[str, Any], text: str) -> list[str]:
    document = yaml.load(text, Loader=_Editor)  # noqa: S506 (a safe loader without dates)
    return [error.json_path for error in jsonschema.Draft7Validator(schema).iter_errors(document)]


class _Editor(yaml.SafeLoader):
    """Reads dates as texts, as the YAML 1.2 of editors does."""


_Editor.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _expect(body: str) -> str:
    return f"scenarios: [{{id: a, user: b, expect: {body}}}]"


def test_it_is_a_json_schema(graph: AgentGraph) -> None:
    jsonschema.Draft7Validator.check_schema(json_schema())
    jsonschema.Draft7Validator.check_schema(json_schema(graph))


@pytest.mark.parametrize("path", sorted((_ROOT / "scenarios").glob("*.yaml")), ids=lambda path: path.name)
def test_every_bundled_scenario_file_fits(path: Path) -> None:
    assert _errors(json_schema(), path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "x-anchors: {a: 1}\n" + _expect("{escalation: none}"),
        _expect("{specialist: [BillingSpecialist, Triage], route: [Triage, '*', '**']}"),
        _expect("{tools: []}"),
        _expect("{tools: [lookup_account, get_invoice: {customer_id: {matches: x}}]}"),
        _expect(
            "{tools: [{any_order: [get_invoice]}, {any_of: [[get_invoice], lookup_account]}, optional: ring_bell]}"
        ),
        _expect("{tools: [{tool: lookup_account, by: BillingSpecialist, times: 1..2, helper: [fetch_account]}]}"),
        _expect("{tools: [{tool: get_invoice, arguments: {customer_id: C-1}}], order: superset, count: all}"),
        _expect("{escalation: {to: human, after: [run_diagnostics]}, guardrail: abuse_check}"),
        _expect("{clarifying_questions: 0..1, state: {refunds: []}, limits: {tokens: 3, cost_usd: 0.5}}"),
        "scenarios: [{id: a, conversation: [b, {user: c, expect: {escalation: none}}]}]",
        "scenarios: [{id: a, user: b, agent: Triage, history: [{user: c}, {role: assistant, content: d}]}]",
        _expect("{tools: [{any_order: [get_invoice]}, {any_of: [[get_invoice], ring_bell]}, optional: ring_bell]}"),
    ],
)
def test_what_the_loader_takes_the_editor_takes(text: str, graph: AgentGraph) -> None:
    assert _errors(json_schema(graph), text) == []


@pytest.mark.parametrize(
    "text",
    [
        "scenarios: [{id: a}]",
        "scenarios: [{user: a}]",
        "scenarios: [{id: a b, user: c}]",
        "scenarios: [{id: a, user: b, conversation: [c]}]",
        "scenarios: [{id: a, user: b, usr: c}]",
        "scenarios: []",
        "other: 1",
        "scenarios: [{id: a, user: b, agent: Nobody}]",
        "scenarios: [{id: a, conversation: [{user: b, expect: {state: 1}}]}]",
        _expect("{specialist: Biling}"),
        _expect("{tools: [lookup_acount]}"),
        _expect("{tools: [get_invoice: {customer: C-1}]}"),
        _expect("{tools: [{tool: get_invoice, arguments: {customer: C-1}}]}"),
        _expect("{tools: [{tool: lookup_account, helper: [nothing_like_it]}]}"),
        _expect("{tools: [get_invoice], order: whatever}"),
        _expect("{escalation: humans}"),
        _expect("{guardrail: unknown}"),
        _expect("{limits: {tokens: -1}}"),
        _expect("{answer: refund}"),
        _expect("{clarifying_questions: one}"),
    ],
)
def test_what_the_loader_refuses_the_editor_marks(text: str, graph: AgentGraph) -> None:
    assert _errors(json_schema(graph), text) != []


def test_the_names_are_those_of_the_application(graph: AgentGraph) -> None:
    names = json_schema(graph)["$defs"]
    assert "BillingSpecialist" in names["agent"]["enum"]
    assert "process_refund" in names["tool"]["enum"]
    assert names["guardrail"]["enum"] == ["none", "abuse_check"]


def test_a_meaning_from_the_tool_itself_is_shown_at_its_argument(graph: AgentGraph) -> None:
    tool = ToolNode(
        name="book",
        parameters={"type": "object", "properties": {"day": {"type": "string", "description": "The day of travel."}}},
    )
    more = replace(graph, agents=(*graph.agents[:-1], replace(graph.agents[-1], tools=(tool,))))
    short = json_schema(more)["$defs"]["item"]["anyOf"][1]
    assert short["properties"]["book"]["properties"]["day"]["description"] == "The day of travel."


def test_any_tool_may_come_from_an_mcp_server(graph: AgentGraph) -> None:
    server = ToolNode(name="tickets", origin=ToolOrigin.MCP)
    more = replace(graph, agents=(*graph.agents[:-1], replace(graph.agents[-1], tools=(server,))))
    text = _expect("{tools: [open_ticket: {title: x}, close_ticket]}")
    assert _errors(json_schema(graph), text) != []
    assert _errors(json_schema(more), text) == []


def test_the_language_names_every_matcher_that_scoring_knows() -> None:
    assert {key.name for key in MATCHERS} == set(OPTIONS)
    assert {key.name for key in MATCHER_OPTIONS} == {option for options in OPTIONS.values() for option in options}
