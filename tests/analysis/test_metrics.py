"""Metrics over small runs written down by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from harness.analysis.metrics import Metric, metrics_of
from harness.analysis.outcome import run_verdict, scenario_results
from harness.analysis.routing_table import NO_HANDOFF
from harness.analysis.verdicts import METRICS, trial_verdicts
from harness.core.graph import AgentGraph, AgentNode, HandoffNode, ToolNode
from harness.core.results import (
    AlignedCall,
    Alignment,
    Blame,
    Fit,
    Mode,
    Run,
    RunInfo,
    Score,
    Traffic,
    Trial,
    TrialError,
    Verdict,
)
from harness.core.scenario import (
    EscalationExpectation,
    EscalationTarget,
    Expectation,
    ExpectedCall,
    Location,
    Quarantine,
    Scenario,
    ToolsExpectation,
    Turn,
)
from harness.core.trace import AgentRef, AgentRun, ErrorKind, Layer, ModelCall, ToolCall, Trace, TurnTrace, Usage

TRIAGE = AgentRef(name="Triage", layer=Layer.TRIAGE)
BILLING = AgentRef(name="Billing", layer=Layer.SPECIALIST)
GRAPH = AgentGraph(
    entry="Triage",
    agents=(
        AgentNode(ref=TRIAGE, handoffs=(HandoffNode(target="Billing", tool="transfer_to_billing"),)),
        AgentNode(ref=BILLING, tools=(ToolNode(name="refund"), ToolNode(name="lookup", helper="Lookup"))),
        AgentNode(ref=AgentRef(name="Technical", layer=Layer.SPECIALIST)),
        AgentNode(ref=AgentRef(name="Lookup", layer=Layer.HELPER)),
    ),
)
P, F, E, N = Verdict.PASSED, Verdict.FAILED, Verdict.ERRORED, Verdict.NOT_APPLICABLE


def routing(verdict: Verdict, actual: str = "Billing", expected: str = "Billing") -> Score:
    return Score(
        scorer="routing",
        verdict=verdict,
        reason="why",
        layer=Layer.TRIAGE,
        agent="Triage",
        expected=expected,
        actual=actual,
    )


def tools(verdict: Verdict, layer: Layer = Layer.SPECIALIST, value: float | None = None, **fields: Any) -> Score:
    agent = "Billing" if layer is Layer.SPECIALIST else "Lookup"
    return Score(scorer="tools", verdict=verdict, reason="why", layer=layer, agent=agent, value=value, **fields)


def escalation(outcome: str, expected: str) -> Score:
    return Score(
        scorer="escalation",
        verdict=P if outcome == "right" else F,
        reason="why",
        layer=Layer.SPECIALIST,
        agent="Billing",
        expected=expected,
        outcome=outcome,
    )


def trial(name: str, *scores: Score, verdict: Verdict | None = None, **fields: Any) -> Trial:
    found = {score.verdict for score in scores}
    worst = next((each for each in (F, E, P) if each in found), N)
    return Trial(scenario=name, verdict=verdict or worst, scores=scores, **fields)


def run_of(*trials: Trial, complete: bool = True, **scenarios: dict[str, Any]) -> Run:
    names = dict.fromkeys(each.scenario for each in trials)
    return Run(
        info=RunInfo(id="r", created_at="2026-11-24T08:00:00Z", system="app:system", mode=Mode.REPLAY),
        graph=GRAPH,
        scenarios=tuple(
            Scenario(
                id=name, location=Location(file="s.yaml"), conversation=(Turn(user="Hi"),), **scenarios.get(name, {})
            )
            for name in names
        ),
        trials=trials,
        complete=complete,
    )


def metric(run: Run, name: str) -> Metric:
    return metrics_of(run).layers[name]


def test_every_metric_is_there_even_when_nothing_spoke_to_it() -> None:
    layers = metrics_of(run_of()).layers
    assert tuple(layers) == tuple(METRICS)
    assert {each.n for each in layers.values()} == {0}
    assert {each.rate for each in layers.values()} == {None}


def test_a_layer_counts_trials_and_the_worst_of_several_scores_decides() -> None:
    run = run_of(trial("a", routing(P), routing(F)), trial("b", routing(P), routing(P)), trial("c", tools(P)))
    found = metric(run, "triage.routing")
    assert (found.passed, found.failed, found.n, found.rate) == (1, 1, 2, 0.5)


def test_passed_failed_errored_and_not_applicable_never_merge() -> None:
    run = run_of(trial("a", tools(P)), trial("b", tools(F)), trial("c", tools(E)), trial("d", routing(F), tools(N)))
    found = metric(run, "specialist.tools")
    assert (found.passed, found.failed, found.errored, found.not_applicable) == (1, 1, 1, 1)
    assert found.n == 2


def test_advice_counts_nowhere() -> None:
    run = run_of(trial("a", routing(P), replace(tools(F), advisory=True)))
    assert metric(run, "specialist.tools").n == 0


def test_helpers_and_specialists_are_told_apart() -> None:
    run = run_of(trial("a", tools(P), tools(F, Layer.HELPER)))
    assert metric(run, "specialist.tools").rate == 1.0
    assert metric(run, "helper.tools").rate == 0.0


def test_partial_credit_is_the_mean_of_the_scores() -> None:
    run = run_of(trial("a", tools(F, value=0.5)), trial("b", tools(P, value=1.0)))
    assert metric(run, "specialist.tools").value == 0.75


def test_a_rate_given_the_layer_above_leaves_out_what_never_had_a_chance() -> None:
    run = run_of(trial("a", routing(P), tools(P)), trial("b", routing(F), tools(F)), trial("c", routing(P), tools(F)))
    found = metric(run, "specialist.tools")
    assert found.n == 3
    assert found.given_above is not None
    assert (found.given_above.passed, found.given_above.n) == (1, 2)


def test_missed_and_needless_escalations_have_their_own_denominators() -> None:
    run = run_of(
        trial("a", escalation("missed", "human after lookup")),
        trial("b", escalation("right", "human")),
        trial("c", escalation("needless", "none")),
        trial("d", escalation("right", "none")),
        trial("e", escalation("right", "back_to_triage")),
    )
    missed, needless = metric(run, "escalation.missed"), metric(run, "escalation.needless")
    assert metric(run, "escalation").rate == 0.6
    assert (missed.hits, missed.n) == (1, 3)
    assert missed.rate == pytest.approx(1 / 3)
    assert (needless.hits, needless.n) == (1, 3)
    assert missed.lower_is_better


def test_end_to_end_counts_only_what_starts_at_the_entry() -> None:
    run = run_of(trial("whole", routing(P)), trial("part", tools(F)), part={"agent": "Billing"})
    assert (metric(run, "end_to_end").n, metric(run, "end_to_end").rate) == (1, 1.0)
    assert metric(run, "specialist.tools").failed == 1


def test_an_errored_trial_counts_as_errored_where_it_would_have_been_judged() -> None:
    expect = Expectation(
        specialist=("Billing",),
        tools=ToolsExpectation(calls=(ExpectedCall(tool="lookup", helper=ToolsExpectation(calls=())),)),
        escalation=EscalationExpectation(to=EscalationTarget.HUMAN),
    )
    error = TrialError(kind=ErrorKind.INFRASTRUCTURE, type="CassetteMissError", message="no such request")
    run = run_of(trial("a", verdict=E, error=error), a={"expect": expect})
    layers = metrics_of(run).layers
    assert {name for name, each in layers.items() if each.errored} == set(METRICS) - {"escalation.needless"}
    assert {each.n for each in layers.values()} == {0}


def test_quarantined_scenarios_are_kept_apart_until_the_day_has_passed() -> None:
    told = {"quarantine": Quarantine(until=date(2026, 11, 24), reason="known")}
    over = {"quarantine": Quarantine(until=date(2026, 11, 23), reason="known")}
    run = run_of(trial("a", routing(F)), trial("b", routing(F)), trial("c", routing(P)), a=told, b=over)
    found = metrics_of(run)
    assert (found.layers["triage.routing"].passed, found.layers["triage.routing"].failed) == (1, 1)
    assert found.quarantined["triage.routing"].failed == 1


def test_each_agent_has_its_own_rates() -> None:
    other = replace(routing(F), agent="Second")
    found = metrics_of(run_of(trial("a", routing(P)), trial("b", other))).agents["triage.routing"]
    assert {agent: each.rate for agent, each in found.items()} == {"Second": 0.0, "Triage": 1.0}


def test_the_confusion_table_counts_expected_against_actual() -> None:
    run = run_of(
        trial("a", routing(P)),
        trial("b", routing(F, "Technical")),
        trial("c", routing(F, "Triage")),
        trial("d", routing(F, "Billing", "Technical")),
    )
    table = metrics_of(run).routing
    assert table.rows == ("Billing", "Technical")
    assert table.columns == ("Billing", "Technical", NO_HANDOFF)
    assert [share.rate for share in table.recall] == [pytest.approx(1 / 3), 0.0]
    assert [(share.part, share.whole) for share in table.precision] == [(1, 2), (0, 1), (0, 1)]
    cell = table.cell("Billing", NO_HANDOFF)
    assert cell is not None
    assert cell.scenarios == ("c",)
    assert table.cell("Technical", "Technical") is None


def test_an_expectation_of_several_specialists_is_a_row_of_its_own() -> None:
    table = metrics_of(run_of(trial("a", routing(P, "Billing", "Billing or Technical")))).routing
    assert table.rows == ("Billing or Technical",)
    assert table.recall[0].rate == 1.0


def _called(*names: str) -> Trace:
    steps = tuple(ToolCall(id=name, owner=BILLING, tool=name, call_id=None, arguments="{}") for name in names)
    call = ModelCall(id="m", owner=BILLING, model="m")
    run = AgentRun(id="r", agent=TRIAGE, input="", steps=(call, *steps), usage=Usage(input_tokens=7, output_tokens=3))
    return Trace(turns=(TurnTrace(user="Hi", runs=(run,)),))


def test_tools_say_what_was_called_and_what_was_wrong() -> None:
    rows = (
        AlignedCall(fit=Fit.MISSING, tool="lookup"),
        AlignedCall(fit=Fit.MISMATCHED, tool="refund"),
        AlignedCall(fit=Fit.UNEXPECTED, tool="ghost"),
        AlignedCall(fit=Fit.UNEXPECTED, tool="refund", optional=True),
    )
    score = tools(F, alignment=Alignment(rows=rows, f1=0.3, passed=False))
    found = {each.tool: each for each in metrics_of(run_of(trial("a", score, trace=_called("refund", "ghost")))).tools}
    assert (found["refund"].called, found["refund"].faults[Fit.MISMATCHED], found["refund"].faults[Fit.UNEXPECTED]) == (
        1,
        1,
        0,
    )
    assert (found["lookup"].called, found["lookup"].faults[Fit.MISSING], found["lookup"].helper) == (0, 1, "Lookup")
    assert found["ghost"].owner == ""
    assert found["ghost"].scenarios[Fit.UNEXPECTED] == ("a",)


def test_failures_that_are_the_same_failure_are_one_group() -> None:
    blame = Blame(sentence="lookup was not called", layer=Layer.SPECIALIST, signature="same")
    other = Blame(sentence="else", signature="other")
    error = TrialError(kind=ErrorKind.INFRASTRUCTURE, type="CassetteMissError", message="no such request")
    run = run_of(
        trial("e", verdict=E, error=error),
        trial("o", routing(F), blame=other),
        trial("a", tools(F), blame=blame),
        trial("b", tools(F), blame=blame),
    )
    groups = metrics_of(run).failures
    assert [(each.signature, each.trials) for each in groups][:2] == [("same", 2), ("other", 1)]
    assert groups[2].verdict is E
    assert "CassetteMissError" in groups[2].sentence


def test_effort_adds_up_tokens_calls_and_money() -> None:
    run = run_of(
        trial("a", trace=_called("refund"), traffic=Traffic(replayed=2, recorded_cost_usd=0.5)),
        trial("b", trace=_called(), traffic=Traffic(live=1, cost_usd=0.25)),
    )
    found = metrics_of(run).effort
    assert (found.usage.total_tokens, found.model_calls, found.tool_calls) == (20, 2, 1)
    assert (found.replayed, found.live, found.cost_usd, found.recorded_cost_usd) == (2, 1, 0.25, 0.5)


def test_one_unknown_cost_makes_the_sum_unknown() -> None:
    run = run_of(trial("a", traffic=Traffic(cost_usd=None)), trial("b", traffic=Traffic(cost_usd=1.0)))
    assert metrics_of(run).effort.cost_usd is None


def test_repeated_trials_give_pass_at_k_and_pass_hat_k_and_name_the_flaky() -> None:
    trials = [trial("a", routing(P if place < 3 else F), index=place) for place in range(5)]
    found = metrics_of(run_of(*trials, trial("b", routing(P)), a={"trials": 5})).reliability
    assert found.flaky == ("a",)
    first, second = found.k(1), found.k(2)
    assert first is not None
    assert second is not None
    assert (first.n, second.n) == (2, 1)
    assert [first.any_of, second.any_of, second.all_of] == pytest.approx([0.8, 0.9, 0.3])


def test_repeats_answer_two_questions() -> None:
    trials = [trial(name, routing(P if place else F), index=place) for name in "abc" for place in range(3)]
    found = metric(run_of(*trials), "triage.routing")
    assert found.suite is not None
    assert found.suite.method == "stratified"
    assert metric(run_of(trial("a", routing(P))), "triage.routing").suite is None


@pytest.mark.parametrize(
    ("verdicts", "passes", "expected"),
    [
        ((P, P, P), None, P),
        ((P, P, F), None, F),
        ((P, P, F), 2, P),
        ((P, F, F), 2, F),
        ((P, P, E), None, E),
        ((F, F, E), 2, F),
        ((P, E, F), 2, E),
        ((N, N), None, N),
        ((P, N), None, E),
    ],
)
def test_a_scenario_passes_with_enough_trials_and_fails_with_too_many(
    verdicts: tuple[Verdict, ...], passes: int | None, expected: Verdict
) -> None:
    trials = [trial("a", verdict=verdict, index=place) for place, verdict in enumerate(verdicts)]
    [result] = scenario_results(run_of(*trials, a={"trials": len(verdicts), "passes": passes}))
    assert result.verdict is expected


def _verdict(run: Run) -> Verdict:
    return run_verdict(run, scenario_results(run))


def test_a_run_that_could_not_be_judged_never_looks_like_a_pass() -> None:
    assert _verdict(run_of()) is E
    assert _verdict(run_of(trial("a", verdict=N))) is E
    assert _verdict(run_of(trial("a", routing(P)), complete=False)) is E
    assert _verdict(run_of(trial("a", routing(F)), trial("b", verdict=E))) is E


def test_a_run_fails_by_what_decides_and_not_by_the_quarantined() -> None:
    told = {"quarantine": Quarantine(until=date(2026, 12, 31), reason="known")}
    assert _verdict(run_of(trial("a", routing(P)), trial("b", routing(F)))) is F
    assert _verdict(run_of(trial("a", routing(P)), trial("b", routing(F)), b=told)) is P


def test_variants_are_results_of_their_own() -> None:
    run = run_of(trial("a", routing(P), variant="terse"), trial("a", routing(F), variant="strict"))
    assert [(each.variant, each.verdict) for each in scenario_results(run)] == [("terse", P), ("strict", F)]


def test_one_trials_verdicts_are_by_metric() -> None:
    told = trial("a", routing(P), tools(F), escalation("right", "none"))
    assert trial_verdicts(told, run_of(told).scenarios[0], GRAPH) == {
        "end_to_end": F,
        "triage.routing": P,
        "specialist.tools": F,
        "escalation": P,
        "escalation.needless": P,
    }
