from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest

from harness.core.results import Mode, Score, TrialError, Verdict
from harness.core.scenario import (
    AnswerExpectation,
    EscalationExpectation,
    EscalationTarget,
    Expectation,
    ExpectedCall,
    Limits,
    ToolsExpectation,
)
from harness.core.trace import ErrorKind, Layer, RunError
from harness.errors import UsageError
from harness.scoring.scorers import judge_trial, load_scorer

COMMON = Expectation(
    specialist=("Billing",),
    tools=ToolsExpectation(
        calls=(
            ExpectedCall(tool="lookup_account"),
            ExpectedCall(tool="refund", arguments={"customer_id": "C-1042", "amount": 49.00}),
        )
    ),
    escalation=EscalationExpectation(to=EscalationTarget.NONE),
)


def test_the_common_case_passes_on_every_layer(world: Any) -> None:
    run = world.billing(
        world.call("lookup_account", {"input": "C-1042"}),
        world.call("refund", {"customer_id": "C-1042", "amount": 49}),
        output="Refunded $49.00.",
    )
    trial = world.judge(COMMON, run)
    assert trial.verdict is Verdict.PASSED
    assert trial.blame is None
    assert [(each.scorer, each.layer, each.verdict) for each in trial.scores] == [
        ("routing", Layer.TRIAGE, Verdict.PASSED),
        ("tools", Layer.SPECIALIST, Verdict.PASSED),
        ("escalation", Layer.SPECIALIST, Verdict.PASSED),
    ]


def test_layers_below_a_wrong_handoff_are_not_reached(world: Any) -> None:
    run = world.run("Triage", world.hand("Triage", "Technical"), world.call("diagnose", by="Technical"))
    trial = world.judge(COMMON, run)
    assert trial.verdict is Verdict.FAILED
    assert world.score(trial, "routing").verdict is Verdict.FAILED
    for scorer in ("tools", "escalation"):
        score = world.score(trial, scorer)
        assert score.verdict is Verdict.NOT_APPLICABLE
        assert score.reason == "not reached: Triage handed off to Technical instead of Billing"
    assert trial.blame is not None
    assert (trial.blame.layer, trial.blame.agent) == (Layer.TRIAGE, "Triage")


def test_nothing_expected_is_not_a_pass(world: Any) -> None:
    trial = world.judge(Expectation(), world.billing())
    assert trial.verdict is Verdict.NOT_APPLICABLE
    assert trial.scores == ()


def test_an_errored_trial_stays_errored_and_gets_no_scores(world: Any) -> None:
    error = TrialError(kind=ErrorKind.INFRASTRUCTURE, type="CassetteMissError", message="no counterpart")
    trial = world.judge(COMMON, world.billing(), error=error)
    assert (trial.verdict, trial.scores, trial.error) == (Verdict.ERRORED, (), error)


@pytest.mark.parametrize("kind", [ErrorKind.INFRASTRUCTURE, ErrorKind.APPLICATION])
def test_an_error_swallowed_inside_a_helper_makes_the_trial_errored(world: Any, kind: ErrorKind) -> None:
    error = RunError(kind=kind, type="Boom", message="down")
    call = world.call("lookup_account", runs=(world.run("Lookup", error=error),))
    trial = world.judge(COMMON, world.billing(call))
    assert trial.verdict is Verdict.ERRORED
    assert trial.error is not None
    assert (trial.error.kind, trial.error.type, trial.error.message) == (kind, "Boom", "in Lookup: down")


def test_an_error_of_behaviour_fails_the_layer_of_the_agent_that_erred(world: Any) -> None:
    error = RunError(kind=ErrorKind.BEHAVIOUR, type="MaxTurnsExceeded", message="10 turns")
    call = world.call("lookup_account", runs=(world.run("Lookup", world.call("fetch", by="Lookup"), error=error),))
    trial = world.judge(Expectation(specialist=("Billing",)), world.billing(call))
    score = world.score(trial, "behaviour", turn=0)
    assert trial.verdict is Verdict.FAILED
    assert (score.layer, score.agent, score.outcome) == (Layer.HELPER, "Lookup", "MaxTurnsExceeded")
    assert trial.blame is not None
    assert (trial.blame.layer, trial.blame.agent) == (Layer.HELPER, "Lookup")


def test_judging_again_gives_the_same(world: Any) -> None:
    trial = world.judge(COMMON, world.run("Triage", world.say("Triage", "No.")))
    assert judge_trial(world.scenario(COMMON), trial, world.graph) == trial


def test_an_unknown_cost_makes_the_trial_errored_until_the_limit_is_dropped(world: Any) -> None:
    expect = Expectation(specialist=("Billing",), limits=Limits(cost_usd=1))
    trial = world.judge(expect, world.billing())
    assert trial.verdict is Verdict.ERRORED
    again = judge_trial(world.scenario(Expectation(specialist=("Billing",))), trial, world.graph)
    assert again.verdict is Verdict.PASSED


def test_a_failure_outranks_what_could_not_be_judged(world: Any) -> None:
    expect = Expectation(specialist=("Technical",), limits=Limits(cost_usd=1))
    assert world.judge(expect, world.billing()).verdict is Verdict.FAILED


