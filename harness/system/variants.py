"""Variants of a system: a copy of every agent with other words, models and settings.

The application's own stay as they are, so that several variants can run side by side in one process.
"""

from __future__ import annotations

import copy
import dataclasses
import weakref
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agents import Agent, Handoff, ModelSettings, RunContextWrapper, handoff
from pydantic import ValidationError

from harness.errors import Problem, ProblemsError, did_you_mean
from harness.system.graph import LiveGraph, read_graph
from harness.system.loading import load_system
from harness.system.nodes import handoff_target, helper_behind
from harness.system.overlays import variant_problems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from agents import Tool

    from harness.core.variant import AgentOverlay, Variant
    from harness.system.loading import System


def load_live(reference: str, variant: Variant | None = None, root: Path | None = None) -> LiveGraph:
    """The graph of the system that `reference` names, with a variant laid over it. Raises as loading and laying do."""
    system = load_system(reference, variant.name if variant else None, root)
    return read_graph(apply_variant(system, variant) if variant else system)


def apply_variant(system: System, variant: Variant) -> System:
    """A system of copies with the variant laid over them; `system` is not touched.

    Copies hand off to copies and have copies as helpers. `System.instead` tells which copy stands for which agent, for
    code of the application that runs an agent of its own. Raises ProblemsError, with everything that is wrong, when
    the variant names what the agents do not have.
    """
    live = read_graph(system)
    _refuse([*variant_problems(variant, live.data), *_settings_problems(variant)])
    copying = _Copying(live, variant)
    return dataclasses.replace(
        system,
        entry=copying.copy_of(system.entry),
        escalation=tuple(copying.copy_of(each) for each in system.escalation),
        instead=copying.pairs(),
    )


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise ProblemsError(problems)


def _settings_problems(variant: Variant) -> Iterator[Problem]:
    known = [each.name for each in dataclasses.fields(ModelSettings)]
    for overlay in variant.agents:
        for name, value in overlay.model_settings.items():
            where = overlay.at(f"model_settings.{name}")
            if name not in known:
                message = f"model_settings: the SDK knows no setting {name!r}"
                yield Problem(message=message, where=where, hint=did_you_mean(name, known))
                continue
            try:
                ModelSettings(**{name: value})
            except ValidationError as error:
                yield Problem(message=f"model_settings.{name} = {value!r}: {error.errors()[0]['msg']}", where=where)


class _Copying:
    """Copies every agent first and joins the copies then, because agents hand off to each other in circles."""

    def __init__(self, live: LiveGraph, variant: Variant) -> None:
        self._live = live
        self._overlays = {name: variant.overlay(name) for name in live.data.names()}
        self._copies = {name: _copied(live.agent(name), self._overlays[name]) for name in live.data.names()}
        self._by_id = {id(live.agent(name)): each for name, each in self._copies.items()}
        for name in self._copies:
            self._join(name)

    def pairs(self) -> tuple[tuple[Agent[Any], Agent[Any]], ...]:
        """Each of the application's agents with its copy."""
        return tuple((self._live.agent(name), each) for name, each in self._copies.items())

    def copy_of(self, agent: Agent[Any]) -> Agent[Any]:
        """The copy of an agent; an agent that is not of the system stays itself."""
        return self._by_id.get(id(agent), agent)

    def _join(self, name: str) -> None:
        original, made, overlay = self._live.agent(name), self._copies[name], self._overlays[name]
        tools = overlay.tools if overlay else {}
        handoffs = overlay.handoffs if overlay else {}
        made.tools = [self._tool(tool, tools) for tool in original.tools]
        made.handoffs = [self._handoff(each, handoffs) for each in original.handoffs]

    def _tool(self, tool: Tool, descriptions: Mapping[str, str]) -> Tool:
        """Only tools that say or run something else are copied."""
        helper = helper_behind(tool)
        if helper is None and tool.name not in descriptions:
            return tool
        made: Any = copy.copy(tool)
        made.description = descriptions.get(tool.name, getattr(tool, "description", ""))
        if helper is not None:
            made._agent_instance = self.copy_of(helper)  # noqa: SLF001 - where the SDK keeps the agent behind a tool
        return made  # type: ignore[no-any-return]  # the copy of a tool

    def _handoff(
        self, given: Agent[Any] | Handoff[Any, Any], descriptions: Mapping[str, str]
    ) -> Agent[Any] | Handoff[Any, Any]:
        if isinstance(given, Agent):
            made, said = self.copy_of(given), descriptions.get(self._live.ref(given).name)
            return made if said is None else handoff(made, tool_description_override=said)
        target = handoff_target(given)
        name = given.agent_name if target is None else self._live.ref(target).name
        return self._handoff_object(given, target, descriptions.get(name))

    def _handoff_object(
        self, given: Handoff[Any, Any], target: Agent[Any] | None, said: str | None
    ) -> Handoff[Any, Any]:
        """A copy keeps filters, inputs and conditions. A description made by the SDK is made anew."""
        made = copy.copy(given)
        made.on_invoke_handoff = _Redirected(given.on_invoke_handoff, self.copy_of)
        if target is not None:
            copied = self.copy_of(target)
            made._agent_ref = weakref.ref(copied)  # noqa: SLF001 - where the SDK keeps the target
            if given.tool_description == Handoff.default_tool_description(target):
                made.tool_description = Handoff.default_tool_description(copied)
        if said is not None:
            made.tool_description = said
        return made


@dataclass(frozen=True, slots=True)
class _Redirected:
    """A handoff's own function, whose agent is replaced by its copy: all it does else still happens."""

    inner: Callable[[RunContextWrapper[Any], str], Awaitable[Any]]
    copy_of: Callable[[Agent[Any]], Agent[Any]]

    async def __call__(self, context: RunContextWrapper[Any], given: str) -> Agent[Any]:
        return self.copy_of(await self.inner(context, given))


def _copied(agent: Agent[Any], overlay: AgentOverlay | None) -> Agent[Any]:
    """A copy with lists of its own, not yet joined to other copies."""
    lists = {name: list(getattr(agent, name)) for name in _LISTS}
    return agent.clone(**lists, **(_changes(agent, overlay) if overlay is not None else {}))


_LISTS = ("tools", "handoffs", "mcp_servers", "input_guardrails", "output_guardrails")


def _changes(agent: Agent[Any], overlay: AgentOverlay) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if overlay.instructions is not None:
        made["instructions"] = overlay.instructions.of(_text(agent))
    if overlay.model is not None:
        made["model"] = overlay.model
    if overlay.handoff_description is not None:
        made["handoff_description"] = overlay.handoff_description
    if overlay.model_settings:
        with_model = agent.clone(model=overlay.model) if overlay.model is not None else agent
        made["model_settings"] = dataclasses.replace(with_model.model_settings, **overlay.model_settings)
    return made


def _text(agent: Agent[Any]) -> str:
    return agent.instructions if isinstance(agent.instructions, str) else ""
