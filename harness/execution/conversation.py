"""Hold a scenario's conversation with the agents: turns, history, approvals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agents import Agent, AgentsException, Runner, RunResult

from harness.execution.capture import Capture
from harness.system.graph import LiveGraph

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agents.items import TResponseInputItem

    from harness.core.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a conversation is held in. `context` is this trial's own; `max_turns` is the SDK's limit per turn."""

    live: LiveGraph
    capture: Capture
    context: Any
    max_turns: int


async def converse(scenario: Scenario, setting: Setting) -> None:
    """Say every turn of the scenario; what happens is found in the capture.

    The conversation stays with the agent that ended the turn before. An error of the agents' own making, a tripped
    guardrail, and an approval that the scenario does not decide each end it: later turns are not said. Raises what
    else the application or the endpoint raises.
    """
    agent = _starting_agent(scenario, setting.live)
    said: list[TResponseInputItem] = [
        {"role": message.role, "content": message.content}  # type: ignore[misc]  # roles are checked at load
        for message in scenario.history
    ]
    for turn in scenario.conversation:
        with setting.capture.turn(turn.user):
            result = await _turn(agent, [*said, {"role": "user", "content": turn.user}], scenario, setting)
        if result is None or result.interruptions:
            return
        agent, said = result.last_agent, result.to_input_list()


def _starting_agent(scenario: Scenario, live: LiveGraph) -> Agent[Any]:
    return live.agent(scenario.agent) if scenario.agent else live.system.entry


async def _turn(
    agent: Agent[Any], said: list[TResponseInputItem], scenario: Scenario, setting: Setting
) -> RunResult | None:
    """The result of one turn, None when it ended in an error that is the agents' own or in a tripped guardrail."""
    try:
        result = await _run(agent, said, setting)
        while result.interruptions and _decidable(result, scenario.approvals):
            state = result.to_state()
            for interruption in result.interruptions:
                if scenario.approvals[str(interruption.tool_name)]:
                    state.approve(interruption)
                else:
                    state.reject(interruption)
            result = await _run(agent, state, setting)
    except AgentsException:
        return None
    return result


async def _run(agent: Agent[Any], said: Any, setting: Setting) -> RunResult:
    """One run; its configuration is the capture's, which every run below it gets too."""
    return await Runner.run(agent, said, context=setting.context, max_turns=setting.max_turns)


def _decidable(result: RunResult, approvals: Mapping[str, bool]) -> bool:
    return all(interruption.tool_name in approvals for interruption in result.interruptions)
