from __future__ import annotations

from dataclasses import replace
from typing import Any

from harness.core.results import Verdict
from harness.reporting.beside import besides
from harness.reporting.view import report_of


def _changed(run: Any, agent: str, instructions: str) -> Any:
    nodes = tuple(
        replace(each, instructions=instructions) if each.ref.name == agent else each for each in run.graph.agents
    )
    return replace(run, graph=replace(run.graph, agents=nodes))


def _as(told: Any, name: str) -> Any:
    return replace(told[0], id=name), replace(told[1], scenario=name)


def test_without_another_run_there_is_no_other_side(samples: Any) -> None:
    assert besides(report_of(samples.mixed())) == {}


def test_both_ways_are_aligned_and_the_other_verdict_is_told(samples: Any) -> None:
    mine = samples.run_of(_as(samples.kinds["wrong_tools"](), "refund"), samples.kinds["misrouted"]())
    other = samples.run_of(_as(samples.kinds["passing"](), "refund"), id="before")
    [(name, found)] = besides(report_of(mine, other=other)).items()
    assert (name, found.label, found.verdict, found.sentence) == ("refund", "before", Verdict.PASSED, "")
    assert not found.alike
    assert [(line.mark, line.before.strip(), line.after.strip()) for line in found.lines][:3] == [
        ("=", "Triage", "Triage"),
        ("=", "> BillingSpecialist", "> BillingSpecialist"),
        ("x", 'lookup_account(input="Look up C-1042")', 'lookup_account(input="Look up C-2001")'),
    ]
    assert "AccountLookup" in {line.before.strip() for line in found.lines}


def test_the_same_way_twice_is_alike(samples: Any) -> None:
    run = samples.run_of(samples.kinds["passing"]())
    found = besides(report_of(run, other=run))["duplicate-charge"]
    assert found.alike
    assert found.agents == ()


def test_changed_agents_are_told_where_they_took_part(samples: Any) -> None:
    told = (samples.kinds["passing"](), samples.kinds["searching"]())
    before = _changed(samples.run_of(*told), "BillingSpecialist", "Be kind.\nRefund.")
    after = _changed(samples.run_of(*told), "BillingSpecialist", "Be kind.\nRefund at once.")
    found = besides(report_of(after, other=before))
    [agent] = found["duplicate-charge"].agents
    assert (agent.agent, agent.parts) == ("BillingSpecialist", ("instructions",))
    assert "+Refund at once." in agent.diff
    assert "BillingSpecialist" not in {each.agent for each in found["export-how-to"].agents}


def test_a_scenario_of_one_trial_is_held_against_the_same_trial(samples: Any) -> None:
    flaky = samples.repeated(samples.kinds["passing"](), samples.kinds["wrong_tools"](), "+-", passes=1)
    found = besides(report_of(samples.run_of(*flaky), other=samples.run_of(*flaky)))["duplicate-charge"]
    assert found.alike
