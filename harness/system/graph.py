"""Walk handoffs and agents-as-tools from the entry: who is there, and in which layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from agents import Agent

from harness.core.graph import AgentGraph
from harness.core.trace import AgentRef, Layer
from harness.errors import UsageError, did_you_mean
from harness.system.loading import System
from harness.system.nodes import agent_node, handoffs_of, helpers_of


@dataclass(frozen=True, slots=True)
class LiveGraph:
    """The graph as data, with the live agents behind it. An agent's identity is the object, not its name."""

    data: AgentGraph
    system: System
    _agents: Mapping[str, Agent[Any]]
    _refs: Mapping[int, AgentRef]

    def ref(self, agent: Any) -> AgentRef:
        """How reports show this agent.

        An agent the walk did not find (a copy made at run time, say) is taken for the first of its name; when there
        is none it is a helper.
        """
        known = self._refs.get(id(agent))
        if known is not None:
            return known
        node = self.data.agent(agent.name)
        return node.ref if node is not None else AgentRef(name=agent.name, layer=Layer.HELPER)

    def current(self, agent: Agent[Any]) -> Agent[Any]:
        """The agent that runs where the application says `agent`: in a variant, its copy."""
        return next((copy for original, copy in self.system.instead if original is agent), agent)

    def named(self, name: str) -> AgentRef | None:
        """The agent shown as `name`, or None."""
        node = self.data.agent(name)
        return node.ref if node is not None else None

    def agent(self, name: str) -> Agent[Any]:
        """The live agent shown as `name`. Raises UsageError when there is none."""
        try:
            return self._agents[name]
        except KeyError:
            raise UsageError(f"no agent is named {name!r}", hint=did_you_mean(name, self._agents)) from None


def read_graph(system: System) -> LiveGraph:
    """Every agent reachable from the entry, and the escalation agents, breadth first in the order they are offered.

    The entry is triage. Agents that can come to hold the conversation, by any chain of handoffs from the entry, are
    specialists, also when somebody calls them as tools. All others are helpers.
    """
    found = _reachable([system.entry, *system.escalation], lambda agent: (*_targets(agent), *helpers_of(agent)))
    holders = {id(agent) for agent in _reachable([system.entry, *system.escalation], _targets)}
    human = {id(agent) for agent in system.escalation}
    refs: dict[int, AgentRef] = {}
    for agent, name in zip(found, _shown([agent.name for agent in found]), strict=True):
        layer = Layer.SPECIALIST if id(agent) in holders else Layer.HELPER
        layer = Layer.TRIAGE if agent is system.entry else layer
        refs[id(agent)] = AgentRef(name=name, layer=layer, human=id(agent) in human)
    nodes = tuple(agent_node(agent, refs[id(agent)], lambda each: refs[id(each)].name) for agent in found)
    data = AgentGraph(entry=refs[id(system.entry)].name, agents=nodes, failed_output=system.failed_output)
    return LiveGraph(data, system, {refs[id(agent)].name: agent for agent in found}, refs)


def _targets(agent: Agent[Any]) -> tuple[Agent[Any], ...]:
    return tuple(edge.target for edge in handoffs_of(agent) if edge.target is not None)


def _reachable(
    roots: Iterable[Agent[Any]], neighbours: Callable[[Agent[Any]], Iterable[Agent[Any]]]
) -> list[Agent[Any]]:
    first, *others = roots
    found = {id(first): first}
    for root in (first, *others):
        found.setdefault(id(root), root)
        waiting = [root]
        while waiting:
            for each in neighbours(waiting.pop(0)):
                if id(each) not in found:
                    found[id(each)] = each
                    waiting.append(each)
    return list(found.values())


def _shown(names: Iterable[str]) -> list[str]:
    """`Name`, and `Name (2)`, `Name (3)` for further agents of the same name."""
    seen: Counter[str] = Counter()
    shown = []
    for name in names:
        seen[name] += 1
        shown.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return shown
