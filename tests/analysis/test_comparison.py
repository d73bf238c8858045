from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from harness.analysis.comparison import Change, compare
from harness.analysis.sides import of_variant, variants_of
from harness.analysis.summary import summary_of
from harness.analysis.tally import OVERALL
from harness.core.results import Mode
from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.analysis.comparison import Comparison
    from harness.analysis.layer_changes import LayerChange
    from harness.core.results import Run

    MakeRun = Callable[..., Run]

LIVE: dict[str, Any] = {"mode": Mode.LIVE}


def compared(after: Run, before: Run) -> Comparison:
    return compare(summary_of(after, "after"), summary_of(before, "before"))


def layer(comparison: Comparison, metric: str = OVERALL) -> LayerChange:
    return next(each for each in comparison.layers if each.metric == metric)


def test_every_kind_of_change_is_told_apart(make_run: MakeRun) -> None:
    before = make_run({"same": "+", "worse": "+", "better": "-", "path": "+", "asked": "+", "lost": "+", "gone": "+"})
    after = make_run(
        {"same": "+", "worse": "-", "better": "+", "path": "~", "asked": "+", "lost": "!", "new": "+"},
        scenario={"asked": {"system": "other"}},
    )
    kinds = {each.scenario: each.kind for each in compared(after, before).scenarios}
    assert kinds == {
        "same": Change.SAME,
        "worse": Change.REGRESSED,
        "better": Change.FIXED,
        "path": Change.OTHER_PATH,
        "asked": Change.CHANGED_EXPECTATION,
        "lost": Change.UNJUDGED,
        "new": Change.NEW,
        "gone": Change.REMOVED,
    }


def test_a_regression_says_why_and_who(make_run: MakeRun) -> None:
    (change,) = compared(make_run({"a": "-"}), make_run({"a": "+"})).regressed
    assert (change.layer, change.agent) == ("triage", "Triage")
    assert change.why == "expected Billing, went to Technical"


def test_single_trials_are_paired_by_scenario(make_run: MakeRun) -> None:
    marks = {f"s{number:02}": "+" for number in range(20)}
    worse = {**marks, **{f"s{number:02}": "-" for number in range(6)}}
    change = layer(compared(make_run(worse), make_run(marks)))
    assert change.test == "McNemar, paired by scenario"
    assert change.p == pytest.approx(2 / 2**6)
    assert change.change == pytest.approx(-0.3)
    assert change.interval is not None
    assert change.interval.low < -0.3 < change.interval.high < 0


def test_repeated_trials_are_stratified_by_scenario(make_run: MakeRun) -> None:
    before = make_run({f"s{number}": "+++++" for number in range(20)}, **LIVE)
    after = make_run({f"s{number}": "+++--" for number in range(20)}, **LIVE)
    change = layer(compared(after, before))
    assert change.test == "Mantel-Haenszel, stratified by scenario"
    assert change.significant
    assert change.worse


def test_where_some_scenarios_have_one_trial_only_the_interval_is_over_the_scenarios(make_run: MakeRun) -> None:
    marks = {"a": "+++", **{f"s{number}": "+" for number in range(9)}}
    change = layer(compared(make_run({**marks, "a": "++-", "s1": "-"}), make_run(marks)))
    assert change.interval is not None
    assert change.interval.method == "paired t"


def test_nothing_different_bounds_what_can_hide(make_run: MakeRun) -> None:
    run = make_run({f"s{number}": "+" for number in range(50)})
    change = layer(compared(run, run))
    assert (change.change, change.p, change.adjusted_p) == (0, None, None)
    assert change.interval is not None
    assert change.interval.high == pytest.approx(0.071, abs=0.001)


def test_p_values_are_adjusted_over_the_metrics(make_run: MakeRun) -> None:
    marks = {f"s{number:02}": "+" for number in range(20)}
    found = compared(make_run({**marks, "s00": "-", "s01": "-"}), make_run(marks)).layers
    assert all(each.p is not None and each.adjusted_p is not None and each.adjusted_p >= each.p for each in found)


