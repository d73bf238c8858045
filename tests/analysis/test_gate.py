from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from harness.analysis.decision import Decision, Ruling, Weight
from harness.analysis.gate import decide
from harness.analysis.live_gate import Fresh
from harness.analysis.policy import read_policy
from harness.analysis.summary import summary_of
from harness.analysis.verdicts import METRICS
from harness.core.results import Mode, Traffic
from harness.core.scenario import Quarantine
from harness.core.trace import Layer
from harness.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.core.results import Run

    MakeRun = Callable[..., Run]

NOW = datetime(2026, 1, 2, tzinfo=UTC)
GOOD = {"a": "+", "b": "+", "c": "+"}
FIFTY = {f"s{number:02}": "+++" for number in range(50)}
LIVE: dict[str, Any] = {"mode": Mode.LIVE}


def judged(run: Run, baseline: Run | None = None, *, fresh: Fresh | None = None, **table: Any) -> Decision:
    against = None if baseline is None else summary_of(baseline)
    return decide(run, read_policy(table, METRICS), against, now=NOW, fresh=fresh)


def messages(decision: Decision, weight: Weight) -> str:
    return " | ".join(each.message for each in decision.of(weight))


def history(make_run: MakeRun, marks: dict[str, str] | None = None) -> Run:
    return make_run(marks or dict.fromkeys(FIFTY, "+" * 30), **LIVE)


def confirming(make_run: MakeRun, mine: dict[str, str], other: dict[str, str]) -> Fresh:
    return Fresh(
        candidate=summary_of(make_run(mine, id="mine", **LIVE)),
        baseline=summary_of(make_run(other, id="other", **LIVE)),
    )


def test_a_replay_equal_to_its_baseline_passes(make_run: MakeRun) -> None:
    decision = judged(make_run(GOOD, seed=7), make_run(GOOD))
    assert (decision.verdict, decision.code, decision.reasons) == (Ruling.PASS, ExitCode.FINE, ())


def test_a_replayed_regression_names_scenario_layer_and_agent(make_run: MakeRun) -> None:
    decision = judged(make_run({**GOOD, "b": "-"}), make_run(GOOD))
    (reason,) = decision.of(Weight.BROKEN)
    assert (decision.verdict, decision.code) == (Ruling.FAIL, ExitCode.WORSE)
    assert (reason.scenarios, reason.layer, reason.agent) == (("b",), Layer.TRIAGE, "Triage")
    assert "expected Billing, went to Technical" in decision.sentence


def test_a_failure_that_was_blessed_does_not_block(make_run: MakeRun) -> None:
    assert judged(make_run({**GOOD, "b": "-"}), make_run({**GOOD, "b": "-"})).verdict is Ruling.PASS


def test_a_fixed_scenario_is_shown_and_does_not_block(make_run: MakeRun) -> None:
    decision = judged(make_run(GOOD), make_run({**GOOD, "b": "-"}))
    assert decision.verdict is Ruling.PASS
    assert "b passes now" in messages(decision, Weight.NOTE)


@pytest.mark.parametrize(("paths", "verdict"), [(True, Ruling.FAIL), (False, Ruling.PASS)])
def test_another_path_blocks_where_the_policy_holds_paths(make_run: MakeRun, *, paths: bool, verdict: Ruling) -> None:
    decision = judged(make_run({**GOOD, "b": "~"}), make_run(GOOD), paths=paths)
    assert decision.verdict is verdict
    assert any("another path" in each.message for each in decision.reasons)


def test_without_policy_and_baseline_every_scenario_must_pass(make_run: MakeRun) -> None:
    assert judged(make_run(GOOD)).verdict is Ruling.PASS
    decision = judged(make_run({**GOOD, "c": "-"}))
    assert decision.verdict is Ruling.FAIL
    assert decision.reasons[0].agent == "Triage"


