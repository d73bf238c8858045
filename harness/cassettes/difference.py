"""In what a request differs from the recorded one nearest to it, in words a person can act on."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from harness.cassettes.drift import learned, translated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.cassettes.canonical import Canonical
    from harness.core.graph import AgentGraph
    from harness.core.trace import JSON

_CONVERSATION = ("input", "messages")
_SHOWN = 60
_AROUND = 2
_SAME_AGENT = 1.7
"""Of 2: one for the same tools, and up to one for the same letters in the instructions."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The first difference. `stale` says that it is the agent that changed, not the conversation."""

    agent: str
    text: str
    stale: bool


def first_difference(
    wanted: Canonical, recorded: Sequence[Canonical], graph: AgentGraph, asking: str = ""
) -> Difference | None:
    """How `wanted` differs from the nearest of `recorded`; None when nothing comparable was recorded.

    Values that tools made anew are the difference only where there is no other. `asking` is the agent where the graph
    knows none.
    """
    comparable = [each for each in recorded if each.kind == wanted.kind and isinstance(each.body, dict)]
    if not comparable or not isinstance(wanted.body, dict):
        return None
    nearest = max(comparable, key=lambda each: likeness(each.body, wanted.body))
    agent = agent_of(wanted.body, graph) or agent_of(nearest.body, graph) or asking or "an agent"
    pairs = learned(nearest.body, wanted.body, {})
    before = translated(nearest.body, pairs) if pairs else nearest.body
    for part, text in chain(_differences(before, wanted.body), _differences(nearest.body, wanted.body)):
        return Difference(agent, f"{agent}.{part} {text}", stale=part not in _CONVERSATION)
    return None


def edited_agent(
    wanted: Canonical, recorded: Sequence[Canonical], graph: AgentGraph, asking: str = ""
) -> Difference | None:
    """How the agent of `wanted` differs from that of the one of `recorded` which has the same conversation.

    None when none has, or when it is of another agent: neither its tools nor most of its instructions are the same.
    """
    same = [each for each in recorded if each.kind == wanted.kind and _said(each.body) == _said(wanted.body)]
    alike = [each for each in same if likeness(each.body, wanted.body)[0] >= _SAME_AGENT]
    found = first_difference(wanted, alike, graph, asking)
    return found if found is not None and found.stale else None


def agent_of(body: JSON, graph: AgentGraph) -> str | None:
    """The agent that a model request is made for: by its instructions, else by the tools it offers.

    Without tools it can be the only agent that has none and computes its instructions.
    """
    instructions = instructions_of(body)
    for node in graph.agents:
        if node.instructions is not None and node.instructions == instructions:
            return node.ref.name
    offered = _tool_names(body)
    for node in graph.agents:
        own = {tool.name for tool in node.tools} | {handoff.tool for handoff in node.handoffs}
        if own and own == offered:
            return node.ref.name
    computed = [node for node in graph.agents if node.instructions is None and not node.tools and not node.handoffs]
    return computed[0].ref.name if len(computed) == 1 and not offered else None


def named(request: Canonical, graph: AgentGraph) -> str:
    """A request in a few words: whose model call it is, or what else was asked."""
    if not request.is_model_call or not isinstance(request.body, dict):
        return request.kind
    agent = agent_of(request.body, graph)
    return f"a model call of {agent}" if agent else f"a model call with the instructions {_first_line(request.body)!r}"


def _first_line(body: JSON) -> str:
    return _cut(next(iter(instructions_of(body).splitlines()), ""), 0)


def instructions_of(body: JSON) -> str:
    """The instructions in a request of either API."""
    if "instructions" in body:
        return str(body["instructions"] or "")
    for message in body.get("messages") or []:
        if isinstance(message, dict) and message.get("role") in ("system", "developer"):
            return str(message.get("content") or "")
    return ""


