"""The program as a list of steps. Both faces, the command line and pytest, call these and nothing below.

    read -> load -> refuse -> choose -> plan -> run -> judge -> save -> report -> decide
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core.results import Mode, Run, RunInfo, Trial, Verdict
from harness.errors import ExitCode, NothingSelectedError, ProblemsError, Severity, UsageError

if TYPE_CHECKING:
    from harness.config import Settings
    from harness.core.graph import AgentGraph
    from harness.core.scenario import Scenario
    from harness.errors import Problem
    from harness.execution.trial import TrialSpec
    from harness.system.graph import LiveGraph

OnTrial = Callable[[Trial], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What was asked for: paths or ids, and filters; empty means everything."""

    what: tuple[str, ...] = ()
    keyword: str | None = None
    tags: tuple[str, ...] = ()
    layer: str | None = None
    last_failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A finished run, the folder it was written to, and what the process should exit with."""

    run: Run
    folder: Path
    code: ExitCode


@dataclass(frozen=True, slots=True)
class Agents:
    """The agents under test: how they were asked for, and their live graph."""

    reference: str
    live: LiveGraph

    @property
    def graph(self) -> AgentGraph:
        """The agents as plain data."""
        return self.live.data


async def run(settings: Settings, selection: Selection, on_trial: OnTrial = lambda trial: None) -> Outcome:
    """Run what was selected, judge it, save it and write its reports.

    `on_trial` is called with each judged trial as it finishes. Raises ProblemsError when the suite has errors,
    NothingSelectedError when nothing is left to run, and SystemLoadError when the agents cannot be loaded.
    """
    suite = read_scenarios(settings, selection)
    agents = load_agents(settings)
    refuse(problems_of(suite, agents.graph))
    chosen = choose(settings, suite, selection, agents.graph)
    specs = plan(settings, chosen)
    started = begin(settings, agents, chosen)
    finished = await run_trials(settings, agents, started, specs, on_trial)
    write_reports(settings, finished, started.folder)
    return Outcome(run=finished, folder=started.folder, code=exit_code(finished))


def read_scenarios(settings: Settings, selection: Selection = Selection()) -> tuple[Scenario, ...]:
    """Every scenario of the files asked for, or of the scenarios folder when ids were asked for."""
    from harness.suite.loading import load_suite

    paths = [Path(each) for each in selection.what if Path(each).exists()]
    return load_suite(paths or [settings.path(settings.scenarios)], root=settings.root)


def load_agents(settings: Settings) -> Agents:
    """Load the system and walk its graph."""
    from harness.system.graph import read_graph
    from harness.system.loading import load_system

    if not settings.system:
        raise UsageError(
            "no system is given: the agents under test",
            hint='give --system module:attribute, or set system = "module:attribute" in [tool.harness] of pyproject.toml',
        )
    return Agents(settings.system, read_graph(load_system(settings.system)))


def problems_of(scenarios: Sequence[Scenario], graph: AgentGraph) -> tuple[Problem, ...]:
    """What is wrong between the scenarios and the agents."""
    from harness.suite.check import check_suite

    return check_suite(scenarios, graph)


def refuse(problems: Sequence[Problem]) -> None:
    """Stop a suite with errors before anything runs."""
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if errors:
        raise ProblemsError(errors)
