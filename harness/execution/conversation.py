"""Hold a scenario's conversation with the agents: turns, history, approvals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agents import Agent, AgentsException, Runner, RunResult
from agents.items import TResponseInputItem

from harness.core.trace import ErrorKind
from harness.execution.capture import Capture
from harness.execution.classification import TRIPWIRES, kind_of
from harness.execution.history import message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agents import RunState

    from harness.core.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a conversation is held in.

    `context` is this trial's own; `said` is the conversation so far; `max_turns` is the SDK's limit on model calls
    for each turn.
    """

    capture: Capture
    context: Any
    said: Sequence[TResponseInputItem] = ()
    max_turns: int = 30


async def converse(scenario: Scenario, setting: Setting) -> None:
    """Say every turn of the scenario; what happens is found in the capture.

    The conversation begins with the scenario's agent and stays with the one that ended the turn before. A tripped
    guardrail, an error of the agents' own making, and an approval that the scenario does not decide each end it: the
    turns that are left are not said. Raises whatever else the application or the endpoint raises.
    """
    live = setting.capture.graph
    agent = live.agent(scenario.agent) if scenario.agent else live.system.entry
    said = list(setting.said)
    for turn in scenario.conversation:
        with setting.capture.turn(turn.user):
            result = await _answered(agent, [*said, message("user", turn.user)], scenario.approvals, setting)
        if result is None or result.interruptions:
            return
        agent, said = result.last_agent, result.to_input_list()


async def _answered(
    agent: Agent[Any], said: list[TResponseInputItem], approvals: Mapping[str, bool], setting: Setting
) -> RunResult | None:
    """The result of one turn; None when a guardrail or the agents' own behaviour ended it."""
    try:
        result = await _run(agent, said, setting)
        while result.interruptions and _decidable(result, approvals):
            result = await _run(agent, _decided(result, approvals), setting)
    except AgentsException as error:
        if isinstance(error, TRIPWIRES) or kind_of(error) is ErrorKind.BEHAVIOUR:
            return None
        raise
    return result


async def _run(agent: Agent[Any], said: list[TResponseInputItem] | RunState[Any], setting: Setting) -> RunResult:
    return await Runner.run(
        agent, said, context=setting.context, max_turns=setting.max_turns, run_config=setting.capture.run_config
    )


def _decidable(result: RunResult, approvals: Mapping[str, bool]) -> bool:
    """Whether the scenario decides every call that waits; a call of a helper waits with the run that called it."""
    return all(each.tool_name in approvals for each in result.interruptions)


def _decided(result: RunResult, approvals: Mapping[str, bool]) -> RunState[Any]:
    state = result.to_state()
    for each in result.interruptions:
        if approvals[str(each.tool_name)]:
            state.approve(each)
        else:
            state.reject(each)
    return state
