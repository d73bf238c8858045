from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.core.trace import Layer
from harness.errors import ExitCode, NothingSelectedError, UsageError
from harness.suite.loading import load_suite
from harness.suite.selection import among, layer_of, select

if TYPE_CHECKING:
    from harness.core.graph import AgentGraph
    from harness.core.scenario import Scenario

_BILLING = """
defaults: {tags: billing}
scenarios:
  - {id: duplicate-charge, user: a, tags: refund}
  - {id: proration, user: a}
  - {id: lookup-alone, agent: AccountLookup, user: a}
"""
_TECHNICAL = """
defaults: {tags: technical}
scenarios:
  - {id: crash, user: a}
  - {id: outage, agent: TechnicalSpecialist, user: a}
  - {id: forced, agent: TechnicalSpecialist, layer: helper, user: a}
"""


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Scenario, ...]:
    for name, text in (("billing/refunds.yaml", _BILLING), ("technical.yaml", _TECHNICAL)):
        path = tmp_path / "scenarios" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    return load_suite([tmp_path / "scenarios"], root=tmp_path)


def _ids(scenarios: tuple[Scenario, ...]) -> list[str]:
    return [each.id for each in scenarios]


_ALL_BILLING = ["duplicate-charge", "proration", "lookup-alone"]
_ALL_TECHNICAL = ["crash", "outage", "forced"]


@pytest.mark.parametrize(
    ("what", "chosen"),
    [
        ([], [*_ALL_BILLING, *_ALL_TECHNICAL]),
        (["crash"], ["crash"]),
        (["outage", "proration"], ["proration", "outage"]),
        (["scenarios"], [*_ALL_BILLING, *_ALL_TECHNICAL]),
        (["./scenarios/billing/"], _ALL_BILLING),
        ([Path("scenarios/technical.yaml")], _ALL_TECHNICAL),
        (["scenarios/technical.yaml::crash"], ["crash"]),
        (["scenarios::proration"], ["proration"]),
        (["crash", "crash", "scenarios/technical.yaml"], _ALL_TECHNICAL),
    ],
)
def test_places_and_ids(what: list[str], chosen: list[str], suite: tuple[Scenario, ...]) -> None:
    assert _ids(select(suite, what)) == chosen


def test_files_are_looked_for_from_the_current_folder(
    suite: tuple[Scenario, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path / "scenarios")
    assert _ids(select(suite, ["technical.yaml"], root=tmp_path)) == _ALL_TECHNICAL
    assert _ids(select(suite, [str(tmp_path / "scenarios" / "billing")], root=tmp_path)) == _ALL_BILLING


@pytest.mark.parametrize(
    ("filters", "chosen"),
    [
        ({"keyword": "refund or crash"}, ["duplicate-charge", "crash"]),
        ({"keyword": "billing and not proration"}, ["duplicate-charge", "lookup-alone"]),
        ({"tags": ["technical"]}, _ALL_TECHNICAL),
        ({"tags": ["technical", "refund"]}, ["duplicate-charge", *_ALL_TECHNICAL]),
        ({"layer": "triage"}, ["duplicate-charge", "proration", "crash"]),
        ({"layer": Layer.SPECIALIST}, ["outage"]),
        ({"layer": Layer.HELPER}, ["lookup-alone", "forced"]),
        ({"tags": ["billing"], "layer": "helper", "keyword": "lookup"}, ["lookup-alone"]),
    ],
)
def test_filters(filters: Any, chosen: list[str], suite: tuple[Scenario, ...], graph: AgentGraph) -> None:
    assert _ids(select(suite, graph=graph, **filters)) == chosen


@pytest.mark.parametrize(
    ("asked", "message", "hint"),
    [
        ({"what": ["crsh"]}, "no scenario, file or folder is 'crsh'", "did you mean 'crash'?"),
        ({"what": ["crash", "nowhere/x.yaml"]}, "no scenario, file or folder is 'nowhere/x.yaml'", ""),
        ({"what": ["scenarios/technical.yaml::proration"]}, "is 'scenarios/technical.yaml::proration'", ""),
        ({"tags": ["bling"]}, "no scenario has the tag 'bling'", "did you mean 'billing'?"),
        ({"keyword": "outtage"}, "none of 6 scenarios fits -k 'outtage'", "did you mean 'outage'?"),
        ({"keyword": "crash", "tags": ["billing"]}, "none of 6 scenarios fits -k 'crash' --tag billing", ""),
        ({"what": ["crash"], "layer": "helper"}, "none of 1 scenarios fits --layer helper", ""),
    ],
)
def test_nothing_selected_is_said_with_what_was_asked(
    asked: Any, message: str, hint: str, suite: tuple[Scenario, ...], graph: AgentGraph
) -> None:
    with pytest.raises(NothingSelectedError) as raised:
        select(suite, graph=graph, **asked)
    assert message in raised.value.what
    assert hint in raised.value.hint
    assert raised.value.exit_code is ExitCode.NOTHING_SELECTED


def test_an_empty_suite_selects_nothing() -> None:
    with pytest.raises(NothingSelectedError, match="there are no scenarios"):
        select(())


def test_scenarios_by_id(suite: tuple[Scenario, ...]) -> None:
    assert _ids(among(suite, {"crash", "gone"}, "what failed last")) == ["crash"]
    with pytest.raises(NothingSelectedError, match="none of 6 scenarios is what failed last"):
        among(suite, {"gone"}, "what failed last")


def test_the_layer_of_a_scenario_needs_the_graph_only_where_an_agent_is_named(
    suite: tuple[Scenario, ...], graph: AgentGraph
) -> None:
    by_id = {each.id: each for each in suite}
    assert layer_of(by_id["crash"], None) is Layer.TRIAGE
    assert layer_of(by_id["forced"], None) is Layer.HELPER
    with pytest.raises(UsageError, match="'outage' cannot be told without the agents"):
        layer_of(by_id["outage"], None)
    assert layer_of(by_id["outage"], graph) is Layer.SPECIALIST
