"""The language as a JSON schema, with the agents' own names, for editors to complete and to check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.suite.language import FILE, GROUPS, MATCHER_OPTIONS, MATCHERS, SHAPES
from harness.suite.shapes import Key, Shape, ref
from harness.suite.surroundings import has_unlisted_tools

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.core.graph import AgentGraph, ToolNode
    from harness.core.trace import JSON

_DIALECT = "http://json-schema.org/draft-07/schema#"
"""The newest dialect that the YAML language server of editors reads in full."""

_NAME: JSON = {"type": "string", "minLength": 1}


def json_schema(graph: AgentGraph | None = None) -> dict[str, Any]:
    """A JSON schema (draft-07) of scenario files.

    With a graph, agents, tools, arguments and guardrails are those of the application; tools of an MCP server are
    not known before a run, so where there is one any tool name is allowed.
    """
    file = _object(FILE)
    file["patternProperties"] = {"^x-": {"description": "Yours, for anchors to stand on."}}
    return {
        "$schema": _DIALECT,
        "title": "Scenarios",
        **file,
        "$defs": {
            **{shape.name: _definition(shape) for shape in SHAPES if shape is not FILE},
            "matcher": _matcher(),
            **_names(graph),
            **_calls(graph),
        },
    }


def _definition(shape: Shape) -> dict[str, Any]:
    own = _object(shape)
    return {"anyOf": [own, *shape.short]} if shape.short else own


def _object(shape: Shape) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": "object",
        "properties": {key.name: _described(key) for key in shape.keys},
        "additionalProperties": False,
    }
    required = [key.name for key in shape.keys if key.required]
    if required:
        made["required"] = required
    if shape.one_of:
        made["oneOf"] = [{"required": [name]} for name in shape.one_of]
    return made


def _described(key: Key) -> dict[str, Any]:
    """The key's schema with its meaning; draft-07 ignores what stands beside a `$ref`."""
    if key.schema is True:
        return {"description": key.meaning}
    if "$ref" in key.schema:
        return {"description": key.meaning, "allOf": [key.schema]}
    return {"description": key.meaning, **key.schema}


def _matcher() -> dict[str, Any]:
    keys = (*MATCHERS, *MATCHER_OPTIONS)
    return {
        "type": "object",
        "properties": {key.name: _described(key) for key in keys},
        "additionalProperties": False,
        "minProperties": 1,
    }


def _names(graph: AgentGraph | None) -> dict[str, Any]:
    if graph is None:
        return {"agent": _NAME, "tool": _NAME, "guardrail": _NAME}
    guardrails = [name for node in graph.agents for name in node.guardrails]
    return {
        "agent": {"enum": list(graph.names())},
        "tool": _enum(graph.tool_names(), is_complete=not any(map(has_unlisted_tools, graph.agents))),
        "guardrail": _enum(("none", *guardrails), is_complete=True),
    }


def _enum(names: Iterable[str], *, is_complete: bool) -> dict[str, Any]:
    known = {"enum": list(dict.fromkeys(names))}
    return known if is_complete and known["enum"] else {"anyOf": [known, _NAME]} if known["enum"] else _NAME


def _calls(graph: AgentGraph | None) -> dict[str, Any]:
    """An item of `tools`: a name, a name with arguments, the long form, or a group."""
    tools = _tools(graph)
    arguments = {name: _arguments(each) for name, each in tools.items()}
    short: dict[str, Any] = {
        "type": "object",
        "description": "A tool's name with the arguments that must fit.",
        "properties": arguments,
        "minProperties": 1,
        "maxProperties": 1,
        "not": {"anyOf": [{"required": [word]} for word in ("tool", *GROUPS)]},
    }
    if graph is None or any(map(has_unlisted_tools, graph.agents)):
        short["additionalProperties"] = {"type": "object"}
    else:
        short["additionalProperties"] = False
    return {"item": {"anyOf": [ref("tool"), short, _long_form(arguments), ref("group")]}}


def _long_form(arguments: Mapping[str, JSON]) -> dict[str, Any]:
    """The long form, whose `arguments` are those of its `tool`."""
    chosen = [
        {"if": {"properties": {"tool": {"const": name}}}, "then": {"properties": {"arguments": schema}}}
        for name, schema in arguments.items()
    ]
    return {"allOf": [ref("call"), *chosen]}


def _tools(graph: AgentGraph | None) -> dict[str, list[ToolNode]]:
    tools: dict[str, list[ToolNode]] = {}
    for node in graph.agents if graph else ():
        for tool in node.tools:
            tools.setdefault(tool.name, []).append(tool)
    return tools


def _arguments(tools: Iterable[ToolNode]) -> dict[str, Any]:
    """The arguments that tools of one name take; each value may be a matcher."""
    names: dict[str, JSON] = {}
    closed = True
    for tool in tools:
        schema = tool.parameters if isinstance(tool.parameters, dict) else {}
        properties = schema.get("properties")
        closed = closed and isinstance(properties, dict) and schema.get("additionalProperties", False) is False
        for name, argument in properties.items() if isinstance(properties, dict) else ():
            meaning = argument.get("description") if isinstance(argument, dict) else None
            names.setdefault(name, {"anyOf": [{}, ref("matcher")], **({"description": meaning} if meaning else {})})
    return {"type": "object", "properties": names, "additionalProperties": not closed}
