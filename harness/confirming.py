"""The second stage of the live gate: a variant and the agents as they are, tried again in the same minutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness import saved
from harness.analysis.agent_changes import agent_changes
from harness.analysis.decision import Decision, Weight
from harness.analysis.screening import CONFIRM_TRIALS
from harness.core.results import Mode
from harness.core.scenario import Scenario
from harness.fresh import folder_in
from harness.reported import folder_of
from harness.running import OnBegin, OnTrial, begin, run_trials, shown_of
from harness.work import Agents

if TYPE_CHECKING:
    from harness.analysis.spending import Spending
    from harness.config import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A finished run in its `folder`, its agents and scenarios as they ran, and what the gate says of it, if asked."""

    folder: Path
    agents: Agents
    scenarios: Sequence[Scenario]
    decision: Decision | None


async def confirm(settings: Settings, suspect: Suspect, told: tuple[OnTrial, OnBegin], spending: Spending) -> bool:
    """Run the fresh trials of both sides that the decision asks for into the run's folder; say whether any were run.

    None are where they would change nothing, and where the agents as they are today are not those that were blessed:
    then the other side stands in another checkout, and a person runs it there.
    """
    decision = suspect.decision
    if settings.mode is not Mode.LIVE or suspect.agents.variant is None or decision is None or not _open(decision):
        return False
    plain = _blessed_agents(settings)
    if plain is None:
        return False
    on_trial, on_begin = told
    own = _fresh_settings(settings, suspect.folder)
    scenarios = [each for each in suspect.scenarios if each.id in decision.confirm]
    sides = (plain, suspect.agents)
    started = [begin(own, each, scenarios) for each in sides]
    for each in await run_trials(own, sides, started, on_trial, lambda _, count: on_begin((), count), spending):
        folder = folder_of(own, each)
        saved.write_reports(saved.report_at(each, folder), folder)
    return True


def _fresh_settings(settings: Settings, folder: Path) -> Settings:
    """Another seed draws another chance: the same one would not be fresh. All trials count, also after failures."""
    seed = settings.seed and settings.seed + 1
    return replace(settings, out=folder_in(folder), trials=CONFIRM_TRIALS, max_failures=0, seed=seed)


def _open(decision: Decision) -> bool:
    """Whether fresh trials are all that is lacking: what is broken or could not be judged stays so."""
    return bool(decision.confirm) and not decision.of(Weight.BROKEN) and not decision.of(Weight.UNJUDGED)


def _blessed_agents(settings: Settings) -> Agents | None:
    """The agents as they are, if they are those of the baseline, or there is none."""
    from harness.system.variants import load_live

    plain = Agents(settings.system, load_live(settings.system, None, settings.root))
    shown = shown_of(settings, begin(settings, plain, ()))
    return None if agent_changes(shown.graph.agents, saved.blessed_agents(settings), {}) else plain
