"""The one place that knows the shapes of what models answer and of the SDK's run items."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from agents import Agent, FunctionTool, ItemHelpers, RunState
from pydantic import BaseModel
from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python

from harness.core.trace import JSON, AgentRef, Handoff, Message, OtherItem, Step, ToolCall, ToolOrigin, Usage
from harness.execution.classification import steady
from harness.system.nodes import handoffs_of, helper_behind, offered, origin_of

if TYPE_CHECKING:
    from agents import ModelResponse, Tool

_LONGEST = 2000
"""Characters kept of a text inside an item that is only shown: pictures and encrypted thoughts are long."""

_CALLS = ("function_call", "custom_tool_call")
_OUTPUTS = ("function_call_output", "custom_tool_call_output")


def value_of(raw: Any, name: str) -> Any:
    """A field of a raw item, which is a pydantic object or a dict; None where it has none."""
    return raw.get(name) if isinstance(raw, Mapping) else getattr(raw, name, None)


def type_of(raw: Any) -> str:
    """What kind of item this is, in the endpoint's words."""
    return str(value_of(raw, "type") or type(raw).__name__)


def call_id_of(raw: Any) -> str | None:
    """The id that ties a call to its output."""
    found = value_of(raw, "call_id")
    return str(found) if found else None


def key_of(raw: Any) -> tuple[str, str] | None:
    """What two forms of the same item have in common, or None when the item has no id."""
    found = value_of(raw, "call_id") or value_of(raw, "id")
    return (type_of(raw), str(found)) if found else None


def is_tool_call(raw: Any) -> bool:
    """Whether a function or a custom tool is called (a handoff looks the same)."""
    return type_of(raw) in _CALLS


def is_tool_output(raw: Any) -> bool:
    """Whether this answers what `is_tool_call` asks."""
    return type_of(raw) in _OUTPUTS


def step_of(raw: Any, agent: Agent[Any], owner: AgentRef, *, handoff: bool) -> Step:
    """One item as a step, still without an id and without what became of it."""
    match type_of(raw):
        case "message":
            text, refusal = _said(raw)
            return Message(id="", owner=owner, text=text, refusal=refusal)
        case kind if kind in _CALLS and handoff:
            name, given = _asked(raw)
            return Handoff(id="", owner=owner, target=None, tool=name, call_id=call_id_of(raw), arguments=given)
        case kind if kind in _CALLS:
            name, given = _asked(raw)
            tool = tool_named(agent, name)
            origin = origin_of(tool) if tool is not None else ToolOrigin.UNKNOWN
            return ToolCall(id="", owner=owner, tool=name, call_id=call_id_of(raw), arguments=given, origin=origin)
        case kind:
            data = data_of(raw)
            return OtherItem(id="", owner=owner, type=kind, summary=_summary(kind, data), data=data)


def _asked(raw: Any) -> tuple[str, str]:
    """The name and the arguments of a call; a custom tool's arguments are free text."""
    given = value_of(raw, "input") if type_of(raw) == "custom_tool_call" else value_of(raw, "arguments")
    return str(value_of(raw, "name")), given if isinstance(given, str) else json.dumps(given)


def _said(raw: Any) -> tuple[str, bool]:
    """The text of a message, and whether it is a refusal."""
    parts = value_of(raw, "content") or ()
    if isinstance(parts, str):
        return parts, False
    refused = [value_of(part, "refusal") for part in parts if type_of(part) == "refusal"]
    spoken = [value_of(part, "text") for part in parts if type_of(part) != "refusal"]
    return "".join(str(each) for each in (*spoken, *refused) if each), bool(refused) and not any(spoken)


def tool_named(agent: Agent[Any], name: str) -> Tool | None:
    """The tool an agent offers under this name, as far as it can be told without a run."""
    return next((tool for tool in offered(agent) if tool.name == name), None)


def helper_of(tool: Any) -> Agent[Any] | None:
    """The agent behind a tool, or None."""
    return helper_behind(tool) if isinstance(tool, FunctionTool) else None


