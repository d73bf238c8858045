"""The bundled system, broken on purpose: the right layer turns red, the others do not, and the reason is readable."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from agents import Agent, Handoff, Tool

from agents_under_test import support
from harness import config, pipeline
from harness.analysis.metrics import metrics_of
from harness.core.results import Mode, Run, Verdict
from harness.execution.engine import run_all
from harness.running import begin, plan
from harness.standin.server import running
from harness.system.graph import read_graph
from harness.work import Agents, judging

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from harness.core.scenario import Scenario
    from harness.system.loading import System

ROOT = Path(__file__).parents[1]
LAYERS = ("triage.routing", "specialist.tools", "helper.tools", "escalation")


@dataclass(frozen=True)
class Judged:
    """A run of the suite, quarantined scenarios left out."""

    run: Run

    def red(self) -> set[str]:
        metrics = metrics_of(self.run)
        return {name for name in LAYERS if metrics.layers[name].failed}

    def reasons(self, scorer: str) -> list[str]:
        return [
            score.reason
            for trial in self.run.trials
            for score in trial.scores
            if score.scorer == scorer and score.verdict is Verdict.FAILED
        ]

    def blamed(self) -> set[tuple[str | None, str | None]]:
        return {(trial.blame.layer, trial.blame.agent) for trial in self.run.trials if trial.blame}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with running() as url:
        yield url


@cache
def _suite() -> tuple[Scenario, ...]:
    settings = config.resolve(start=ROOT)
    return tuple(each for each in pipeline.read_scenarios(settings) if each.quarantine is None)


def _judged(system: System, endpoint: str, wanted: Callable[[Scenario], bool]) -> Judged:
    settings = config.resolve({"mode": Mode.LIVE, "endpoint": endpoint}, start=ROOT)
    agents = Agents("broken", read_graph(system))
    scenarios = tuple(each for each in _suite() if wanted(each))
    return Judged(asyncio.run(_run(settings, agents, scenarios)))


async def _run(settings: config.Settings, agents: Agents, scenarios: Sequence[Scenario]) -> Run:
    started = begin(settings, agents, scenarios)
    with pipeline.environment(settings):
        trials = await run_all(plan(settings, scenarios), judging(settings, agents), lambda _: False, 8)
    return replace(started, trials=trials, complete=True)


def _agent(system: System, name: str) -> Agent[Any]:
    return read_graph(system).agent(name)


def _without_tool(agent: Agent[Any], name: str) -> None:
    kept: list[Tool] = [tool for tool in agent.tools if tool.name != name]
    assert len(kept) == len(agent.tools) - 1
    agent.tools = kept


def _after(scenario: Scenario) -> tuple[str, ...]:
    return scenario.expect.escalation.after if scenario.expect.escalation else ()


def _expects_tools(scenario: Scenario) -> bool:
    return scenario.expect.tools is not None


def test_as_it_is_no_layer_is_red(endpoint: str) -> None:
    assert _judged(support.build(), endpoint, lambda _: True).red() == set()


def test_swapped_handoff_descriptions_turn_triage_red(endpoint: str) -> None:
    system = support.build()
    billing, technical = _agent(system, "BillingSpecialist"), _agent(system, "TechnicalSpecialist")
    billing.handoff_description, technical.handoff_description = (
        technical.handoff_description,
        billing.handoff_description,
    )
    judged = _judged(system, endpoint, lambda each: each.agent is None and len(each.conversation) == 1)
    # Some are handed back by whoever should not have had them: an escalation that nobody expected, and triage's doing.
    assert "triage.routing" in judged.red()
    assert judged.red() <= {"triage.routing", "escalation"}
    assert any(
        "BillingSpecialist" in reason and "TechnicalSpecialist" in reason for reason in judged.reasons("routing")
    )
    assert judged.blamed() == {("triage", "Triage")}


def test_a_dropped_helper_tool_turns_the_specialist_red(endpoint: str) -> None:
    system = support.build()
    _without_tool(_agent(system, "BillingSpecialist"), "lookup_account")
    judged = _judged(
        system, endpoint, lambda each: _expects_tools(each) and "billing" in each.tags and not _after(each)
    )
    assert judged.red() == {"specialist.tools"}
    assert any("lookup_account" in reason for reason in judged.reasons("tools"))
    assert ("specialist", "BillingSpecialist") in judged.blamed()


def test_a_raised_refund_limit_turns_escalation_red(endpoint: str) -> None:
    judged = _judged(support.build(refund_limit=1_000_000.0), endpoint, lambda each: "limit" in each.id)
    assert judged.red() == {"escalation"}
    assert any("human" in reason for reason in judged.reasons("escalation"))
    assert judged.reasons("state")


def test_a_removed_escalation_handoff_turns_escalation_red(endpoint: str) -> None:
    system = support.build()
    for name in ("BillingSpecialist", "TechnicalSpecialist"):
        specialist = _agent(system, name)
        specialist.handoffs = [each for each in specialist.handoffs if not isinstance(each, Handoff)]
    # A specialist that cannot hand over goes on by itself, which `forbidden_tools` rightly holds against it.
    judged = _judged(
        system, endpoint, lambda each: each.expect.escalation is not None and not each.expect.forbidden_tools
    )
    assert judged.red() == {"escalation"}
    assert any("human" in reason for reason in judged.reasons("escalation"))


def test_a_helper_that_calls_the_wrong_tool_turns_the_helper_red(endpoint: str) -> None:
    system = support.build()
    helper = _agent(system, "AccountLookup")
    helper.instructions = "Whatever is asked: call `list_charges`."
    judged = _judged(system, endpoint, lambda each: _expects_tools(each) and each.agent in (None, "AccountLookup"))
    assert judged.red() == {"helper.tools"}
    assert any("list_charges" in reason or "fetch_account" in reason for reason in judged.reasons("tools"))
    assert ("helper", "AccountLookup") in judged.blamed()
