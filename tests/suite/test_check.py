from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from harness.core.graph import AgentGraph, AgentNode, HandoffNode, ToolNode
from harness.core.trace import AgentRef, Layer, ToolOrigin
from harness.errors import Problem, Severity
from harness.suite.check import check_suite
from harness.suite.loading import parse_suite

if TYPE_CHECKING:
    from collections.abc import Callable


def _check(text: str, graph: AgentGraph) -> tuple[Problem, ...]:
    return check_suite(parse_suite(text, "suite.yaml"), graph)


def _scenario(keys: str) -> str:
    return f"scenarios:\n  - id: one\n    {keys}\n"


def _errors(text: str, graph: AgentGraph) -> list[str]:
    return [each.message for each in _check(text, graph) if each.severity is Severity.ERROR]


_FINE = """
scenarios:
  - id: duplicate-charge
    user: I was charged twice. My customer id is C-1042.
    approvals: {process_refund: approve}
    expect:
      specialist: BillingSpecialist
      route: [Triage, '*']
      tools:
        - tool: lookup_account
          by: BillingSpecialist
          helper: [fetch_account: {customer_id: C-1042}]
        - get_invoice: {customer_id: {from: lookup_account}}
        - process_refund: {customer_id: C-1042, amount: {between: [1, 500]}}
        - optional: [change_plan: {plan: {one_of: [free, pro]}}]
        - any_of: [[run_diagnostics], [search_articles: {top: 3}]]
      forbidden_tools: [read_logs]
      escalation: none
      answer: {contains: refund, equals: The refund is 49, matches: '\\d', grounded_in: [get_invoice, fetch_account]}
      clarifying_questions: {max: 1}
      guardrail: abuse_check
      limits: {tool_calls: 4, handoffs: 1}
  - id: from-history
    agent: BillingSpecialist
    history: duplicate-charge
    user: A person, please.
    expect:
      route: [BillingSpecialist, HumanEscalation]
      escalation: {to: human, after: [process_refund]}
  - id: helper-alone
    agent: AccountLookup
    user: C-1042
    expect: {tools: [fetch_account]}
  - id: back
    agent: BillingSpecialist
    user: My app crashes.
    expect: {escalation: back_to_triage, specialist: TechnicalSpecialist, tools: [run_diagnostics]}
"""


def test_a_suite_that_fits_has_no_problems(graph: AgentGraph) -> None:
    assert _check(_FINE, graph) == ()


def test_a_misspelt_name_is_answered_with_the_right_one(graph: AgentGraph) -> None:
    (problem,) = _check(_scenario("user: a\n    expect: {specialist: BilingSpecialist}"), graph)
    assert str(problem) == (
        "suite.yaml:3: error: `specialist`: no agent is named 'BilingSpecialist'\n  did you mean 'BillingSpecialist'?"
    ).replace(":3:", ":4:")


@pytest.mark.parametrize(
    ("expect", "hint"),
    [
        ("{tools: [lookup_acount]}", "did you mean 'lookup_account'?"),
        ("{tools: [get_invoice: {custmer_id: C-1}]}", "did you mean 'customer_id'?"),
        ("{tools: [fetch_account]}", "it belongs to AccountLookup: a helper's own calls are judged under `helper:`"),
        (
            "{specialist: NightShift}",
            "by handoffs Triage reaches BillingSpecialist, HumanEscalation, TechnicalSpecialist",
        ),
        ("{specialist: AccountLookup}", "AccountLookup is called as a tool: a helper never owns the conversation"),
        ("{escalation: {to: human, after: read_logs}}", "those who can: BillingSpecialist, TechnicalSpecialist"),
        ("{guardrail: abuse}", "did you mean 'abuse_check'?"),
    ],
)
def test_a_problem_says_what_would_be_right(expect: str, hint: str, graph: AgentGraph) -> None:
    (problem,) = _check(_scenario(f"user: a\n    expect: {expect}"), graph)
    assert problem.hint.startswith(hint)