def handoff_targets(agent: Agent[Any]) -> dict[str, Agent[Any] | None]:
    """The tool names of an agent's handoffs, with the agents they lead to where that can be told."""
    return {edge.tool: edge.target for edge in handoffs_of(agent)}


def output_text(output: Any, call: Any) -> str:
    """What a tool returned, as the model is shown it."""
    if call is not None and not isinstance(output, str):
        output = ItemHelpers.tool_call_output_item(call, output)["output"]
    return output if isinstance(output, str) else json.dumps(to_jsonable_python(output, fallback=str))


def raw_output_text(raw: Any) -> str:
    """The text of a tool's output item."""
    return output_text(value_of(raw, "output"), None)


def final_text(output: Any) -> str | None:
    """A run's final output as text: structured outputs as JSON."""
    if output is None or isinstance(output, str):
        return output
    try:
        return to_json(output).decode()
    except PydanticSerializationError:
        return steady(str(output))


def input_text(given: Any) -> str:
    """What a run was asked: the text, or the last user message of a list of items."""
    if isinstance(given, RunState):
        given = getattr(given, "_original_input", "")
    if isinstance(given, str):
        return given
    for item in reversed(list(given)):
        if value_of(item, "role") == "user":
            return _said(item)[0]
    return json.dumps(to_jsonable_python(given, fallback=str))


def usage_of(response: ModelResponse) -> Usage:
    """One answer's own usage. An answer that came back took at least one request."""
    used = response.usage
    return Usage(
        requests=used.requests or 1,
        input_tokens=used.input_tokens,
        output_tokens=used.output_tokens,
        cached_tokens=getattr(used.input_tokens_details, "cached_tokens", 0) or 0,
        reasoning_tokens=getattr(used.output_tokens_details, "reasoning_tokens", 0) or 0,
    )


def data_of(raw: Any) -> JSON:
    """A raw item as JSON, its long texts shortened."""
    if isinstance(raw, BaseModel):
        return _shortened(raw.model_dump(mode="json", exclude_none=True, warnings=False))
    return _shortened(to_jsonable_python(raw, fallback=str))


def _shortened(value: JSON) -> JSON:
    match value:
        case str() if len(value) > _LONGEST:
            return f"{value[:_LONGEST]}... ({len(value) - _LONGEST} more characters)"
        case dict():
            return {key: _shortened(each) for key, each in value.items()}
        case list():
            return [_shortened(each) for each in value]
        case _:
            return value


def _texts(data: JSON, *path: str) -> Iterator[str]:
    """The texts found by following keys, through lists."""
    if isinstance(data, list):
        for each in data:
            yield from _texts(each, *path)
    elif path and isinstance(data, dict):
        yield from _texts(data.get(path[0]), *path[1:])
    elif isinstance(data, str):
        yield data


_SUMMARIES: Mapping[str, Callable[[dict[str, Any]], Iterator[str]]] = {
    "reasoning": lambda data: _texts(data, "summary", "text"),
    "web_search_call": lambda data: _texts(data, "action", "query"),
    "file_search_call": lambda data: _texts(data, "queries"),
    "code_interpreter_call": lambda data: _texts(data, "code"),
    "image_generation_call": lambda data: _texts(data, "revised_prompt"),
    "mcp_call": lambda data: (text for key in ("name", "arguments", "error") for text in _texts(data, key)),
    "mcp_approval_request": lambda data: (text for key in ("name", "arguments") for text in _texts(data, key)),
    "mcp_list_tools": lambda data: _texts(data, "tools", "name"),
    "computer_call": lambda data: _texts(data, "action", "type"),
    "local_shell_call": lambda data: _texts(data, "action", "command"),
    "shell_call": lambda data: _texts(data, "action", "commands"),
    "apply_patch_call": lambda data: (text for key in ("type", "path") for text in _texts(data, "operation", key)),
}


def _summary(kind: str, data: JSON) -> str:
    """What a person wants to read of an item that is only shown."""
    tell = _SUMMARIES.get(kind)
    return " ".join(tell(data)) if tell is not None and isinstance(data, dict) else ""
