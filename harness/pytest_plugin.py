"""The pytest face: `pytest scenarios/` makes each scenario an item, with pytest's own selection and report."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.config import Settings
    from harness.core.results import Run
    from harness.core.scenario import Scenario
    from harness.work import Agents

_SUFFIXES = (".yaml", ".yml")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options beside those of [tool.harness], which hold here too."""
    group = parser.getgroup("harness", "scenarios of agents")
    group.addoption("--harness-system", metavar="MODULE:ATTR", help="the agents under test")
    group.addoption("--harness-mode", choices=["replay", "live"], help="where model answers come from")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Scenario files are those in the scenarios folder of the project."""
    if file_path.suffix not in _SUFFIXES:
        return None
    settings = _settings(parent.config, file_path)
    if settings.path(settings.scenarios).resolve() not in file_path.resolve().parents:
        return None
    return ScenarioFile.from_parent(parent, path=file_path)


def _settings(config: pytest.Config, file_path: Path) -> Settings:
    from harness.config import resolve

    given = {"system": config.getoption("--harness-system"), "mode": config.getoption("--harness-mode")}
    return resolve(given, start=file_path.parent.resolve())


_AGENTS = pytest.StashKey[dict[str, Any]]()


def _agents(config: pytest.Config, settings: Settings) -> Agents:
    """The agents, loaded once a process."""
    from harness import pipeline

    loaded = config.stash.setdefault(_AGENTS, {})
    if settings.system not in loaded:
        loaded[settings.system] = pipeline.load_agents(settings)
    agents: Agents = loaded[settings.system]
    return agents


class ScenarioFile(pytest.File):
    """A file of scenarios."""

    def collect(self) -> Iterator[pytest.Item]:
        """Each scenario; a file with errors fails as a whole, with all of them."""
        from harness.suite.loading import load_suite

        settings = _settings(self.config, self.path)
        for scenario in load_suite([self.path], root=settings.root):
            for tag in scenario.tags:
                self.config.addinivalue_line("markers", f"{tag}: scenarios tagged so")
            yield ScenarioItem.from_parent(self, name=scenario.id, scenario=scenario, settings=settings)

    def repr_failure(  # type: ignore[override]  # pytest.Collector itself takes no style
        self, excinfo: pytest.ExceptionInfo[BaseException]
    ) -> str | Any:
        """Our own errors without a traceback."""
        from harness.errors import HarnessError

        return str(excinfo.value) if isinstance(excinfo.value, HarnessError) else super().repr_failure(excinfo)


class ScenarioFailedError(Exception):
    """A scenario did not pass; `run` says why."""

    def __init__(self, run: Run) -> None:
        super().__init__(run.scenarios[0].id)
        self.run = run


class ScenarioItem(pytest.Item):
    """A scenario with all its trials."""

    def __init__(self, *, scenario: Scenario, settings: Settings, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scenario = scenario
        self.settings = settings
        for tag in scenario.tags:
            self.add_marker(tag)

    def runtest(self) -> None:
        """Check the scenario against the live agents, run and judge it."""
        from harness import pipeline
        from harness.analysis.outcome import scenario_results
        from harness.core.results import Verdict

        agents = _agents(self.config, self.settings)
        pipeline.refuse(pipeline.problems_of([self.scenario], agents.graph))
        run = asyncio.run(pipeline.run_scenario(self.settings, agents, self.scenario))
        [result] = scenario_results(run)
        if result.verdict in (Verdict.PASSED, Verdict.NOT_APPLICABLE):
            return
        if result.quarantined and self.scenario.quarantine is not None:
            pytest.xfail(f"quarantined: {self.scenario.quarantine.reason}")
        raise ScenarioFailedError(run)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str | Any:
        """What the scenario expected and what the agents did."""
        from harness.errors import HarnessError

        if isinstance(excinfo.value, ScenarioFailedError):
            return _explained(excinfo.value.run)
        if isinstance(excinfo.value, HarnessError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the scenario stands."""
        return self.path, self.scenario.location.line - 1, self.scenario.id


def _explained(run: Run) -> str:
    from harness.reporting.terminal import failure_text

    return failure_text(run)