def test_problems_come_in_the_order_of_lines_and_once(graph: AgentGraph) -> None:
    text = "x-c: &c {nope: 1}\nscenarios:\n" + "".join(
        f"  - {{id: s{n}, user: a, agent: Nobody{n}, expect: {{tools: [get_invoice: *c]}}}}\n" for n in range(12)
    )
    lines = [each.where.line for each in _check(text, graph) if each.where]
    assert lines == list(range(3, 15))


def test_an_approval_that_nothing_answers_is_a_warning(graph: AgentGraph) -> None:
    text = _scenario("user: Hello.\n    expect: {tools: [process_refund]}")
    (problem,) = _check(text, graph)
    assert (problem.severity, str(problem.where)) == (Severity.WARNING, "suite.yaml:4")
    assert problem.message.startswith("process_refund asks for an approval, which nothing answers")
    assert problem.hint == "add `approvals: {process_refund: approve}`"
    assert _check(text.replace("user:", "approvals: {process_refund: reject}\n    user:"), graph) == ()
    assert _check(text.replace("[process_refund]", "[optional: [process_refund]], order: exact"), graph) == ()


def test_a_draft_is_a_warning(graph: AgentGraph) -> None:
    (problem,) = _check(_scenario("user: a\n    draft: true\n    expect: {escalation: none}"), graph)
    assert (problem.severity, problem.message) == (Severity.WARNING, "the scenario 'one' is a draft")
    assert str(problem.where) == "suite.yaml:4"


def _with_agent(graph: AgentGraph, name: str, change: Callable[[AgentNode], AgentNode]) -> AgentGraph:
    agents = tuple(change(node) if node.ref.name == name else node for node in graph.agents)
    return replace(graph, agents=agents)


def _with_tools(graph: AgentGraph, *tools: ToolNode) -> AgentGraph:
    return _with_agent(graph, "TechnicalSpecialist", lambda node: replace(node, tools=(*node.tools, *tools)))


_MCP = ToolNode(name="tickets", description="an MCP server", origin=ToolOrigin.MCP)


def test_tools_of_an_mcp_server_are_never_unknown(graph: AgentGraph) -> None:
    text = _scenario(
        "user: a\n    approvals: {close_ticket: reject}\n"
        "    expect: {tools: [open_ticket: {title: x}], "
        "forbidden_tools: [close_ticket], answer: {grounded_in: list_tickets}, "
        "escalation: {to: human, after: open_ticket}}"
    )
    assert _errors(text, graph)
    assert _errors(text, _with_tools(graph, _MCP)) == []


def test_a_scenario_that_cannot_reach_the_mcp_server_is_still_checked(graph: AgentGraph) -> None:
    text = _scenario("agent: AccountLookup\n    user: a\n    expect: {tools: [open_ticket]}")
    assert _errors(text, _with_tools(graph, _MCP)) == ["no tool is named 'open_ticket'"]


def test_a_handoff_that_decides_at_run_time_leaves_reachability_open(graph: AgentGraph) -> None:
    edge = HandoffNode(target="OnCall", tool="transfer_to_oncall")
    loose = _with_agent(graph, "TechnicalSpecialist", lambda node: replace(node, handoffs=(*node.handoffs, edge)))
    for specialist in ("OnCall", "NightShift"):
        text = _scenario(f"user: a\n    expect: {{specialist: {specialist}, tools: [ring_bell]}}")
        assert _errors(text, graph)
        assert _errors(text, loose) == []


