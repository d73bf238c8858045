from __future__ import annotations

from typing import Any

import pytest

from harness.core.results import Verdict
from harness.core.scenario import Expectation
from harness.core.trace import GuardrailOutcome


@pytest.mark.parametrize(
    ("expected", "tripped", "outcome"),
    [
        ("off_topic", ("off_topic",), "right"),
        ("off_topic", ("profanity", "off_topic"), "right"),
        ("off_topic", ("profanity",), "missed"),
        ("off_topic", (), "missed"),
        ("none", (), "right"),
        ("none", ("off_topic",), "needless"),
    ],
)
def test_outcomes(world: Any, expected: str, tripped: tuple[str, ...], outcome: str) -> None:
    quiet = GuardrailOutcome(name="quiet", stage="input", tripped=False)
    found = (quiet, *(GuardrailOutcome(name=name, stage="input", tripped=True) for name in tripped))
    trial = world.judge(Expectation(guardrail=expected), world.run("Triage", guardrails=found))
    score = world.score(trial, "guardrail")
    assert (score.outcome, score.verdict is Verdict.PASSED) == (outcome, outcome == "right")


def test_a_guardrail_inside_a_helper_counts(world: Any) -> None:
    inner = world.run(
        "Lookup", guardrails=(GuardrailOutcome(name="pii", stage="output", tripped=True, agent="Lookup"),)
    )
    run = world.billing(world.call("lookup_account", runs=(inner,)))
    score = world.score(world.judge(Expectation(guardrail="pii"), run), "guardrail")
    assert (score.verdict, score.agent) == (Verdict.PASSED, "Lookup")
