"""Scenarios against the live agent graph, before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core.scenario import Location
from harness.errors import Problem
from harness.suite.agent_names import agent_names
from harness.suite.contradictions import contradictions
from harness.suite.guidelines import guidelines
from harness.suite.level_checks import levels
from harness.suite.outcome_checks import outcomes
from harness.suite.surroundings import Case, Surroundings
from harness.suite.tool_names import tool_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from harness.core.graph import AgentGraph
    from harness.core.scenario import Scenario


def check_suite(scenarios: Sequence[Scenario], graph: AgentGraph, unread: Collection[str] = ()) -> tuple[Problem, ...]:
    """Everything wrong with these scenarios in this graph, in the order of files and lines, then the guidelines.

    `unread` are ids of scenarios that exist but are not among these. Nothing is held against a scenario that only a
    run could tell: where an agent's tools come from an MCP server, any tool name may be right.
    """
    around = Surroundings(graph)
    by_id = {scenario.id: scenario for scenario in scenarios}
    found = dict.fromkeys(
        problem for scenario in scenarios for problem in _check(Case.of(scenario, around), by_id, unread)
    )
    return (*sorted(found, key=_place), *guidelines(graph))


def foreign(scenarios: Sequence[Scenario], system: str) -> tuple[Problem, ...]:
    """Scenarios of other agents than `system`: one run is of one system, and none may be judged by another's."""
    return tuple(
        Problem(
            message=f"`system`: this scenario is of {each.system!r}, and this run is of {system!r}",
            where=Location(file=each.location.file, line=each.lines.get("system", each.location.line)),
            hint=f"keep it in a folder of its own: --scenarios FOLDER --system {each.system}",
        )
        for each in scenarios
        if each.system not in (None, system)
    )


def _check(case: Case, scenarios: Mapping[str, Scenario], unread: Collection[str]) -> Iterator[Problem]:
    yield from agent_names(case)
    yield from tool_names(case)
    yield from outcomes(case)
    yield from levels(case, scenarios, unread)
    yield from contradictions(case)


def _place(problem: Problem) -> tuple[str, int]:
    return (problem.where.file, problem.where.line) if problem.where else ("", 0)
