"""What differs between the agents of two runs, as text a person can read, beside the scenarios it may have moved."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.core.trace import Layer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from harness.core.graph import AgentNode


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentChange:
    """One agent. `parts` are what differs (instructions, model, ...); `diff` are the lines of unified diffs of them.

    `scenarios` are those that moved (regressed, fixed, took another path) while the agent took part in them, or
    while an agent that chooses it by its handoff or tool description did.
    """

    agent: str
    layer: Layer
    parts: tuple[str, ...]
    diff: tuple[str, ...]
    scenarios: tuple[str, ...] = ()


_PARTS: Mapping[str, Callable[[AgentNode], str]] = {
    "instructions": lambda node: node.instructions or "",
    "model": lambda node: node.model or "",
    "settings": lambda node: _json(node.settings),
    "handoff description": lambda node: node.handoff_description,
    "handoffs": lambda node: "\n".join(f"{each.tool}: {each.description}" for each in node.handoffs),
    "tools": lambda node: "\n".join(
        f"{each.name}: {each.description}\n{_json(each.parameters)}" for each in node.tools
    ),
    "output type": lambda node: _json(node.output_type),
    "guardrails": lambda node: "\n".join(node.guardrails),
}


def agent_changes(
    after: Iterable[AgentNode], before: Iterable[AgentNode], moved: Mapping[str, tuple[str, ...]]
) -> tuple[AgentChange, ...]:
    """The agents that differ; `moved` maps each scenario that moved to the agents that took part in it."""
    new, old = ({node.ref.name: node for node in nodes} for nodes in (after, before))
    if not new or not old:
        return ()
    choosers = _choosers([*new.values(), *old.values()])
    found = [_change(name, new.get(name), old.get(name)) for name in dict.fromkeys([*new, *old])]
    return tuple(
        AgentChange(
            agent=each.agent,
            layer=each.layer,
            parts=each.parts,
            diff=each.diff,
            scenarios=tuple(
                name for name, agents in moved.items() if {each.agent, *choosers.get(each.agent, ())} & set(agents)
            ),
        )
        for each in found
        if each is not None
    )


def _change(name: str, after: AgentNode | None, before: AgentNode | None) -> AgentChange | None:
    node = after or before
    if node is None:
        return None
    if after is None or before is None:
        word = "added" if after else "removed"
        return AgentChange(agent=name, layer=node.ref.layer, parts=(word,), diff=())
    texts = {part: (read(before), read(after)) for part, read in _PARTS.items()}
    parts = tuple(part for part, (old, new) in texts.items() if old != new)
    diff = tuple(line for part in parts for line in _diff(part, *texts[part]))
    return AgentChange(agent=name, layer=node.ref.layer, parts=parts, diff=diff) if parts else None


def _diff(part: str, old: str, new: str) -> list[str]:
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), part, part, lineterm="", n=1)
    return list(lines)


def _choosers(nodes: Iterable[AgentNode]) -> dict[str, set[str]]:
    """Who hands off to an agent or calls it as a tool: these read its descriptions."""
    found: dict[str, set[str]] = {}
    for node in nodes:
        for target in [*(each.target for each in node.handoffs), *(each.helper for each in node.tools if each.helper)]:
            found.setdefault(target, set()).add(node.ref.name)
    return found


def _json(value: object) -> str:
    return "" if value is None else json.dumps(value, indent=1, sort_keys=True, default=str, ensure_ascii=False)
