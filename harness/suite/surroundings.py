"""What a scenario stands in: the agents it can reach, the tools they offer, and where its keys are written."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from harness.core.graph import AgentGraph, AgentNode
from harness.core.scenario import AnyOfGroup, AnyOrderGroup, ExpectedCall, Location, OptionalGroup, Scenario
from harness.core.trace import Layer, ToolOrigin
from harness.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.core.graph import ToolNode
    from harness.core.scenario import Expectation, ExpectedItem

_OPEN = (ToolOrigin.MCP, ToolOrigin.UNKNOWN)


@dataclass(frozen=True)
class Surroundings:
    """The agent graph with what every scenario's check asks of it, worked out once."""

    graph: AgentGraph
    _reached: dict[str, frozenset[str]] = field(default_factory=dict)

    @cached_property
    def agents(self) -> dict[str, AgentNode]:
        """Every agent by its name."""
        return {node.ref.name: node for node in self.graph.agents}

    @cached_property
    def owners(self) -> dict[str, tuple[AgentNode, ...]]:
        """Who offers each tool."""
        return {tool: self.graph.owners(tool) for tool in self.graph.tool_names()}

    @cached_property
    def handoff_tools(self) -> dict[str, str]:
        """The tool names of handoffs, with the agent each leads to."""
        return {edge.tool: edge.target for node in self.graph.agents for edge in node.handoffs}

    @cached_property
    def open(self) -> bool:
        """Whether some agent may do what the graph does not show."""
        return self.is_open(self.agents)

    def is_open(self, names: Iterable[str]) -> bool:
        """Whether these agents may do what the graph does not show: tools or handoffs made up at run time."""
        nodes = [self.agents[name] for name in names]
        targets = {edge.target for node in nodes for edge in node.handoffs}
        return any(map(has_unlisted_tools, nodes)) or not targets <= self.agents.keys()

    @cached_property
    def strangers(self) -> frozenset[str]:
        """Agents that handoffs name and that were not found."""
        return frozenset(edge.target for node in self.graph.agents for edge in node.handoffs) - self.agents.keys()

    def holders(self, start: str) -> frozenset[str]:
        """The agents that can hold a conversation beginning at `start`."""
        if start not in self._reached:
            found: set[str] = set()
            waiting = [start]
            while waiting:
                name = waiting.pop()
                if name in self.agents and name not in found:
                    found.add(name)
                    waiting += [edge.target for edge in self.agents[name].handoffs]
            self._reached[start] = frozenset(found)
        return self._reached[start]

    def involved(self, start: str) -> frozenset[str]:
        """The holders, and the helpers that they call at any depth."""
        found: set[str] = set()
        waiting = [start]
        while waiting:
            for name in self.holders(waiting.pop()) - found:
                found.add(name)
                waiting += [tool.helper for tool in self.agents[name].tools if tool.helper]
        return frozenset(found)

    def offers(self, names: Iterable[str], tool: str) -> list[tuple[AgentNode, ToolNode]]:
        """The agents among `names` that offer `tool`, with the tool as each offers it."""
        return [
            (node, each)
            for node in self.owners.get(tool, ())
            if node.ref.name in names
            for each in node.tools
            if each.name == tool
        ]

    def tools_of(self, names: Iterable[str]) -> list[str]:
        """The names of the tools that these agents offer."""
        chosen = set(names)
        return [name for name, owners in self.owners.items() if any(node.ref.name in chosen for node in owners)]


def has_unlisted_tools(node: AgentNode) -> bool:
    """Whether the agent may offer tools that the graph does not list."""
    return any(tool.origin in _OPEN for tool in node.tools)


@dataclass(frozen=True, slots=True)
class Case:
    """A scenario with its surroundings. `start` is None where the scenario names an agent that does not exist."""

    scenario: Scenario
    around: Surroundings
    start: AgentNode | None

    @classmethod
    def of(cls, scenario: Scenario, around: Surroundings) -> Case:
        """The scenario seen in this graph."""
        return cls(scenario, around, around.agents.get(scenario.agent or around.graph.entry))

    @property
    def layer(self) -> Layer | None:
        """The layer under test."""
        return self.scenario.layer or (self.start.ref.layer if self.start else None)

    @property
    def holders(self) -> frozenset[str]:
        """The agents that can hold this scenario's conversation."""
        return self.around.holders(self.start.ref.name) if self.start else frozenset()

    @property
    def closed(self) -> bool:
        """Whether the graph shows everywhere this scenario's conversation can go."""
        return self.start is not None and self.around.strangers.isdisjoint(
            edge.target for name in self.holders for edge in self.around.agents[name].handoffs
        )

    @property
    def involved(self) -> frozenset[str]:
        """The holders and all helpers below them."""
        return self.around.involved(self.start.ref.name) if self.start else frozenset()

    def expectations(self) -> Iterator[Expectation]:
        """The expectations of the turns, then the scenario's."""
        for turn in self.scenario.conversation:
            if turn.expect is not None:
                yield turn.expect
        yield self.scenario.expect

    def wrong(self, place: Scenario | Expectation | ExpectedCall, key: str, message: str, hint: str = "") -> Problem:
        """A problem at one key of the scenario."""
        return Problem(message=message, where=place_of(place, key) or self.scenario.location, hint=hint)


def place_of(place: Scenario | Expectation | ExpectedCall, key: str) -> Location | None:
    """Where a key is written; else where what holds it begins."""
    if place.location is None or key not in place.lines:
        return place.location
    return Location(file=place.location.file, line=place.lines[key])


def calls_in(items: Iterable[ExpectedItem]) -> Iterator[ExpectedCall]:
    """Every expected call of one level, those in groups too."""
    for item in items:
        match item:
            case ExpectedCall():
                yield item
            case AnyOrderGroup() | OptionalGroup():
                yield from calls_in(item.calls)
            case AnyOfGroup():
                for alternative in item.alternatives:
                    yield from calls_in(alternative)


def required_in(items: Iterable[ExpectedItem]) -> Iterator[ExpectedCall]:
    """The calls of one level that must be made whatever else happens."""
    for item in items:
        match item:
            case ExpectedCall() if item.times[0] > 0:
                yield item
            case AnyOrderGroup():
                yield from required_in(item.calls)
            case AnyOfGroup(alternatives=(only,)):
                yield from required_in(only)
