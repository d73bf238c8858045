"""What a scorer looks at: one expectation and the part of a trial it judges, a turn or the whole conversation."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.core.graph import AgentGraph
from harness.core.results import Mode, Trial
from harness.core.scenario import EscalationTarget, Expectation, Scenario
from harness.core.trace import (
    AgentRef,
    CallStatus,
    Handoff,
    Layer,
    Message,
    Step,
    ToolCall,
    Trace,
    TurnTrace,
    route_of,
    steps_of,
)
from harness.scoring.outputs import Outputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """An expectation and what it judges.

    `turns` are the judged turns: one when `turn` is its number, counted from 0, else all of them. `trial` is the whole
    trial; `outputs` are its tools' answers. `route` are the agents that held the conversation, in order.
    """

    scenario: Scenario
    expect: Expectation
    trial: Trial
    graph: AgentGraph
    mode: Mode
    outputs: Outputs
    turns: tuple[TurnTrace, ...]
    turn: int | None = None
    trace: Trace = field(init=False)
    route: tuple[AgentRef, ...] = field(init=False)

    def __post_init__(self) -> None:
        whole = self.trial.trace
        trace = Trace(turns=self.turns, state=whole.state, judgements=whole.judgements)
        object.__setattr__(self, "trace", trace)
        object.__setattr__(self, "route", route_of(trace))

    @property
    def level(self) -> Layer | None:
        """The layer under test; None when the trial is end to end."""
        return level_of(self.scenario, self.graph)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of the conversation-holding runs."""
        return tuple(steps_of(self.trace))

    @property
    def owner(self) -> AgentRef | None:
        """Who holds the conversation at the end."""
        return self.route[-1] if self.route else None

    def handoffs(self) -> tuple[Handoff, ...]:
        """The transfers that took place."""
        return tuple(step for step in self.steps if isinstance(step, Handoff) and moved(step))


def level_of(scenario: Scenario, graph: AgentGraph) -> Layer | None:
    """The layer that `scenario` tests alone; None when it starts at the system's entry."""
    if scenario.layer is not None:
        return scenario.layer if scenario.agent else None
    if scenario.agent is None or scenario.agent == graph.entry:
        return None
    node = graph.agent(scenario.agent)
    return node.ref.layer if node else None


def moved(handoff: Handoff) -> bool:
    """Whether the transfer took place."""
    return handoff.status is CallStatus.OK and handoff.target is not None


def is_human(agent: AgentRef, graph: AgentGraph) -> bool:
    """Whether the agent stands for a person."""
    node = graph.agent(agent.name)
    return agent.human or (node is not None and node.ref.human)


def subject(scope: Scope) -> AgentRef | None:
    """The agent whose work below triage is judged.

    The one expected to own the conversation when that is settled (a person only if one was reached), else the
    agent under test, else the last agent that held the conversation and is neither triage nor a person, else whoever
    holds it.
    """
    wanted = [agent for agent in scope.route if agent.name in scope.expect.specialist]
    if wanted:
        return wanted[-1]
    names = (scope.expect.specialist if len(scope.expect.specialist) == 1 else ()) or (scope.scenario.agent or "",)
    node = scope.graph.agent(names[0])
    if node and not node.ref.human:
        return node.ref
    working = [agent for agent in scope.route if agent.layer is not Layer.TRIAGE and not is_human(agent, scope.graph)]
    return working[-1] if working else scope.owner


def settled_route(scope: Scope) -> tuple[AgentRef, ...]:
    """The route without the escalation that the same expectation asks for.

    `specialist: Billing` with `escalation: human` means that Billing owned the matter and then passed it on.
    """
    route = scope.route
    wanted = scope.expect.escalation.to if scope.expect.escalation else EscalationTarget.NONE
    if len(route) < 2 or route[-1].name in scope.expect.specialist:  # noqa: PLR2004 (an escalation has two ends)
        return route
    human = wanted is EscalationTarget.HUMAN and is_human(route[-1], scope.graph)
    back = wanted is EscalationTarget.BACK_TO_TRIAGE and route[-1].layer is Layer.TRIAGE
    return route[:-1] if human or back else route


def last_text(scope: Scope, agent: AgentRef) -> Message | None:
    """The last thing `agent` said to the user."""
    said = [step for step in scope.steps if isinstance(step, Message) and step.owner.name == agent.name]
    return said[-1] if said else None


def calls_anywhere(scope: Scope) -> tuple[ToolCall, ...]:
    """Every tool call, those inside helpers included, in order."""
    found: list[ToolCall] = []
    for turn in scope.turns:
        waiting = [step for run in turn.runs for step in run.steps if isinstance(step, ToolCall)][::-1]
        while waiting:
            call = waiting.pop()
            found.append(call)
            inner = [step for run in call.runs for step in run.steps if isinstance(step, ToolCall)]
            waiting += inner[::-1]
    return tuple(found)