def _tool_names(body: JSON) -> set[str]:
    tools = body.get("tools") or []
    return {str(tool.get("name") or tool.get("function", {}).get("name")) for tool in tools if isinstance(tool, dict)}


def likeness(recorded: JSON, wanted: JSON) -> tuple[float, ...]:
    """Same agent first, then the conversation that agrees longest."""
    same_tools = _tool_names(recorded) == _tool_names(wanted)
    same_words = difflib.SequenceMatcher(None, instructions_of(recorded), instructions_of(wanted), autojunk=False)
    return (float(same_tools) + round(same_words.quick_ratio(), 1), _common_prefix(_said(recorded), _said(wanted)))


def _said(body: JSON) -> list[JSON]:
    said: JSON = next((body[name] for name in _CONVERSATION if name in body), [])
    return said if isinstance(said, list) else [said]


def _common_prefix(left: list[JSON], right: list[JSON]) -> float:
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count - abs(len(left) - len(right)) / 1000


def _differences(recorded: dict[str, Any], wanted: dict[str, Any]) -> Iterator[tuple[str, str]]:
    before, after = instructions_of(recorded), instructions_of(wanted)
    if before != after:
        yield "instructions", _changed_line(before, after)
    for part in sorted((recorded.keys() | wanted.keys()) - {"instructions", *_CONVERSATION}):
        old, new = recorded.get(part), wanted.get(part)
        if old != new:
            yield part, _changed_tool(old or [], new or []) if part == "tools" else f"changed ({_pair(old, new)})"
    for part in _CONVERSATION:
        if recorded.get(part) != wanted.get(part):
            yield part, _changed_item(_said(recorded), _said(wanted))


def _changed_line(before: str, after: str) -> str:
    old, new = before.splitlines(), after.splitlines()
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            return f"line {i1 + 1} changed ({_changed_words(' / '.join(old[i1:i2]), ' / '.join(new[j1:j2]))})"
    return "changed in its line ends"


def _changed_words(before: str, after: str) -> str:
    """The words that changed, with a few around them."""
    old, new = before.split(), after.split()
    operations = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    changed = [each for each in operations if each[0] != "equal"]
    if not changed:
        return _pair(before, after)
    (_, i1, _, j1, _), (_, _, i2, _, j2) = changed[0], changed[-1]
    words = [" ".join(each[max(0, start - _AROUND) : end + 1]) for each, start, end in ((old, i1, i2), (new, j1, j2))]
    return _pair(*words)


def _changed_tool(before: list[JSON], after: list[JSON]) -> str:
    old, new = ({_name(tool): tool for tool in tools} for tools in (before, after))
    for name in [*old, *new]:
        if name not in new:
            return f"changed: {name} was taken away"
        if name not in old:
            return f"changed: {name} is new"
        if old[name] != new[name]:
            keys = [key for key in old[name].keys() | new[name].keys() if old[name].get(key) != new[name].get(key)]
            key = min(keys)
            return f"changed: {key} of {name} ({_pair(old[name].get(key), new[name].get(key))})"
    return "changed: they come in another order"


def _name(tool: JSON) -> str:
    return str(tool.get("name") or tool.get("function", {}).get("name"))


def _changed_item(before: list[JSON], after: list[JSON]) -> str:
    for number, (old, new) in enumerate(zip(before, after, strict=False), 1):
        if old != new:
            return f"item {number} differs ({_pair(old, new)})"
    return f"has {len(after)} items, the recording {len(before)}"


def _pair(old: JSON, new: JSON) -> str:
    """Both values, cut to where they begin to differ."""
    left, right = (each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in (old, new))
    start = next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    start = max(0, start - _SHOWN // 2)
    return f'"{_cut(left, start)}" -> "{_cut(right, start)}"'


def _cut(text: str, start: int) -> str:
    part = text[start : start + _SHOWN]
    return f"{'...' if start else ''}{part}{'...' if start + _SHOWN < len(text) else ''}"