def test_a_changed_scenario_has_no_baseline(make_run: MakeRun) -> None:
    changed = make_run({**GOOD, "b": "-"}, scenario={"b": {"system": "other"}})
    assert judged(changed, make_run(GOOD)).verdict is Ruling.FAIL
    floors = {"triage.routing": {"floor": 0.5}}
    decision = judged(changed, make_run(GOOD), metrics=floors)
    assert decision.verdict is Ruling.PASS
    assert "only floors" in messages(decision, Weight.NOTE)


def test_a_metric_nobody_measured_fails(make_run: MakeRun) -> None:
    decision = judged(make_run(GOOD), metrics={"helper.tools": {"floor": 0.5}})
    assert (decision.verdict, decision.code) == (Ruling.FAIL, ExitCode.WORSE)
    assert "not measured" in decision.sentence


def test_a_scenario_of_the_baseline_that_did_not_run_fails(make_run: MakeRun) -> None:
    decision = judged(make_run({"a": "+", "b": "+"}), make_run(GOOD))
    assert (decision.verdict, decision.code) == (Ruling.FAIL, ExitCode.WORSE)
    assert decision.reasons[0].scenarios == ("c",)


@pytest.mark.parametrize("marks", [{"a": "+"}, {"a": "+", "c": "-"}, {"a": "+", "c": "!"}])
def test_a_scenario_that_must_pass_and_did_not_is_never_a_pass(make_run: MakeRun, marks: dict[str, str]) -> None:
    decision = judged(make_run(marks), must_pass=["c"])
    assert decision.verdict is not Ruling.PASS
    assert any(each.rule == "must_pass" and each.scenarios == ("c",) for each in decision.reasons)


def test_an_unknown_metric_is_a_usage_error(make_run: MakeRun) -> None:
    with pytest.raises(UsageError, match="unknown metric") as caught:
        judged(make_run(GOOD), metrics={"triage.route": {"floor": 0.5}})
    assert caught.value.exit_code is ExitCode.USAGE


def test_an_empty_selection_proves_nothing(make_run: MakeRun) -> None:
    decision = judged(make_run({}))
    assert (decision.verdict, decision.code) == (Ruling.INCONCLUSIVE, ExitCode.NOTHING_SELECTED)


def test_stale_recordings_cannot_be_judged(make_run: MakeRun) -> None:
    decision = judged(make_run({**GOOD, "b": "s"}), make_run(GOOD))
    assert (decision.verdict, decision.code) == (Ruling.INCONCLUSIVE, ExitCode.COULD_NOT_JUDGE)
    assert "stale" in decision.sentence


def test_what_could_not_be_judged_comes_before_what_is_broken(make_run: MakeRun) -> None:
    decision = judged(make_run({"a": "s", "b": "-", "c": "+"}), make_run(GOOD))
    assert decision.code is ExitCode.COULD_NOT_JUDGE
    assert decision.of(Weight.BROKEN)


def test_three_percent_lost_trials_are_too_many_and_two_are_not(make_run: MakeRun) -> None:
    marks = dict(list(FIFTY.items())[:33])
    past = history(make_run, dict.fromkeys(marks, "+" * 30))
    many = judged(make_run({**marks, "s00": "!!!"}, **LIVE), past)
    assert (many.verdict, many.code) == (Ruling.INCONCLUSIVE, ExitCode.COULD_NOT_JUDGE)
    assert "3 of 99 trials (3.0%)" in many.sentence
    few = judged(make_run({**marks, "s00": "+!+"}, **LIVE), past)
    assert few.verdict is Ruling.PASS
    assert "count as neither" in messages(few, Weight.NOTE)


def test_an_old_baseline_cannot_judge(make_run: MakeRun) -> None:
    old = make_run(GOOD, created_at=(NOW - timedelta(days=31)).isoformat())
    decision = judged(make_run(GOOD), old)
    assert (decision.verdict, decision.code) == (Ruling.INCONCLUSIVE, ExitCode.COULD_NOT_JUDGE)
    assert "31 days old" in decision.sentence
    assert judged(make_run(GOOD), old, max_age_days=40).verdict is Ruling.PASS