@pytest.mark.parametrize(
    "parameters",
    [
        None,
        {},
        {"type": "object"},
        {"type": "object", "properties": {}, "additionalProperties": True},
        {"type": "object", "properties": {}, "patternProperties": {"^x": {}}},
        {"type": "object", "properties": {"anything": {"$ref": "#/$defs/Lost"}}},
        {"type": "object", "properties": {"anything": {"type": "no such type"}}},
        {"type": "object", "properties": {"anything": {"pattern": "("}}},
        {"type": "object", "properties": {"anything": True}},
        {"type": "object", "properties": {"anything": {"$ref": "https://example.com/elsewhere.json"}}},
        True,
    ],
)
def test_a_tool_whose_schema_does_not_say_takes_anything(parameters: Any, graph: AgentGraph) -> None:
    loose = _with_tools(graph, ToolNode(name="loose", description="Whatever.", parameters=parameters))
    assert _errors(_scenario("user: a\n    expect: {tools: [loose: {anything: x}]}"), loose) == []


def test_a_value_is_refused_only_where_every_owner_refuses_it(graph: AgentGraph) -> None:
    mild = ToolNode(
        name="get_invoice",
        description="Another reading of it.",
        parameters={"type": "object", "properties": {"number": {"type": "integer"}}},
    )
    both = _with_tools(graph, mild)
    text = _scenario("user: a\n    expect: {tools: [get_invoice: {number: 7}]}")
    assert _errors(text, graph) == ["get_invoice has no argument 'number'"]
    assert _errors(text, both) == []
    by = _scenario("user: a\n    expect: {tools: [{tool: get_invoice, by: BillingSpecialist, arguments: {number: 7}}]}")
    assert _errors(by, both) == ["get_invoice has no argument 'number'"]


def test_a_later_turn_may_stay_with_a_person_without_escalating_again(graph: AgentGraph) -> None:
    text = """
scenarios:
  - id: one
    conversation:
      - {user: A person!, expect: {escalation: human}}
      - {user: Thanks., expect: {specialist: HumanEscalation, escalation: none}}
"""
    assert _errors(text, graph) == []


def test_a_history_may_name_a_scenario_whose_file_could_not_be_read(graph: AgentGraph) -> None:
    text = _scenario("agent: BillingSpecialist\n    user: a\n    history: elsewhere\n    expect: {escalation: none}")
    assert _errors(text, graph) == ["`history`: no scenario is named 'elsewhere'"]
    assert check_suite(parse_suite(text), graph, unread={"elsewhere"}) == ()


def test_calls_of_hosted_tools_are_never_seen(graph: AgentGraph) -> None:
    hosted = _with_tools(graph, ToolNode(name="web_search", origin=ToolOrigin.HOSTED))
    (message,) = _errors(_scenario("user: a\n    expect: {tools: [web_search]}"), hosted)
    assert message == "web_search is a hosted tool, whose calls are never seen here"


def test_no_guardrail_can_only_be_expected_where_there_are_guardrails(graph: AgentGraph) -> None:
    text = _scenario("user: a\n    expect: {guardrail: none}")
    assert _errors(text, graph) == []
    bare = _with_agent(graph, "Triage", lambda node: replace(node, guardrails=()))
    assert _errors(text, bare) == ["`guardrail: none` can never fail: there are no guardrails"]


def test_one_agent_alone_is_a_system_too() -> None:
    tool = ToolNode(name="add", description="Add numbers.", parameters={"type": "object", "properties": {"a": {}}})
    only = AgentNode(ref=AgentRef(name="Solo", layer=Layer.TRIAGE), tools=(tool,))
    graph = AgentGraph(entry="Solo", agents=(only,))
    assert _errors(_scenario("user: a\n    expect: {tools: [add: {a: 1}], answer: {contains: '1'}}"), graph) == []


def test_five_thousand_scenarios_are_checked_alike(graph: AgentGraph) -> None:
    body = (
        "user: a, expect: {specialist: BillingSpecialist, tools: [get_invoice: {customer_id: C-1}], escalation: none}"
    )
    text = "scenarios:\n" + "".join(f"  - {{id: s{n}, {body}}}\n" for n in range(5000))
    scenarios = parse_suite(text)
    assert len(scenarios) == 5000
    assert check_suite(scenarios, graph) == ()
