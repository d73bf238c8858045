"""Going on with a saved run: what it began with holds again, and what changed since is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.analysis.agent_changes import agent_changes
from harness.analysis.digest import scenario_digest
from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.config import Settings
    from harness.core.graph import AgentGraph
    from harness.core.results import Run, RunInfo
    from harness.core.scenario import Scenario

_ANEW = "run everything anew, or resume from the code and scenarios it began with"


def as_before(settings: Settings, info: RunInfo, place: Path) -> Settings:
    """The settings of the saved run at `place`, its folder or file. Raises UsageError when the folder was renamed."""
    folder = (place if place.is_dir() else place.parent).absolute()
    if folder.name != info.id:
        raise UsageError(f"the run {info.id!r} stands in {str(folder)!r}", hint="give its folder the run's name again")
    trials = info.settings.get("trials")
    return replace(
        settings,
        system=info.system,
        mode=info.mode,
        seed=info.seed or 0,
        clock=str(info.settings.get("clock", "")),
        endpoint=settings.endpoint or info.endpoint,
        trials=trials if isinstance(trials, int) else settings.trials,
        out=folder.parent,
    )


def refuse_changes(before: Run, scenarios: Sequence[Scenario], graph: AgentGraph) -> None:
    """One run is of one state of agents and scenarios. Raises UsageError, naming what changed since it began."""
    now = {each.id: scenario_digest(each) for each in scenarios}
    changed = [each.id for each in before.scenarios if now.get(each.id) != scenario_digest(each)]
    if changed:
        raise UsageError(f"changed since the run began: {', '.join(changed)}", hint=_ANEW)
    agents = [each.agent for each in agent_changes(graph.agents, before.graph.agents, {})]
    if agents:
        raise UsageError(f"changed since the run began: {', '.join(agents)}", hint=_ANEW)
