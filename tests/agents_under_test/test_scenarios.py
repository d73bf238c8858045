"""The bundled suite: it fits the system, and leaves no tool, helper or edge of it out."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agents_under_test.support import build
from harness.core.scenario import AnyOfGroup, AnyOrderGroup, EscalationTarget, ExpectedCall, OptionalGroup
from harness.suite.check import check_suite
from harness.suite.loading import load_suite
from harness.system.graph import read_graph

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.core.graph import AgentGraph
    from harness.core.scenario import Expectation, ExpectedItem, Scenario

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def suite() -> tuple[Scenario, ...]:
    return load_suite([ROOT / "scenarios"], root=ROOT)


@pytest.fixture(scope="module")
def graph() -> AgentGraph:
    return read_graph(build()).data


def _expectations(suite: Iterable[Scenario]) -> Iterator[Expectation]:
    for scenario in suite:
        yield scenario.expect
        yield from (turn.expect for turn in scenario.conversation if turn.expect is not None)


def _tools(items: Iterable[ExpectedItem]) -> Iterator[str]:
    for item in items:
        match item:
            case ExpectedCall():
                yield item.tool
                yield from _tools(item.helper.calls if item.helper else ())
            case AnyOrderGroup() | OptionalGroup():
                yield from _tools(item.calls)
            case AnyOfGroup():
                yield from (tool for sequence in item.alternatives for tool in _tools(sequence))


def test_the_suite_fits_the_system(suite: tuple[Scenario, ...], graph: AgentGraph) -> None:
    assert [str(problem) for problem in check_suite(suite, graph)] == []


def test_every_level_is_tested_and_every_agent_alone_or_at_the_entry(
    suite: tuple[Scenario, ...], graph: AgentGraph
) -> None:
    assert len(suite) >= 60
    assert {scenario.agent or graph.entry for scenario in suite} == set(graph.names())


def test_every_tool_is_expected_somewhere(suite: tuple[Scenario, ...], graph: AgentGraph) -> None:
    expected = {tool for each in _expectations(suite) if each.tools for tool in _tools(each.tools.calls)}
    assert expected == set(graph.tool_names())


def test_every_handoff_is_on_some_expected_route(suite: tuple[Scenario, ...], graph: AgentGraph) -> None:
    routes = [each.route for each in _expectations(suite)]
    walked = {edge for route in routes for edge in pairwise(route)}
    assert {(node.ref.name, handoff.target) for node in graph.agents for handoff in node.handoffs} <= walked


def test_every_outcome_of_escalation_is_expected_somewhere(suite: tuple[Scenario, ...]) -> None:
    assert {each.escalation.to for each in _expectations(suite) if each.escalation} == set(EscalationTarget)


def test_a_quarantine_names_its_reason_and_its_owner(suite: tuple[Scenario, ...]) -> None:
    for scenario in suite:
        if scenario.quarantine is not None:
            assert scenario.quarantine.reason.startswith("the stand-in "), scenario.id
            assert scenario.quarantine.owner == "maintainers", scenario.id
