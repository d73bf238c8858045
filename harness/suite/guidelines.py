"""Design guidelines of hybrid systems, as warnings about the agents themselves."""

from __future__ import annotations

import re
from itertools import combinations
from typing import TYPE_CHECKING

from harness.core.trace import Layer, ToolOrigin
from harness.errors import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.core.graph import AgentGraph, AgentNode, ToolNode

MOST_TOOLS = 6
"""Tools on one specialist before a model begins to confuse them."""

TOO_ALIKE = 0.8
"""Share of words (Jaccard index) from which two tool descriptions read the same."""

_DESCRIBED = (ToolOrigin.FUNCTION, ToolOrigin.AGENT)
"""Tools whose description is the application's own."""

_WORD = re.compile(r"\w+")
_DEFAULT_HANDOFF = re.compile(r"Handoff to the .* agent to handle the request\.")
"""What the SDK says of a handoff that nobody described."""


def guidelines(graph: AgentGraph) -> tuple[Problem, ...]:
    """What a reader of this agent graph should reconsider. None of it stops a run."""
    return tuple(
        Problem(message=message, hint=hint, severity=Severity.WARNING)
        for node in graph.agents
        for message, hint in _of_agent(node, graph)
    )


def _of_agent(node: AgentNode, graph: AgentGraph) -> Iterator[tuple[str, str]]:
    match node.ref.layer:
        case Layer.TRIAGE:
            yield from _triage(node, graph)
        case Layer.SPECIALIST if len(node.tools) > MOST_TOOLS:
            yield (
                f"{node.ref.name} has {len(node.tools)} tools",
                f"keep a specialist to {MOST_TOOLS}: split it, or move tools into a helper",
            )
        case Layer.HELPER if node.handoffs:
            targets = ", ".join(edge.target for edge in node.handoffs)
            yield (
                f"the helper {node.ref.name} hands off to {targets}",
                "a helper answers its caller and owns no conversation",
            )
    described = [tool for tool in node.tools if tool.origin in _DESCRIBED]
    for first, second in combinations(described, 2):
        if _alike(first, second):
            hint = "say in each description when to use it rather than the other"
            yield f"{node.ref.name}: the descriptions of {first.name} and {second.name} read the same", hint
    for warning in node.warnings:
        yield f"{node.ref.name}: {warning}", ""


def _triage(node: AgentNode, graph: AgentGraph) -> Iterator[tuple[str, str]]:
    if node.tools:
        tools = ", ".join(tool.name for tool in node.tools)
        yield f"the triage agent {node.ref.name} has tools: {tools}", "let triage route, and specialists act"
    for edge in node.handoffs:
        target = graph.agent(edge.target)
        described = bool(_DEFAULT_HANDOFF.sub("", edge.description).strip())
        if not described and not (target and target.handoff_description.strip()):
            hint = f"give the handoff or {edge.target}.handoff_description a sentence about what belongs there"
            yield f"{node.ref.name} has no routing description for {edge.target}", hint


def _alike(first: ToolNode, second: ToolNode) -> bool:
    mine, other = (_words(tool.description) for tool in (first, second))
    if not mine and not other:
        return True
    return len(mine & other) / len(mine | other) >= TOO_ALIKE


def _words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(text)}