@pytest.mark.parametrize(
    ("marks", "given", "said"),
    [
        ({"x": "+", "y": "+"}, {}, "another suite"),
        (GOOD, {"system": "bank:system"}, "of system 'bank:system'"),
        (GOOD, {"mode": Mode.LIVE}, "live runs"),
        (GOOD, {"created_at": "yesterday"}, "cannot be read"),
    ],
)
def test_a_baseline_of_something_else_cannot_judge(
    make_run: MakeRun, marks: dict[str, str], given: dict[str, Any], said: str
) -> None:
    decision = judged(make_run(GOOD), make_run(marks, **given), inconclusive="pass")
    assert (decision.verdict, decision.code) == (Ruling.INCONCLUSIVE, ExitCode.COULD_NOT_JUDGE)
    assert said in decision.sentence


@pytest.mark.parametrize("given", [{"complete": False}, {"shard": "1/2"}])
def test_a_partial_run_cannot_be_judged(make_run: MakeRun, given: dict[str, Any]) -> None:
    assert judged(make_run(GOOD, **given)).code is ExitCode.COULD_NOT_JUDGE


def test_a_recording_of_what_was_missing_is_neither_live_nor_a_replay(make_run: MakeRun) -> None:
    run = make_run(GOOD, mode=Mode.RECORD)
    reused = replace(run, trials=tuple(replace(each, traffic=Traffic(replayed=2, live=1)) for each in run.trials))
    assert judged(run).verdict is Ruling.PASS
    assert judged(reused).code is ExitCode.COULD_NOT_JUDGE


def test_a_drop_cannot_be_limited_without_a_baseline(make_run: MakeRun) -> None:
    decision = judged(make_run(GOOD), metrics={"triage.routing": {"max_drop": 0.0}})
    assert decision.verdict is Ruling.INCONCLUSIVE


def test_quarantine_holds_until_its_day(make_run: MakeRun) -> None:
    held = {"b": {"quarantine": Quarantine(until=date(2026, 1, 1), reason="flaky")}}
    marks = {**GOOD, "b": "-"}
    on_the_day = judged(make_run(marks, scenario=held), make_run(GOOD, scenario=held))
    assert on_the_day.verdict is Ruling.PASS
    assert "quarantined scenarios decide nothing: b" in on_the_day.blind_spots[0]
    after = make_run(marks, scenario=held, created_at="2026-01-02T00:00:00+00:00")
    past = make_run(GOOD, scenario=held, created_at="2026-01-02T00:00:00+00:00")
    assert judged(after, past).verdict is Ruling.FAIL


def test_a_stale_recording_in_quarantine_does_not_stop_the_gate(make_run: MakeRun) -> None:
    held = {"b": {"quarantine": Quarantine(until=date(2027, 1, 1), reason="flaky")}}
    assert judged(make_run({**GOOD, "b": "s"}, scenario=held), make_run(GOOD, scenario=held)).verdict is Ruling.PASS


def test_a_suite_in_quarantine_decides_nothing(make_run: MakeRun) -> None:
    held = {"a": {"quarantine": Quarantine(until=date(2027, 1, 1), reason="flaky")}}
    assert judged(make_run({"a": "+"}, scenario=held)).code is ExitCode.COULD_NOT_JUDGE


@pytest.mark.parametrize(
    ("tier", "verdict"), [("critical", Ruling.FAIL), ("supporting", Ruling.PASS), ("advisory", Ruling.PASS)]
)
def test_the_tier_says_how_much_a_broken_floor_weighs(make_run: MakeRun, tier: str, verdict: Ruling) -> None:
    decision = judged(make_run({**GOOD, "c": "-"}), metrics={"triage.routing": {"tier": tier, "floor": 0.9}})
    assert decision.verdict is verdict
    assert decision.limits == {"triage.routing": 0.9}
    assert "66.7% (2/3), below its floor of 90.0%" in decision.reasons[0].message


