"""A small support system and its traces, written down by hand."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from harness.core.graph import AgentGraph, AgentNode, HandoffNode, ToolNode
from harness.core.results import Mode, Score, Trial, Verdict
from harness.core.scenario import Expectation, Location, Scenario, Turn
from harness.core.trace import (
    AgentRef,
    AgentRun,
    CallStatus,
    Handoff,
    Layer,
    Message,
    Step,
    ToolCall,
    ToolOrigin,
    Trace,
    TurnTrace,
)
from harness.scoring.scorers import judge_trial

AGENTS = {
    "Triage": AgentRef(name="Triage", layer=Layer.TRIAGE),
    "Billing": AgentRef(name="Billing", layer=Layer.SPECIALIST),
    "Technical": AgentRef(name="Technical", layer=Layer.SPECIALIST),
    "Human": AgentRef(name="Human", layer=Layer.SPECIALIST, human=True),
    "Lookup": AgentRef(name="Lookup", layer=Layer.HELPER),
}

GRAPH = AgentGraph(
    entry="Triage",
    agents=(
        AgentNode(ref=AGENTS["Triage"], handoffs=(HandoffNode(target="Billing", tool="transfer_to_billing"),)),
        AgentNode(
            ref=AGENTS["Billing"],
            tools=(
                ToolNode(name="lookup_account", origin=ToolOrigin.AGENT, helper="Lookup"),
                ToolNode(name="refund"),
                ToolNode(name="invoice"),
            ),
        ),
        AgentNode(ref=AGENTS["Technical"], tools=(ToolNode(name="diagnose"),)),
        AgentNode(ref=AGENTS["Human"]),
        AgentNode(ref=AGENTS["Lookup"], tools=(ToolNode(name="fetch"),)),
    ),
)


class World:
    """Builds steps with ids of their own, runs, trials, and judges them."""

    graph = GRAPH

    def __init__(self) -> None:
        self._ids = itertools.count()

    def id(self) -> str:
        return f"s{next(self._ids)}"

    def call(self, tool: str, arguments: Any = None, *, by: str = "Billing", **fields: Any) -> ToolCall:
        """A tool call; `arguments` is an object, or text as the model sent it."""
        text = arguments if isinstance(arguments, str) else json.dumps(arguments or {})
        fields.setdefault("output", "done")
        return ToolCall(id=self.id(), owner=AGENTS[by], tool=tool, call_id=None, arguments=text, **fields)

    def failed(self, tool: str, arguments: Any = None, **fields: Any) -> ToolCall:
        return self.call(tool, arguments, status=CallStatus.FAILED, error="boom", **fields)

    def asked(self, tool: str, arguments: Any = None, **fields: Any) -> ToolCall:
        return self.call(tool, arguments, status=CallStatus.NEVER_RAN, output=None, **fields)

    def hand(self, owner: str, target: str, status: CallStatus = CallStatus.OK) -> Handoff:
        tool = f"transfer_to_{target.lower()}"
        return Handoff(id=self.id(), owner=AGENTS[owner], target=AGENTS[target], tool=tool, status=status)

    def say(self, owner: str, text: str) -> Message:
        return Message(id=self.id(), owner=AGENTS[owner], text=text)

    def run(self, agent: str, *steps: Step, **fields: Any) -> AgentRun:
        return AgentRun(id=self.id(), agent=AGENTS[agent], input="", steps=steps, **fields)

    def trace(self, *runs: AgentRun, **fields: Any) -> Trace:
        """One turn for each run."""
        turns = tuple(
            TurnTrace(user=fields.pop(f"user{number}", "Hello"), runs=(run,)) for number, run in enumerate(runs)
        )
        return Trace(turns=turns, **fields)

    def trial(self, trace: Trace, **fields: Any) -> Trial:
        return Trial(scenario="case", verdict=Verdict.NOT_APPLICABLE, trace=trace, **fields)

    def scenario(self, expect: Expectation | None = None, turns: Any = (), **fields: Any) -> Scenario:
        """`turns` are the expectations of the turns, where they have one."""
        conversation = tuple(Turn(user="Hello", expect=each) for each in turns) or (Turn(user="Hello"),)
        return Scenario(
            id="case",
            location=Location(file="case.yaml"),
            conversation=conversation,
            expect=expect or Expectation(),
            **fields,
        )

    def judge(self, expect: Expectation | None, *runs: AgentRun, **fields: Any) -> Trial:
        """The judged trial of these runs; `fields` go to the trace, or to the scenario, or to the trial."""
        of_scenario = {name: fields.pop(name) for name in ("turns", "agent", "layer", "history") if name in fields}
        of_trial = {name: fields.pop(name) for name in ("traffic", "seconds", "timings", "error") if name in fields}
        mode = fields.pop("mode", Mode.REPLAY)
        trial = self.trial(self.trace(*runs, **fields), **of_trial)
        return judge_trial(self.scenario(expect, **of_scenario), trial, self.graph, mode)

    def billing(self, *steps: Step, **fields: Any) -> AgentRun:
        """Triage hands off to Billing, which takes these steps."""
        return self.run("Triage", self.hand("Triage", "Billing"), *steps, **fields)

    @staticmethod
    def score(trial: Trial, scorer: str, turn: int | None = None) -> Score:
        """The one score of this scorer."""
        (found,) = [each for each in trial.scores if each.scorer == scorer and each.turn == turn]
        return found


@pytest.fixture
def world() -> World:
    return World()
