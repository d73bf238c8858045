"""What was said before a trial begins: messages of the scenario, or the beginning of another scenario's recording."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from harness.cassettes.options import PLAIN, TapeOptions
from harness.cassettes.store import load
from harness.errors import CassetteMissingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from agents.items import TResponseInputItem

    from harness.cassettes.store import Interaction
    from harness.core.graph import AgentGraph
    from harness.execution.spec import TrialSpec

_Items = list[dict[str, Any]]


def said_before(spec: TrialSpec, graph: AgentGraph, options: TapeOptions = PLAIN) -> list[TResponseInputItem]:
    """The conversation so far, as the SDK takes it.

    Raises CassetteMissingError when it is to come from a recording that is not there, or that never gets so far.
    """
    scenario = spec.scenario
    if spec.history is None:
        return [message(each.role, each.content) for each in scenario.history]
    interactions = load(spec.history, place := options.told(spec.history)).interactions
    found: Any = _handed_over(interactions, scenario.agent or graph.entry, graph, place)
    return found  # type: ignore[no-any-return]  # the endpoint's own items, as it was sent them


def message(role: str, content: str) -> TResponseInputItem:
    """One message of a user or an assistant."""
    return {"role": role, "content": content}  # type: ignore[return-value,misc]  # roles are checked when a suite is read


def _handed_over(recorded: Sequence[Interaction], agent: str, graph: AgentGraph, place: str) -> _Items:
    """What an agent was given in a recording when the conversation first came to it."""
    handoffs = {edge.tool for node in graph.agents for edge in node.handoffs if edge.target == agent}
    for interaction in recorded:
        items = _items(interaction.request.body)
        if items and items[-1].get("type") == "function_call_output" and _last_call(items) in handoffs:
            return items
    raise CassetteMissingError(
        f"the recording never hands the conversation to {agent!r}, whose history is to come from it",
        where=place,
        hint="name a scenario that reaches the agent, or write the history as messages",
    )


def _last_call(items: _Items) -> str | None:
    """The name of the call that the last item answers."""
    wanted = items[-1].get("call_id")
    calls = (item for item in items if item.get("type") == "function_call" and item.get("call_id") == wanted)
    return next((str(call.get("name")) for call in calls), None)


def _items(body: bytes | str | None) -> _Items:
    """The conversation in a model request of either API; empty for any other request."""
    try:
        request = json.loads(body or b"")
    except ValueError:
        return []
    if not isinstance(request, dict):
        return []
    if isinstance(request.get("input"), list):
        return list(request["input"])
    return [item for each in request.get("messages") or () for item in _from_chat(each)]


def _from_chat(said: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A message of Chat Completions as items; instructions are not part of the conversation."""
    role, content = said.get("role"), said.get("content")
    if role == "tool":
        yield {"type": "function_call_output", "call_id": said.get("tool_call_id"), "output": content}
    elif role in ("user", "assistant") and content:
        yield {"role": role, "content": content}
    calls: Sequence[Mapping[str, Any]] = said.get("tool_calls") or ()
    for call in calls:
        function = call.get("function") or {}
        yield {"type": "function_call", "call_id": call.get("id"), **{key: function.get(key) for key in _CALL}}


_CALL = ("name", "arguments")
