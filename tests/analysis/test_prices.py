"""What trials cost: known, unknown, and what a stand-in would have cost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.analysis.prices import cost_of, cost_of_run, list_price, priced
from harness.core.graph import AgentGraph
from harness.core.results import CassetteUse, Mode, Run, RunInfo, Traffic, Trial, Verdict
from harness.core.trace import AgentRef, AgentRun, Layer, ModelCall, ToolCall, Trace, TurnTrace, Usage

TRIAGE = AgentRef(name="Triage", layer=Layer.TRIAGE)
HELPER = AgentRef(name="Lookup", layer=Layer.HELPER)
MILLION = Usage(requests=1, input_tokens=1_000_000, output_tokens=1_000_000)


def _call(number: int, owner: AgentRef, model: str, usage: Usage = MILLION) -> ModelCall:
    return ModelCall(id=str(number), owner=owner, model=model, usage=usage)


def _trial(*models: str, helper: str | None = None, variant: str | None = None, stand_in: bool = False) -> Trial:
    steps = tuple(_call(number, TRIAGE, model) for number, model in enumerate(models))
    inner = AgentRun(id="inner", agent=HELPER, input="", steps=(_call(9, HELPER, helper or ""),))
    tool = ToolCall(id="t", owner=TRIAGE, tool="look_up", call_id="c", arguments="{}", runs=(inner,))
    run = AgentRun(id="run", agent=TRIAGE, input="", steps=(*steps, tool) if helper else steps)
    return Trial(
        scenario="s",
        variant=variant,
        verdict=Verdict.PASSED,
        trace=Trace(turns=(TurnTrace(user="", runs=(run,)),)),
        cassette=CassetteUse(path="s.yaml", stand_in=stand_in),
    )


def _run(*trials: Trial, stand_in: bool = False) -> Run:
    info = RunInfo(id="r", created_at="", system="a:b", mode=Mode.REPLAY, stand_in=stand_in)
    return Run(info=info, graph=AgentGraph(entry="Triage"), scenarios=(), trials=trials)


def test_costs_are_told_by_layer_agent_and_model() -> None:
    cost = cost_of(_trial("gpt-4o", helper="gpt-4o-mini"))
    assert cost.usd == pytest.approx(12.5 + 0.75)
    assert cost.by_layer == pytest.approx({"triage": 12.5, "helper": 0.75})
    assert cost.by_agent == pytest.approx({"Triage": 12.5, "Lookup": 0.75})
    assert cost.by_model == pytest.approx({"gpt-4o": 12.5, "gpt-4o-mini": 0.75})


def test_a_dated_release_costs_what_its_family_does() -> None:
    assert cost_of(_trial("gpt-4o-2024-08-06")).usd == cost_of(_trial("openai/gpt-4o")).usd == pytest.approx(12.5)


def test_cached_tokens_are_cheaper() -> None:
    half = Usage(requests=1, input_tokens=1_000_000, cached_tokens=500_000)
    run = AgentRun(id="run", agent=TRIAGE, input="", steps=(_call(1, TRIAGE, "gpt-4o", half),))
    trial = Trial(scenario="s", verdict=Verdict.PASSED, trace=Trace(turns=(TurnTrace(user="", runs=(run,)),)))
    assert cost_of(trial).usd == pytest.approx(1.25 + 0.625)


@pytest.mark.parametrize("model", ["our-own-model", "nobody/gpt-4o", ""])
def test_a_model_without_a_price_makes_the_cost_unknown_and_is_named(model: str) -> None:
    cost = cost_of(_trial("gpt-4o", model))
    assert cost.usd is None
    assert cost.by_model[model] is None
    assert cost.by_model["gpt-4o"] == pytest.approx(12.5)
    assert cost.unpriced == (model,)


def test_an_unknown_part_leaves_the_other_layers_known() -> None:
    cost = cost_of(_trial("gpt-4o", helper="our-own-model"))
    assert cost.usd is None
    assert cost.by_layer == {"triage": pytest.approx(12.5), "helper": None}


def test_a_call_whose_tokens_nobody_counted_is_not_free() -> None:
    run = AgentRun(id="run", agent=TRIAGE, input="", steps=(_call(1, TRIAGE, "gpt-4o", Usage()),))
    trial = Trial(scenario="s", verdict=Verdict.PASSED, trace=Trace(turns=(TurnTrace(user="", runs=(run,)),)))
    cost = cost_of(trial)
    assert (cost.usd, cost.uncounted, cost.unpriced) == (None, 1, ())


def test_a_trial_without_model_calls_costs_nothing() -> None:
    assert cost_of(Trial(scenario="s", verdict=Verdict.PASSED)).usd == 0


def test_a_run_costs_what_its_trials_do() -> None:
    assert cost_of_run(_run(_trial("gpt-4o"), _trial("gpt-4o-mini"))).usd == pytest.approx(13.25)
    assert cost_of_run(_run(_trial("gpt-4o"), _trial("our-own-model"))).usd is None


def test_what_a_stand_in_answered_says_so() -> None:
    assert cost_of(_trial("gpt-4o", stand_in=True)).stand_in
    assert cost_of_run(_run(_trial("gpt-4o"), stand_in=True)).stand_in
    assert not cost_of(_trial("gpt-4o")).stand_in


@pytest.mark.parametrize(
    ("traffic", "stand_in", "paid", "recorded"),
    [
        (Traffic(replayed=1), False, 0.0, 12.5),
        (Traffic(live=1), False, 12.5, None),
        (Traffic(replayed=1, live=1), False, None, None),
        (Traffic(live=1, replayed=1), True, 0.0, 12.5),
        (Traffic(replayed=1), True, 0.0, 12.5),
    ],
    ids=["replayed", "live", "partly recorded", "stand-in", "stand-in replayed"],
)
def test_a_trial_tells_what_it_cost_apart_from_what_its_recording_did(
    traffic: Traffic, *, stand_in: bool, paid: float | None, recorded: float | None
) -> None:
    trial = priced(replace(_trial("gpt-4o", stand_in=stand_in), traffic=traffic))
    assert (trial.traffic.cost_usd, trial.traffic.recorded_cost_usd) == (paid, recorded)


def test_a_live_trial_of_a_model_without_a_price_has_an_unknown_cost() -> None:
    assert priced(replace(_trial("our-own-model"), traffic=Traffic(live=1))).traffic.cost_usd is None


def test_the_list_price_does_not_ask_who_answered() -> None:
    assert list_price([_trial("gpt-4o"), _trial("gpt-4o", stand_in=True)]) == pytest.approx(25)
    assert list_price([_trial("gpt-4o"), _trial("our-own-model")]) is None
