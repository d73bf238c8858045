from __future__ import annotations

from typing import Any

import pytest

from harness.core.graph import AgentGraph
from harness.core.results import Trial, Verdict
from harness.core.scenario import Expectation, Location, Scenario, Turn
from harness.core.trace import AgentRef, AgentRun, Layer, Trace, TurnTrace
from harness.scoring.scorers import judge_trial


@pytest.mark.parametrize(
    ("settings", "verdict", "value"),
    [({}, Verdict.PASSED, 1.0), ({"words": 4}, Verdict.PASSED, 1.0), ({"words": 2}, Verdict.FAILED, 0.5)],
)
def test_an_answer_keeps_to_so_many_words(settings: Any, verdict: Verdict, value: float) -> None:
    agent = AgentRef(name="Triage", layer=Layer.TRIAGE)
    run = AgentRun(id="r", agent=agent, input="Hello.", output="How can we help?")
    scenario = Scenario(
        id="x",
        location=Location(file="x.yaml"),
        conversation=(Turn(user="Hello."),),
        expect=Expectation(scorers={"agents_under_test.house_style:brevity": settings}),
    )
    trial = Trial(
        scenario="x", verdict=Verdict.NOT_APPLICABLE, trace=Trace(turns=(TurnTrace(user="Hello.", runs=(run,)),))
    )
    judged = judge_trial(scenario, trial, AgentGraph(entry="Triage"))
    assert [(score.verdict, score.value) for score in judged.scores] == [(verdict, value)]
