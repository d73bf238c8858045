"""Agents that a scenario names: they exist, and the conversation can get to them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from harness.core.trace import Layer
from harness.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.core.scenario import Expectation
    from harness.errors import Problem
    from harness.suite.surroundings import Case

_WILD = ("*", "**")


def agent_names(case: Case) -> Iterator[Problem]:
    """Problems with `agent`, `specialist` and `route`."""
    scenario, around = case.scenario, case.around
    if scenario.agent is not None and case.start is None:
        hint = did_you_mean(scenario.agent, around.agents)
        yield case.wrong(scenario, "agent", f"no agent is named {scenario.agent!r}", hint)
    for expect in case.expectations():
        for name in expect.specialist:
            yield from _holder(case, expect, "specialist", name)
        yield from _every_owner(case, expect)
        for name in expect.route:
            if name not in _WILD:
                yield from _holder(case, expect, "route", name)
    yield from _routes(case)


def _holder(case: Case, expect: Expectation, key: str, name: str) -> Iterator[Problem]:
    agents = case.around.agents
    if name in case.around.strangers:
        return
    if name not in agents:
        yield case.wrong(expect, key, f"`{key}`: no agent is named {name!r}", did_you_mean(name, agents))
    elif case.start and case.closed and name not in case.holders:
        start = case.start.ref.name
        reached = ", ".join(sorted(case.holders - {start})) or "nobody"
        hint = f"by handoffs {start} reaches {reached}"
        if agents[name].ref.layer is Layer.HELPER:
            hint = f"{name} is called as a tool: a helper never owns the conversation"
        yield case.wrong(expect, key, f"`{key}`: {name} cannot be reached from {start}", hint)


def _every_owner(case: Case, expect: Expectation) -> Iterator[Problem]:
    if case.closed and expect.specialist and case.holders <= set(expect.specialist):
        everyone = " and ".join(sorted(case.holders))
        message = f"`specialist` can never fail: only {everyone} can own this conversation"
        yield case.wrong(expect, "specialist", message, "remove it")


def _routes(case: Case) -> Iterator[Problem]:
    """Routes that the handoffs do not allow; across turns the application itself may move the conversation."""
    turns = case.scenario.conversation
    whole = case.scenario.expect
    if len(turns) == 1:
        yield from _route(case, whole, first=True)
    elif whole.route:
        yield from _beginning(case, whole)
    for number, turn in enumerate(turns):
        if turn.expect is not None:
            yield from _route(case, turn.expect, first=number == 0)


def _route(case: Case, expect: Expectation, *, first: bool) -> Iterator[Problem]:
    if first:
        yield from _beginning(case, expect)
    agents = case.around.agents
    for source, target in pairwise(expect.route):
        if source in agents and target in agents and source in case.holders and target in case.holders:
            targets = [edge.target for edge in agents[source].handoffs]
            if target not in targets:
                hint = f"{source} hands off to {', '.join(targets) or 'nobody'}"
                yield case.wrong(expect, "route", f"`route`: {source} has no handoff to {target}", hint)


def _beginning(case: Case, expect: Expectation) -> Iterator[Problem]:
    first = expect.route[0] if expect.route else "*"
    if case.start and first not in (*_WILD, case.start.ref.name) and first in case.holders:
        start = case.start.ref.name
        message = f"`route` begins with {first}, but the conversation begins with {start}"
        yield case.wrong(expect, "route", message, f"begin it with {start} or '**'")
