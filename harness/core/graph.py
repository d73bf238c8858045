"""The agents under test as plain data: who can hand off to whom, who calls which tool.

Read from the live system once (`harness.system.graph`), then usable without the SDK.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.core.trace import JSON, AgentRef, ToolOrigin


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolNode:
    """A tool as its owner offers it to the model. `parameters` is its JSON schema; `helper` the agent behind it."""

    name: str
    description: str = ""
    parameters: JSON = None
    origin: ToolOrigin = ToolOrigin.FUNCTION
    helper: str | None = None
    needs_approval: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoffNode:
    """An edge of the graph. `tool` is the name the model calls (`transfer_to_...`)."""

    target: str
    tool: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentNode:
    """One agent. `instructions` is None when they are computed at run time; `model` None means the SDK's default."""

    ref: AgentRef
    instructions: str | None = None
    model: str | None = None
    handoff_description: str = ""
    tools: tuple[ToolNode, ...] = ()
    handoffs: tuple[HandoffNode, ...] = ()
    output_type: JSON = None
    settings: JSON = None
    guardrails: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentGraph:
    """Every agent reachable from `entry`, in the order a walk finds them."""

    entry: str
    agents: tuple[AgentNode, ...] = field(default=())
    failed_output: str | None = None

    def agent(self, name: str) -> AgentNode | None:
        """The agent shown as `name`, or None."""
        return next((node for node in self.agents if node.ref.name == name), None)

    def names(self) -> tuple[str, ...]:
        """Every agent's name."""
        return tuple(node.ref.name for node in self.agents)

    def tool_names(self) -> tuple[str, ...]:
        """Every tool's name, once, in the order of their owners."""
        return tuple(dict.fromkeys(tool.name for node in self.agents for tool in node.tools))

    def owners(self, tool: str) -> tuple[AgentNode, ...]:
        """The agents that offer `tool`."""
        return tuple(node for node in self.agents if any(each.name == tool for each in node.tools))

    def helper_of(self, owner: str, tool: str) -> str | None:
        """The helper agent behind `tool` of `owner`, or None."""
        node = self.agent(owner)
        return next((each.helper for each in node.tools if each.name == tool), None) if node else None