def test_two_supporting_metrics_that_break_block(make_run: MakeRun) -> None:
    supporting = {"tier": "supporting", "floor": 0.9}
    run = make_run({**GOOD, "c": "-"})
    decision = judged(run, metrics={"triage.routing": supporting, "end_to_end": supporting})
    assert decision.verdict is Ruling.FAIL


@pytest.mark.parametrize(("allowed", "exceeded"), [(0.4, False), (0.3, True)])
def test_a_replayed_drop_is_held_against_what_is_allowed(make_run: MakeRun, allowed: float, *, exceeded: bool) -> None:
    decision = judged(make_run({**GOOD, "c": "-"}), make_run(GOOD), metrics={"triage.routing": {"max_drop": allowed}})
    assert ("fell by 33.3 points" in messages(decision, Weight.BROKEN)) is exceeded


def test_a_metric_that_lost_one_scenario_and_won_another_did_not_drop(make_run: MakeRun) -> None:
    table = {"triage.routing": {"max_drop": 0.0}}
    decision = judged(make_run({"a": "-", "b": "+"}), make_run({"a": "+", "b": "-"}), metrics=table)
    assert [each.rule for each in decision.of(Weight.BROKEN)] == ["baseline"]


def test_a_live_run_like_its_history_passes_and_says_what_it_could_not_see(make_run: MakeRun) -> None:
    past = dict.fromkeys(FIFTY, "+" * 27 + "---")
    decision = judged(make_run({**FIFTY, "s01": "++-", "s02": "-++"}, **LIVE, seed=3), history(make_run, past))
    assert decision.verdict is Ruling.PASS
    assert "50 scenarios x 3 trials against 30 pooled: a drop under" in decision.blind_spots[-1]


def test_too_few_trials_to_see_a_single_scenario_break_say_so(make_run: MakeRun) -> None:
    marks = dict.fromkeys(FIFTY, "+")
    assert (
        judged(make_run(marks, **LIVE), make_run(dict.fromkeys(FIFTY, "+++"), **LIVE))
        .blind_spots[-1]
        .endswith("nor could a single scenario that broke")
    )


def test_a_live_scenario_that_broke_asks_for_fresh_trials_of_that_scenario(make_run: MakeRun) -> None:
    decision = judged(make_run({**FIFTY, "s07": "---"}, **LIVE), history(make_run))
    assert (decision.verdict, decision.code) == (Ruling.INCONCLUSIVE, ExitCode.COULD_NOT_JUDGE)
    assert decision.confirm == ("s07",)


def test_fresh_trials_confirm_a_broken_scenario(make_run: MakeRun) -> None:
    fresh = confirming(make_run, {"s07": "-----"}, {"s07": "+++++"})
    decision = judged(make_run({**FIFTY, "s07": "---"}, **LIVE), history(make_run), fresh=fresh)
    (reason,) = decision.of(Weight.BROKEN)
    assert decision.verdict is Ruling.FAIL
    assert (reason.layer, reason.agent, reason.scenarios) == (Layer.TRIAGE, "Triage", ("s07",))
    assert "0/5 of fresh trials passed, 5/5" in reason.message


def test_fresh_trials_clear_bad_luck(make_run: MakeRun) -> None:
    fresh = confirming(make_run, {"s07": "+++++"}, {"s07": "+++++"})
    decision = judged(make_run({**FIFTY, "s07": "---"}, **LIVE), history(make_run), fresh=fresh)
    assert (decision.verdict, decision.confirm) == (Ruling.PASS, ())
    assert "did not confirm" in messages(decision, Weight.NOTE)


