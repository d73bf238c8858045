"""A variant held against the agents it is made for: all it names must exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import Problem, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.core.graph import AgentGraph, AgentNode
    from harness.core.variant import AgentOverlay, Variant

_SHOWN = 60


def variant_problems(variant: Variant, graph: AgentGraph) -> tuple[Problem, ...]:
    """Everything a variant names that the agents do not have; empty when it can be applied."""
    return tuple(problem for overlay in variant.agents for problem in _of_agent(overlay, graph))


def _of_agent(overlay: AgentOverlay, graph: AgentGraph) -> Iterator[Problem]:
    node = graph.agent(overlay.agent)
    if node is None:
        message = f"the system has no agent {overlay.agent!r}"
        yield Problem(message=message, where=overlay.location, hint=did_you_mean(overlay.agent, graph.names()))
        return
    yield from _instructions(overlay, node)
    yield from _unknown(overlay, "tools", "tool", [tool.name for tool in node.tools])
    yield from _unknown(overlay, "handoffs", "handoff to", [handoff.target for handoff in node.handoffs])


def _unknown(overlay: AgentOverlay, key: str, called: str, known: Iterable[str]) -> Iterator[Problem]:
    names = list(known)
    for name in getattr(overlay, key):
        if name not in names:
            message = f"{overlay.agent} has no {called} {name!r}"
            yield Problem(message=message, where=overlay.at(f"{key}.{name}"), hint=did_you_mean(name, names))


def _instructions(overlay: AgentOverlay, node: AgentNode) -> Iterator[Problem]:
    edit = overlay.instructions
    if edit is None or edit.text is not None:
        return
    where = overlay.at("instructions")
    if node.instructions is None:
        message = f"the instructions of {overlay.agent} are made at run time, so that they cannot be edited"
        yield Problem(message=message, where=where, hint="give the whole text: `instructions: ...`")
        return
    made = node.instructions
    for old, new in edit.replace.items():
        count = made.count(old)
        if count != 1:
            found = "is not" if count == 0 else f"is {count} times"
            message = f"the text {_short(old)} {found} in the instructions of {overlay.agent}"
            hint = _nearest(old, made) if count == 0 else "add the words before or after it, so that it is there once"
            yield Problem(message=message, where=overlay.at(f"replace.{old}"), hint=hint)
        made = made.replace(old, new)


def _nearest(text: str, instructions: str) -> str:
    """The line most like the first line of `text`, or how texts are compared."""
    first = text.strip().splitlines()[0] if text.strip() else ""
    hint = did_you_mean(first, [line.strip() for line in instructions.splitlines() if line.strip()])
    return hint if hint.startswith("did you mean") else "texts are compared letter by letter, line breaks included"


def _short(text: str) -> str:
    return repr(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]!r}..."
