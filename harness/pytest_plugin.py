"""The pytest face: `pytest scenarios/` makes each scenario an item, with pytest's own selection and report."""

from __future__ import annotations

import asyncio
import zlib
from dataclasses import replace
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from pathlib import Path

    from harness.config import Settings
    from harness.core.results import Run, Trial
    from harness.core.scenario import Location, Scenario
    from harness.suite.loading import Reading
    from harness.work import Agents

_SUFFIXES = (".yaml", ".yml")
_PYTEST_MARKS = frozenset({"skip", "skipif", "xfail", "parametrize", "usefixtures", "filterwarnings"})


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options beside those of [tool.harness], which hold here too."""
    group = parser.getgroup("harness", "scenarios of agents")
    group.addoption("--harness-system", metavar="MODULE:ATTR", help="the agents under test")
    group.addoption("--harness-mode", choices=["replay", "live"], help="where model answers come from")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Scenario files are those in the scenarios folder of the project."""
    if file_path.suffix not in _SUFFIXES:
        return None
    from harness.errors import UsageError

    try:
        settings = _settings(parent.config, file_path)
    except UsageError:
        return ScenarioFile.from_parent(parent, path=file_path)  # which says so where errors are read
    if settings.path(settings.scenarios).resolve() not in file_path.resolve().parents:
        return None
    return ScenarioFile.from_parent(parent, path=file_path)


def pytest_configure(config: pytest.Config) -> None:
    """Gather what the scenarios of this session did, here or in the processes of pytest-xdist."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Layers(), "harness-layers")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let the run travel with the report, as text: under pytest-xdist it comes from another process."""
    report = yield
    if isinstance(item, ScenarioItem) and call.when == "call" and item.ran is not None:
        from harness import saved

        report.__dict__[_RUN] = saved.as_json(item.ran)
        item.ran = None
    return report


_RUN = "harness_run"
"""The attribute of a report that holds its run."""


class _Layers:
    """The layers over all scenarios of a session, below pytest's own summary."""

    def __init__(self) -> None:
        self._runs: list[bytes] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the run of a scenario, packed: of thousands each takes much room, and pytest keeps all its reports."""
        text = report.__dict__.pop(_RUN, None)
        if text:
            self._runs.append(zlib.compress(text.encode()))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show the table of layers and the verdict; nothing where no scenario ran."""
        if not self._runs:
            return
        from harness.reporting.terminal import layers_text

        whole = _by_system(self._runs)
        for run in whole:
            which = f" of {run.info.system}" if len(whole) > 1 else ""
            terminalreporter.write_sep("=", f"agents{which}, layer by layer")
            terminalreporter.write_line(layers_text(run))


def _by_system(packed: Iterable[bytes]) -> list[Run]:
    """One run a system, of all its scenarios: layers are those of one graph."""
    from pydantic import TypeAdapter

    from harness.core.results import Run

    adapter = TypeAdapter(Run)
    found: dict[str, tuple[Run, list[Scenario], list[Trial]]] = {}
    for each in packed:
        run = adapter.validate_json(zlib.decompress(each))
        _, scenarios, trials = found.setdefault(run.info.system, (run, [], []))
        scenarios += run.scenarios
        trials += run.trials
    return [replace(run, scenarios=tuple(scenarios), trials=tuple(trials)) for run, scenarios, trials in found.values()]


def _settings(config: pytest.Config, file_path: Path) -> Settings:
    from harness.config import resolve

    given = {"system": config.getoption("--harness-system"), "mode": config.getoption("--harness-mode")}
    return resolve(given, start=file_path.parent.resolve(), otherwise=config.rootpath)


_AGENTS: pytest.StashKey[dict[tuple[Path, str], Agents]] = pytest.StashKey()
_SUITES: pytest.StashKey[dict[Path, Reading]] = pytest.StashKey()
_LOOP: pytest.StashKey[asyncio.Runner] = pytest.StashKey()


def _agents(config: pytest.Config, settings: Settings) -> Agents:
    """The agents, loaded once a process."""
    from harness import pipeline

    loaded = config.stash.setdefault(_AGENTS, {})
    key = (settings.root, settings.system)
    if key not in loaded:
        with pipeline.environment(settings):
            loaded[key] = pipeline.load_agents(settings)
    return loaded[key]


