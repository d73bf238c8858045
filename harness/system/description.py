"""What one live agent offers to its model, as plain data."""

from __future__ import annotations

import dataclasses
from typing import Any

from agents import Agent, AgentOutputSchemaBase, FunctionTool, Handoff, HostedMCPTool
from agents.models.interface import Model
from agents.tool import Tool, ToolOriginType, get_function_tool_origin
from pydantic import TypeAdapter

from harness.core.graph import HandoffNode, ToolNode
from harness.core.trace import JSON, ToolOrigin

_ORIGINS = {
    ToolOriginType.FUNCTION: ToolOrigin.FUNCTION,
    ToolOriginType.MCP: ToolOrigin.MCP,
    ToolOriginType.AGENT_AS_TOOL: ToolOrigin.AGENT,
}


def helper_behind(tool: Tool) -> Agent[Any] | None:
    """The agent that `tool` runs, or None when there is none."""
    agent = getattr(tool, "_agent_instance", None)
    return agent if isinstance(agent, Agent) else None


def origin_of(tool: Tool) -> ToolOrigin:
    """What stands behind `tool`."""
    if helper_behind(tool) is not None:
        return ToolOrigin.AGENT
    if isinstance(tool, HostedMCPTool):
        return ToolOrigin.MCP
    if not isinstance(tool, FunctionTool):
        return ToolOrigin.UNKNOWN
    origin = get_function_tool_origin(tool)
    return _ORIGINS[origin.type] if origin else ToolOrigin.FUNCTION


def tool_node(tool: Tool, helper: str | None) -> ToolNode:
    """`tool` as its owner offers it; `helper` is the shown name of the agent behind it."""
    if not isinstance(tool, FunctionTool):
        return ToolNode(name=tool.name, origin=origin_of(tool))
    return ToolNode(
        name=tool.name,
        description=tool.description,
        parameters=tool.params_json_schema,
        origin=origin_of(tool),
        helper=helper,
        needs_approval=bool(tool.needs_approval),
    )


def handoff_node(handoff: Agent[Any] | Handoff[Any, Any], target: str) -> HandoffNode:
    """The edge `handoff` to the agent shown as `target`."""
    if isinstance(handoff, Agent):
        return HandoffNode(
            target=target,
            tool=Handoff.default_tool_name(handoff),
            description=Handoff.default_tool_description(handoff),
        )
    return HandoffNode(target=target, tool=handoff.tool_name, description=handoff.tool_description)


def model_name(agent: Agent[Any]) -> str | None:
    """The model an agent asks for by name; a model object shows the name it holds."""
    if isinstance(agent.model, Model):
        return str(getattr(agent.model, "model", type(agent.model).__name__))
    return agent.model


def settings_of(agent: Agent[Any]) -> JSON:
    """The model settings an agent sets, those it leaves alone left out."""
    return {
        field.name: TypeAdapter(Any).dump_python(value, mode="json", fallback=repr)
        for field in dataclasses.fields(agent.model_settings)
        if (value := getattr(agent.model_settings, field.name)) is not None
    }


def output_schema(agent: Agent[Any]) -> JSON:
    """The JSON schema of an agent's structured output, None for plain text."""
    output_type = agent.output_type
    if output_type is None or output_type is str:
        return None
    if isinstance(output_type, AgentOutputSchemaBase):
        return None if output_type.is_plain_text() else output_type.json_schema()
    return TypeAdapter(output_type).json_schema()