def test_quarantined_and_changed_scenarios_move_no_layer(make_run: MakeRun) -> None:
    after = make_run({"a": "+", "b": "-"}, scenario={"b": {"system": "other"}})
    assert layer(compared(after, make_run({"a": "+", "b": "+"}))).scenarios == 1


def test_the_agents_that_differ_stand_beside_what_they_moved(make_run: MakeRun) -> None:
    before = make_run({"a": "+", "b": "+"})
    after = make_run({"a": "-", "b": "+"}, instructions="Send everybody away.")
    (agent,) = compared(after, before).agents
    assert (agent.agent, agent.parts, agent.scenarios) == ("Triage", ("instructions",), ("a",))
    assert "-Route the customer." in agent.diff
    assert "+Send everybody away." in agent.diff


def test_a_swapped_handoff_description_is_found_where_it_was_changed(make_run: MakeRun) -> None:
    before, after = make_run({"a": "+"}), make_run({"a": "-"})
    triage, billing, technical = after.graph.agents
    swapped = (triage, billing, replace(technical, handoff_description="for refunds"))
    (agent,) = compared(replace(after, graph=replace(after.graph, agents=swapped)), before).agents
    assert (agent.agent, agent.parts) == ("Technical", ("handoff description",))
    assert agent.scenarios == ("a",)


def test_an_agent_that_is_gone_is_named(make_run: MakeRun) -> None:
    before, after = make_run({"a": "+"}), make_run({"a": "+"})
    fewer = replace(after, graph=replace(after.graph, agents=after.graph.agents[:-1]))
    assert compared(fewer, before).agents[0].parts == ("removed",)


def test_tokens_and_latency_are_compared_where_both_are_known(make_run: MakeRun) -> None:
    replayed = {each.name: each for each in compared(make_run({"a": "~"}), make_run({"a": "+"})).effort}
    assert (replayed["tokens"].before, replayed["tokens"].after) == (110, 310)
    assert "seconds" not in replayed
    live = compared(make_run({"a": "+"}, **LIVE), make_run({"a": "+"}, **LIVE)).effort
    assert "seconds" in [each.name for each in live]


def test_what_was_not_judged_is_not_called_unchanged(make_run: MakeRun) -> None:
    before = make_run({"a": "+", "b": "+", "c": "+"})
    asked = {"c": {"system": "other"}}
    some = compared(make_run({"a": "+", "b": "!", "c": "+"}, scenario=asked, instructions="New."), before).sentence
    assert some.startswith("No verdict changed on 1 scenario; 1 could not be judged; 1 changed expectation")
    assert "no difference" not in some
    lost = make_run({"a": "!", "b": "!", "c": "!"})
    assert compared(lost, before).sentence == "3 could not be judged: nothing can be compared."
    assert compared(lost, lost).sentence == "3 could not be judged: nothing can be compared."


def test_one_sentence_says_what_to_do(make_run: MakeRun) -> None:
    before = make_run({"a": "+", "b": "+"})
    worse = compared(make_run({"a": "-", "b": "+"}, instructions="New."), before).sentence
    assert worse.startswith("1 regressed and 0 fixed of 2 scenarios")
    assert "Triage: instructions changed" in worse
    assert "look at 'a' first (most blamed: Triage, triage)" in worse
    assert compared(before, before).sentence == "No verdict changed on 2 scenarios."


def test_two_suites_without_a_scenario_in_common_cannot_be_compared(make_run: MakeRun) -> None:
    found = compared(make_run({"a": "+"}), make_run({"b": "+"}))
    assert "nothing can be compared" in found.sentence
    assert found.layers == ()


def test_variants_of_one_run_are_its_sides(make_run: MakeRun) -> None:
    plain, terse = make_run({"a": "+"}), make_run({"a": "-"}, variant="terse")
    both = replace(plain, trials=(*plain.trials, *terse.trials))
    assert variants_of(both) == ("baseline", "terse")
    found = compare(summary_of(of_variant(both, "terse")), summary_of(of_variant(both, "baseline")))
    assert [each.scenario for each in found.regressed] == ["a"]
    with pytest.raises(UsageError, match="did you mean 'terse'"):
        of_variant(both, "ters")
