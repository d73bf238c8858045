"""One agent, tool or handoff of the SDK as plain data."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agents import Agent, AgentOutputSchema, AgentOutputSchemaBase, CustomTool, FunctionTool, Handoff, HostedMCPTool
from agents.tool import ToolOriginType, get_function_tool_origin

from harness.core.graph import AgentNode, HandoffNode, ToolNode
from harness.core.trace import JSON, AgentRef, ToolOrigin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agents.tool import Tool

NameOf = Callable[[Agent[Any]], str]


@dataclass(frozen=True, slots=True)
class Edge:
    """A handoff as it was read: the name its target goes by, and the target where it can be told before a run."""

    agent_name: str
    target: Agent[Any] | None
    tool: str
    description: str


def handoffs_of(agent: Agent[Any]) -> Iterator[Edge]:
    """The handoffs an agent may offer, those it decides about at run time included."""
    for each in agent.handoffs:
        if isinstance(each, Agent):
            tool, description = Handoff.default_tool_name(each), Handoff.default_tool_description(each)
            yield Edge(each.name, each, tool, description)
        elif each.is_enabled is not False:
            yield Edge(each.agent_name, handoff_target(each), each.tool_name, each.tool_description)


def handoff_target(handoff: Handoff[Any, Any]) -> Agent[Any] | None:
    """The agent behind a handoff: the one it was made from, or one of its name that its function closes over."""
    made_from = handoff._agent_ref() if handoff._agent_ref is not None else None  # noqa: SLF001 - the SDK has no other
    if isinstance(made_from, Agent):
        return made_from
    function = inspect.unwrap(handoff.on_invoke_handoff)
    if not inspect.isfunction(function):
        return None
    seen = inspect.getclosurevars(function)
    values = (*seen.nonlocals.values(), *seen.globals.values())
    return next((each for each in values if isinstance(each, Agent) and each.name == handoff.agent_name), None)


def helpers_of(agent: Agent[Any]) -> Iterator[Agent[Any]]:
    """The agents behind an agent's tools."""
    for tool in offered(agent):
        helper = helper_behind(tool)
        if helper is not None:
            yield helper


def offered(agent: Agent[Any]) -> Iterator[Tool]:
    """The tools an agent may offer: all but those switched off for good."""
    yield from (tool for tool in agent.tools if getattr(tool, "is_enabled", True) is not False)


def helper_behind(tool: Tool) -> Agent[Any] | None:
    """The agent that a tool runs, or None."""
    helper = getattr(tool, "_agent_instance", None)
    return helper if isinstance(helper, Agent) else None


_MEMORY = ("session", "conversation_id", "previous_response_id")


def memory_of(tool: Tool) -> str | None:
    """What lets the agent behind a tool remember earlier calls, by the name `as_tool` has for it; None: nothing.

    The SDK keeps it where only the function that runs the agent sees it.
    """
    run = getattr(getattr(tool, "on_invoke_tool", None), "_invoke_tool_impl", None)
    if helper_behind(tool) is None or not inspect.isfunction(run):
        return None
    kept = inspect.getclosurevars(run).nonlocals
    return next((name for name in _MEMORY if kept.get(name) is not None), None)


def agent_node(agent: Agent[Any], ref: AgentRef, name_of: NameOf) -> AgentNode:
    """Everything about one agent that a report, a check or a fingerprint asks for."""
    edges = tuple(handoffs_of(agent))
    return AgentNode(
        ref=ref,
        instructions=agent.instructions if isinstance(agent.instructions, str) else None,
        model=_model_name(agent),
        handoff_description=agent.handoff_description or "",
        tools=(*(_tool_node(tool, name_of) for tool in offered(agent)), *_mcp_servers(agent)),
        handoffs=tuple(_handoff_node(edge, name_of) for edge in edges),
        output_type=_output_schema(agent.output_type),
        settings=_settings(agent),
        guardrails=(
            *(each.get_name() for each in agent.input_guardrails),
            *(each.get_name() for each in agent.output_guardrails),
        ),
        warnings=tuple(_warnings(agent, edges)),
    )


def _handoff_node(edge: Edge, name_of: NameOf) -> HandoffNode:
    target = name_of(edge.target) if edge.target is not None else edge.agent_name
    return HandoffNode(target=target, tool=edge.tool, description=edge.description.strip())


def _tool_node(tool: Tool, name_of: NameOf) -> ToolNode:
    if isinstance(tool, FunctionTool):
        helper = helper_behind(tool)
        return ToolNode(
            name=tool.name,
            description=tool.description,
            parameters=tool.params_json_schema,
            origin=origin_of(tool),
            helper=name_of(helper) if helper is not None else None,
            needs_approval=tool.needs_approval is not False,
        )
    if isinstance(tool, HostedMCPTool):
        label = tool.tool_config.get("server_label", tool.name)
        return ToolNode(name=label, description="a remote MCP server", origin=ToolOrigin.MCP)
    origin = ToolOrigin.FUNCTION if isinstance(tool, CustomTool) else ToolOrigin.HOSTED
    return ToolNode(
        name=tool.name,
        description=getattr(tool, "description", None) or "",
        origin=origin,
        needs_approval=getattr(tool, "needs_approval", False) is not False,
    )


def origin_of(tool: Tool) -> ToolOrigin:
    """What stands behind a tool object."""
    if not isinstance(tool, FunctionTool):
        return ToolOrigin.FUNCTION if isinstance(tool, CustomTool) else ToolOrigin.HOSTED
    origin = get_function_tool_origin(tool)
    if helper_behind(tool) is not None or (origin and origin.type is ToolOriginType.AGENT_AS_TOOL):
        return ToolOrigin.AGENT
    return ToolOrigin.MCP if origin and origin.type is ToolOriginType.MCP else ToolOrigin.FUNCTION


def _mcp_servers(agent: Agent[Any]) -> Iterator[ToolNode]:
    for server in agent.mcp_servers:
        yield ToolNode(
            name=server.name, description="an MCP server: it names its tools when it runs", origin=ToolOrigin.MCP
        )


def _model_name(agent: Agent[Any]) -> str | None:
    if agent.model is None or isinstance(agent.model, str):
        return agent.model
    name = getattr(agent.model, "model", None)
    return name if isinstance(name, str) else type(agent.model).__name__


def _output_schema(output_type: type[Any] | AgentOutputSchemaBase | None) -> JSON:
    if output_type is None or output_type is str:
        return None
    if isinstance(output_type, AgentOutputSchemaBase):
        schema = output_type
    else:
        schema = AgentOutputSchema(output_type, strict_json_schema=False)
    return None if schema.is_plain_text() else schema.json_schema()


def _settings(agent: Agent[Any]) -> JSON:
    given = {name: value for name, value in agent.model_settings.to_json_dict().items() if value is not None}
    return given or None


def _warnings(agent: Agent[Any], edges: tuple[Edge, ...]) -> Iterator[str]:
    if agent.model is not None and not isinstance(agent.model, str):
        yield (
            f"its model is a {type(agent.model).__name__} object with a client of its own, which record and replay "
            "cannot replace: give the model's name as a string"
        )
    for tool in agent.tools:
        memory, helper = memory_of(tool), helper_behind(tool)
        if memory and helper:
            yield (
                f"its tool {tool.name} runs the helper {helper.name} with a history ({memory}): "
                "let a helper answer from its input alone"
            )
    for server in agent.mcp_servers:
        yield f"the tools of its MCP server {server.name!r} are known only at run time: their names cannot be checked"
    for edge in edges:
        if edge.target is None:
            yield f"{edge.tool} decides its target at run time; {edge.agent_name!r} was not found from here"