def _suite(config: pytest.Config, settings: Settings) -> Reading:
    """The whole suite, read once a process: scenarios may name each other across files."""
    from harness.suite.loading import read_suite

    suites = config.stash.setdefault(_SUITES, {})
    folder = settings.path(settings.scenarios)
    if folder not in suites:
        suites[folder] = read_suite([folder], root=settings.root)
    return suites[folder]


def _loop(config: pytest.Config) -> asyncio.Runner:
    """One event loop for all scenarios: a client that the application made once cannot live in two."""
    return config.stash.setdefault(_LOOP, asyncio.Runner())


def pytest_unconfigure(config: pytest.Config) -> None:
    """Close the event loop, where there is one."""
    if _LOOP in config.stash:
        config.stash[_LOOP].close()


class ScenarioFile(pytest.File):
    """A file of scenarios."""

    def collect(self) -> Iterator[pytest.Item]:
        """Each scenario; a file with errors fails as a whole, with all of them."""
        from harness.errors import ProblemsError

        settings = _settings(self.config, self.path)
        suite = _suite(self.config, settings)
        problems = [each for each in suite.problems if each.where is None or self._holds(each.where, settings)]
        if problems:
            raise ProblemsError(problems)
        own = [each for each in suite.scenarios if self._holds(each.location, settings)]
        for tag in sorted({tag for scenario in own for tag in scenario.tags if _can_mark(tag)}):
            self.config.addinivalue_line("markers", f"{tag}: scenarios tagged so")
        for scenario in own:
            own_settings = replace(settings, system=scenario.system or settings.system)
            yield ScenarioItem.from_parent(self, name=scenario.id, scenario=scenario, settings=own_settings)

    def _holds(self, where: Location, settings: Settings) -> bool:
        return (settings.root / where.file).resolve() == self.path.resolve()

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


def _can_mark(tag: str) -> bool:
    """Not the names of marks that do something of their own, `skip` say: a tag selects, and nothing else."""
    return not tag.startswith("_") and tag not in _PYTEST_MARKS


class ScenarioItem(pytest.Item):
    """A scenario with all its trials."""

    def __init__(self, *, scenario: Scenario, settings: Settings, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scenario = scenario
        self.settings = settings
        self.ran: Run | None = None
        for tag in scenario.tags:
            if _can_mark(tag):
                self.add_marker(tag)
            else:
                self.extra_keyword_matches.add(tag)

    def runtest(self) -> None:
        """Check the scenario against the live agents, run and judge it."""
        from harness import pipeline
        from harness.analysis.outcome import scenario_results
        from harness.core.results import Verdict

        agents = _agents(self.config, self.settings)
        suite = _suite(self.config, self.settings)
        pipeline.refuse(pipeline.problems_of([self.scenario], agents.graph, [each.id for each in suite.scenarios]))
        self.ran = run = _loop(self.config).run(pipeline.run_scenario(self.settings, agents, self.scenario))
        [result] = scenario_results(run)
        if result.verdict in (Verdict.PASSED, Verdict.NOT_APPLICABLE):
            return
        if result.quarantined and self.scenario.quarantine is not None:
            pytest.xfail(f"quarantined: {self.scenario.quarantine.reason}")
        raise ScenarioFailedError(run)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str | Any:
        """What the scenario expected and what the agents did."""
        from harness.cassettes.detection import without_secrets
        from harness.errors import HarnessError

        if isinstance(excinfo.value, ScenarioFailedError):
            return _explained(excinfo.value.run)
        if isinstance(excinfo.value, HarnessError):
            return without_secrets(str(excinfo.value))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the scenario stands."""
        return self.path, self.scenario.location.line - 1, self.scenario.id


def _explained(run: Run) -> str:
    """The sentence first: of a failure's text pytest's own summary shows the first line."""
    from harness.core.results import Verdict
    from harness.reporting.terminal import failure_text

    _, _, text = failure_text(run).partition("\n")
    unjudged = all(trial.verdict is Verdict.ERRORED for trial in run.trials)
    return f"{'could not judge: ' if unjudged else ''}{dedent(text)}"