def test_each_turn_is_judged_on_its_own(world: Any) -> None:
    turns = (
        Expectation(specialist=("Technical",), escalation=EscalationExpectation(to=EscalationTarget.NONE)),
        Expectation(escalation=EscalationExpectation(to=EscalationTarget.HUMAN)),
    )
    first = world.run("Triage", world.hand("Triage", "Technical"), world.call("diagnose", by="Technical"))
    second = world.run("Technical", world.hand("Technical", "Human"))
    trial = world.judge(None, first, second, turns=turns)
    assert trial.verdict is Verdict.PASSED
    assert [(each.scorer, each.turn) for each in trial.scores] == [("routing", 0), ("escalation", 0), ("escalation", 1)]


def test_a_turn_that_never_took_place_could_not_be_judged(world: Any) -> None:
    trial = world.judge(None, world.billing(), turns=(Expectation(specialist=("Billing",)), COMMON))
    assert trial.verdict is Verdict.ERRORED
    assert world.score(trial, "turn", 1).reason == "not reached: the conversation ended after 1 of 2 turns"


def test_turns_after_an_error_of_behaviour_are_not_reached(world: Any) -> None:
    error = RunError(kind=ErrorKind.BEHAVIOUR, type="ModelBehaviorError", message="unknown tool")
    trial = world.judge(None, world.billing(error=error), turns=(None, COMMON))
    assert trial.verdict is Verdict.FAILED
    assert world.score(trial, "turn", 1).verdict is Verdict.NOT_APPLICABLE


def test_a_judge_model_only_advises(world: Any) -> None:
    expect = Expectation(specialist=("Billing",), answer=AnswerExpectation(judge="Is it polite?"))
    trial = world.judge(expect, world.billing(output="No."))
    assert world.score(trial, "judge").verdict is Verdict.ERRORED
    assert trial.verdict is Verdict.PASSED


def shouting(scope: Any, settings: Any) -> Score:
    loud = scope.trace.turns[0].runs[0].output.isupper()
    return Score(scorer="x", verdict=Verdict.PASSED if loud else Verdict.FAILED, reason=f"wanted {settings}")


def broken(scope: Any, settings: Any) -> Score:
    raise KeyError(settings)


def empty(scope: Any, settings: Any) -> tuple[Score, ...]:
    return ()


class HouseError(Exception):
    pass


def raising(scope: Any, settings: Any) -> Score:
    raise HouseError("\ud800")


def nothing(scope: Any, settings: Any) -> Any:
    return None


def text(scope: Any, settings: Any) -> Any:
    return ["polite"]


def reasonless(scope: Any, settings: Any) -> Any:
    return Score(scorer="x", verdict=Verdict.PASSED, reason=None)  # type: ignore[arg-type]  # what a plugin may do


def boolean(scope: Any, settings: Any) -> Any:
    return Score(scorer="x", verdict=True, reason="fine")  # type: ignore[arg-type]  # what a plugin may do


def percent(scope: Any, settings: Any) -> Any:
    return Score(scorer="x", verdict=Verdict.PASSED, reason="fine", value=85)


def unaligned(scope: Any, settings: Any) -> Any:
    return Score(scorer="x", verdict=Verdict.PASSED, reason="fine", alignment="x")  # type: ignore[arg-type]  # may do


@pytest.fixture
def reference(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setitem(sys.modules, "house_rules", sys.modules[__name__])
    return "house_rules"


def test_a_third_party_scorer_is_called_with_its_settings(world: Any, reference: str) -> None:
    trial = world.judge(Expectation(scorers={f"{reference}:shouting": "noise"}), world.billing(output="hush"))
    score = world.score(trial, f"{reference}:shouting")
    assert (score.verdict, score.reason) == (Verdict.FAILED, "wanted noise")
    assert trial.verdict is Verdict.FAILED


@pytest.mark.parametrize(
    "name", ["broken", "raising", "empty", "nothing", "text", "reasonless", "boolean", "percent", "unaligned", "absent"]
)
def test_a_third_party_scorer_that_does_not_judge_is_never_a_pass(world: Any, reference: str, name: str) -> None:
    expect = Expectation(specialist=("Billing",), scorers={f"{reference}:{name}": 1})
    trial = world.judge(expect, world.billing())
    assert trial.verdict is Verdict.ERRORED
    assert world.score(trial, f"{reference}:{name}").reason.startswith(f"the scorer '{reference}:{name}' failed: ")


def test_a_third_party_scorer_that_breaks_is_told_with_its_line(world: Any, reference: str) -> None:
    trial = world.judge(Expectation(scorers={f"{reference}:broken": 1}), world.billing())
    reason = world.score(trial, f"{reference}:broken").reason
    assert re.search(r"KeyError: 1 \(.*test_scorers\.py:\d+\)$", reason)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [("tools", "names no scorer"), ("no_such_module:f", "cannot be imported"), ("json:dunps", "did you mean 'dumps'")],
)
def test_a_scorer_that_does_not_exist_is_refused_with_a_hint(wrong: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_scorer(wrong)
    assert message in str(caught.value)


def test_seconds_are_judged_in_live_runs_only(world: Any) -> None:
    expect = Expectation(limits=Limits(seconds=1))
    assert world.judge(expect, world.billing(), seconds=2.0).verdict is Verdict.NOT_APPLICABLE
    assert world.judge(expect, world.billing(), seconds=2.0, mode=Mode.LIVE).verdict is Verdict.FAILED


def test_scoring_imports_neither_the_sdk_nor_pandas_nor_scipy() -> None:
    code = (
        "import sys, harness.scoring.scorers; print(sorted({'agents', 'pandas', 'scipy', 'numpy'} & set(sys.modules)))"
    )
    found = subprocess.run(  # noqa: S603 (our own interpreter)
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