@pytest.mark.parametrize("mine", [{"s07": "++"}, {"s08": "+++++"}])
def test_too_few_fresh_trials_clear_nothing(make_run: MakeRun, mine: dict[str, str]) -> None:
    fresh = confirming(make_run, mine, {"s07": "+++++"})
    decision = judged(make_run({**FIFTY, "s07": "---"}, **LIVE), history(make_run), fresh=fresh)
    assert (decision.verdict, decision.confirm) == (Ruling.INCONCLUSIVE, ("s07",))


@pytest.mark.parametrize(
    ("mine", "other", "why"),
    [
        ({"mode": Mode.REPLAY}, {}, "are replays"),
        ({"id": "screened"}, {}, "judged before"),
        ({}, {"id": "mine"}, "both sides"),
        ({"instructions": "Be kind."}, {}, "candidate's side ran agents that are defined otherwise: Triage"),
        ({}, {"instructions": "Be kind."}, "baseline's side ran agents"),
    ],
)
def test_fresh_trials_of_something_else_clear_nothing(
    make_run: MakeRun, mine: dict[str, Any], other: dict[str, Any], why: str
) -> None:
    good = {"s07": "+++++"}
    fresh = Fresh(
        candidate=summary_of(make_run(good, **{"id": "mine", **LIVE, **mine})),
        baseline=summary_of(make_run(good, **{"id": "other", **LIVE, **other})),
    )
    decision = judged(
        make_run({**FIFTY, "s07": "---"}, id="screened", **LIVE), history(make_run), fresh=fresh, inconclusive="pass"
    )
    assert (decision.verdict, decision.confirm) == (Ruling.INCONCLUSIVE, ("s07",))
    assert why in messages(decision, Weight.UNJUDGED)


def test_a_drop_over_the_suite_is_confirmed_over_the_suite(make_run: MakeRun) -> None:
    worse = dict.fromkeys(FIFTY, "++-")
    alarmed = judged(make_run(worse, **LIVE), history(make_run))
    assert set(alarmed.confirm) == set(FIFTY)
    fresh = confirming(make_run, dict.fromkeys(FIFTY, "+++--"), dict.fromkeys(FIFTY, "+++++"))
    decision = judged(make_run(worse, **LIVE), history(make_run), fresh=fresh)
    assert decision.verdict is Ruling.FAIL
    assert "40.0 points worse" in messages(decision, Weight.BROKEN)


@pytest.mark.parametrize(
    ("inconclusive", "verdict", "code"),
    [("pass", Ruling.PASS, ExitCode.FINE), ("fail", Ruling.FAIL, ExitCode.WORSE)],
)
def test_the_policy_says_what_an_open_question_means(
    make_run: MakeRun, inconclusive: str, verdict: Ruling, code: ExitCode
) -> None:
    run = make_run({**FIFTY, "s07": "---"}, **LIVE)
    decision = judged(run, history(make_run), inconclusive=inconclusive)
    assert (decision.verdict, decision.code) == (verdict, code)


def test_no_policy_makes_a_pass_of_what_could_not_be_judged(make_run: MakeRun) -> None:
    decision = judged(make_run({**GOOD, "b": "s"}), make_run(GOOD), inconclusive="pass")
    assert decision.verdict is Ruling.INCONCLUSIVE


def test_a_live_rate_within_chance_of_its_floor_is_undecided(make_run: MakeRun) -> None:
    run = make_run({**FIFTY, "s07": "---", "s08": "---"}, **LIVE)
    near = judged(run, metrics={"triage.routing": {"floor": 0.97}})
    far = judged(make_run(dict.fromkeys(FIFTY, "+--"), **LIVE), metrics={"triage.routing": {"floor": 0.97}})
    assert near.of(Weight.UNDECIDED)
    assert far.of(Weight.BROKEN)


def test_a_run_that_mixes_variants_is_refused(make_run: MakeRun) -> None:
    one, two = make_run(GOOD), make_run(GOOD, variant="terse")
    mixed = replace(one, trials=(*one.trials, *two.trials))
    with pytest.raises(UsageError, match="baseline, terse"):
        judged(mixed)
