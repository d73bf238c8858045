"""The program as a list of steps. Both faces, the command line and pytest, call these and nothing below.

read -> load -> refuse -> choose -> plan -> run -> judge -> save -> report -> decide
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import saved
from harness.config import in_ci
from harness.core.results import Mode, Run, RunInfo, Trial, Verdict
from harness.errors import ExitCode, ProblemsError, Severity, UsageError
from harness.work import Agents, judging, refuse_without_key, working

if TYPE_CHECKING:
    from harness.analysis.spending import Spending
    from harness.config import Settings
    from harness.core.graph import AgentGraph
    from harness.core.scenario import Scenario
    from harness.core.variant import Variant
    from harness.errors import Problem
    from harness.execution.spec import TrialSpec
    from harness.reporting.view import Report  # noqa: TC004 - nothing evaluates these annotations

OnTrial = Callable[[Trial], None]
OnBegin = Callable[[Sequence[Path], int], None]
"""Told once of the folders that runs are written to, and of how many trials there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What was asked for: paths or ids, and filters; empty means everything."""

    what: tuple[str, ...] = ()
    keyword: str | None = None
    tags: tuple[str, ...] = ()
    layer: str | None = None
    last_failed: bool = False


EVERYTHING = Selection()

BASELINE = "baseline"
"""What the agents as they are go by where a variant can be named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A finished run, the folder it was written to, what is reported of it, and what the process should exit with.

    `stopped` says why it ended early, where that was for the money.
    """

    run: Run
    folder: Path
    report: Report
    code: ExitCode
    stopped: str = ""


async def run(settings: Settings, selection: Selection, on_trial: OnTrial = lambda _: None) -> Outcome:
    """Run what was selected, judge it, save it and write its reports.

    `on_trial` is called with each judged trial as it finishes. Raises ProblemsError when the suite has errors,
    NothingSelectedError when nothing is left to run, and SystemLoadError when the agents cannot be loaded.
    """
    (outcome,) = await run_variants(settings, selection, (BASELINE,), on_trial)
    return outcome


async def run_variants(
    settings: Settings,
    selection: Selection,
    names: Sequence[str],
    on_trial: OnTrial = lambda _: None,
    on_begin: OnBegin = lambda *_: None,
) -> tuple[Outcome, ...]:
    """The same with variants, side by side: one run each, their trials interleaved, so that all see the same weather.

    `BASELINE` among the names is the agents as they are, and what the others are held against. Raises UsageError for
    a name that has no file, and ProblemsError when a variant does not fit the agents.
    """
    from harness.analysis.spending import Spending

    saved.need_baseline(settings)
    spending = Spending(settings.max_cost)
    suite = read_scenarios(settings, selection)
    with environment(settings):
        sides = [load_agents(settings, each) for each in variants_named(settings, names)]
        refuse(problems_of(suite, sides[0].graph))
        chosen = choose(settings, suite, selection, sides[0].graph)
        refuse_without_key(settings, sides)
        started = [begin(settings, each, chosen) for each in sides]
        finished = await run_trials(settings, sides, started, on_trial, on_begin, spending)
        refuse_strays()
    plain = next((each for each in finished if each.info.variant is None), None)
    outcomes = [outcome_of(settings, each, None if each is plain else plain) for each in finished]
    return tuple(replace(each, stopped="" if each.run.complete else spending.stopped) for each in outcomes)


def outcome_of(settings: Settings, run: Run, beside: Run | None = None) -> Outcome:
    """Report the finished run, held against `beside` or the baseline, and say what the process should exit with."""
    folder = _folder(settings, run)
    held = saved.held(settings, run, beside)
    report = saved.report_at(run, folder, held)
    saved.write_reports(report, folder)
    return Outcome(run=run, folder=folder, report=report, code=saved.exit_code(run, held))


def _folder(settings: Settings, run: Run) -> Path:
    return settings.path(settings.out) / run.info.id


def variants_named(settings: Settings, names: Sequence[str]) -> tuple[Variant | None, ...]:
    """The variants of these names, each once; None for the agents as they are."""
    from harness.suite.variant_files import load_variants

    asked = tuple(dict.fromkeys(names))
    folder = settings.path(settings.variants)
    files = load_variants(folder, tuple(name for name in asked if name != BASELINE), settings.root)
    found = {each.name: each for each in files}
    return tuple(found.get(name) for name in asked)


def check(settings: Settings, selection: Selection) -> tuple[tuple[Problem, ...], int]:
    """Every problem of the suite, warnings included, and how many scenarios were looked at."""
    from harness.suite.check import check_suite
    from harness.suite.loading import read_suite

    reading = read_suite(_files(settings, selection), root=settings.root)
    with environment(settings):
        found = check_suite(reading.scenarios, load_agents(settings).graph, unread=reading.unread)
    return (*reading.problems, *found), len(reading.scenarios)


def listed(settings: Settings, selection: Selection) -> tuple[Scenario, ...]:
    """What would run; the agents are loaded only when a layer is asked for."""
    suite = read_scenarios(settings, selection)
    graph = load_agents(settings).graph if selection.layer else None
    return choose(settings, suite, selection, graph)


def schema(settings: Settings) -> dict[str, Any]:
    """The JSON schema of scenario files, with the agents' own names."""
    from harness.suite.schema import json_schema

    with environment(settings):
        return json_schema(load_agents(settings).graph)


def read_scenarios(settings: Settings, selection: Selection = EVERYTHING) -> tuple[Scenario, ...]:
    """Every scenario of the suite, and of files outside it that were asked for. Raises ProblemsError."""
    from harness.suite.loading import load_suite

    return load_suite(_files(settings, selection), root=settings.root)


def _files(settings: Settings, selection: Selection) -> list[Path]:
    """The whole scenarios folder, so that scenarios may name each other, and files from elsewhere."""
    folder = settings.path(settings.scenarios)
    asked = [Path(each.partition("::")[0]).absolute() for each in selection.what]
    outside = [each for each in asked if each.exists() and not each.is_relative_to(folder.absolute())]
    if outside and len(outside) == len(asked):
        return outside
    return [folder, *outside]


def environment(settings: Settings) -> ExitStack:
    """The process environment that agents are loaded and run in: in replay no key, and no way off the machine."""
    from harness.cassettes.detection import remember_environment
    from harness.execution.environment import prepared

    if settings.mode is Mode.RECORD and in_ci():
        raise UsageError("in CI nothing is recorded", hint="record where the key is, review, and commit the cassettes")
    remember_environment()
    stack = ExitStack()
    stack.enter_context(prepared(settings.mode, settings.endpoint))
    if settings.mode is Mode.REPLAY:
        from harness.cassettes.egress import guarded

        stack.enter_context(guarded())
    return stack


def load_agents(settings: Settings, variant: Variant | None = None) -> Agents:
    """Load the system, lay a variant over it, and walk its graph."""
    from harness.system.variants import load_live

    if not settings.system:
        raise UsageError(
            "no system is given: the agents under test",
            hint="give --system module:attribute, or set system in [tool.harness] of pyproject.toml",
        )
    return Agents(settings.system, load_live(settings.system, variant, settings.root), variant)


def problems_of(scenarios: Sequence[Scenario], graph: AgentGraph, others: Sequence[str] = ()) -> tuple[Problem, ...]:
    """What is wrong between the scenarios and the agents; `others` are ids that the scenarios may name."""
    from harness.suite.check import check_suite

    return check_suite(scenarios, graph, unread=others)


def refuse(problems: Sequence[Problem]) -> None:
    """Stop a suite with errors before anything runs."""
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if errors:
        raise ProblemsError(errors)


def choose(
    settings: Settings, scenarios: Sequence[Scenario], selection: Selection, graph: AgentGraph | None
) -> tuple[Scenario, ...]:
    """The scenarios that were asked for. Raises NothingSelectedError when none is left."""
    from harness.suite.selection import among, select

    chosen = select(
        scenarios,
        selection.what,
        keyword=selection.keyword,
        tags=selection.tags,
        layer=selection.layer,
        graph=graph,
        root=settings.root,
    )
    if not selection.last_failed:
        return chosen
    newest = saved.read_run(saved.newest_run(settings))
    failed = {trial.scenario for trial in newest.trials if trial.verdict in (Verdict.FAILED, Verdict.ERRORED)}
    return among(chosen, failed, f"among those that did not pass in {newest.info.id}")


def begin(settings: Settings, agents: Agents, scenarios: Sequence[Scenario]) -> Run:
    """The run as it is before anything has run."""
    from harness.execution.revision import revision_of, versions

    now = datetime.now(UTC)
    revision = revision_of(settings.root)
    return Run(
        info=RunInfo(
            id="-".join(filter(None, (now.strftime("%Y%m%d-%H%M%S-%f")[:-3], agents.name))),
            created_at=now.isoformat(timespec="seconds"),
            system=agents.reference,
            mode=settings.mode,
            variant=agents.name,
            commit=revision.commit,
            dirty=revision.dirty,
            endpoint=settings.endpoint,
            versions=versions(),
            seed=settings.seed,
        ),
        graph=agents.graph,
        scenarios=tuple(scenarios),
        trials=(),
        complete=False,
    )


async def run_trials(
    settings: Settings,
    sides: Sequence[Agents],
    started: Sequence[Run],
    on_trial: OnTrial,
    on_begin: OnBegin,
    spending: Spending,
) -> tuple[Run, ...]:
    """Run and judge every trial of every side; each is on disk before the next is told of."""
    from harness.execution.engine import run_all
    from harness.execution.journal import Journal

    shown = [shown_of(settings, each) for each in started]
    failures = 0
    with ExitStack() as stack:
        journals = {each.info.variant: stack.enter_context(Journal(_folder(settings, each))) for each in started}
        for each in shown:
            journals[each.info.variant].begin(each.info, each.graph, each.scenarios)

        def told(trial: Trial) -> bool:
            nonlocal failures
            journals[trial.variant].add(trial)
            on_trial(trial)
            failures += trial.verdict in (Verdict.FAILED, Verdict.ERRORED)
            return spending.add(trial) or 0 < settings.max_failures <= failures

        specs = plan(settings, started[0].scenarios, tuple(journals))
        on_begin([_folder(settings, each) for each in started], len(specs))
        at_once = settings.concurrency if settings.processes == 1 else settings.processes
        async with working(settings, *sides) as work:
            trials = await run_all(specs, work, told, at_once)
        complete = len(trials) == len(specs)
        if complete:
            for journal in journals.values():
                journal.end()
    return tuple(_finished(each, trials, complete=complete) for each in shown)


def shown_of(settings: Settings, run: Run) -> Run:
    """The run as it may be written: without secrets, and without what the user's patterns name."""
    from harness.cassettes.hiding import hidden
    from harness.cassettes.redaction import patterns_of

    return hidden(run, patterns_of(settings.redact))


def _finished(started: Run, trials: Sequence[Trial], *, complete: bool) -> Run:
    own = tuple(trial for trial in trials if trial.variant == started.info.variant)
    return replace(started, info=_informed(started.info, own), trials=own, complete=complete)


def _informed(info: RunInfo, trials: Sequence[Trial]) -> RunInfo:
    """What only the trials tell: whether a stand-in answered, and where the recordings come from."""
    uses = [trial.cassette for trial in trials if trial.cassette is not None]
    endpoints = [use.endpoint for use in uses if use.endpoint]
    return replace(
        info,
        stand_in=info.stand_in or any(trial.stand_in for trial in trials),
        endpoint=info.endpoint or (endpoints[0] if endpoints else None),
    )


def refuse_strays() -> None:
    """Raise EgressBlockedError when something outside the trials, a thread say, tried to leave the machine."""
    from harness.cassettes.egress import strays

    for stray in strays():
        raise stray


async def run_scenario(settings: Settings, agents: Agents, scenario: Scenario) -> Run:
    """One scenario with all its trials, as pytest runs it: judged, and not saved."""
    from harness.execution.engine import run_all

    started = begin(settings, agents, (scenario,))
    with environment(settings):
        trials = await run_all(
            plan(settings, (scenario,), (agents.name,)), judging(settings, agents), lambda _: False, 1
        )
        refuse_strays()
    return replace(shown_of(settings, started), trials=trials, complete=True)


def plan(
    settings: Settings, scenarios: Sequence[Scenario], variants: Sequence[str | None] = (None,)
) -> tuple[TrialSpec, ...]:
    """The trials to run; when only stale recordings are asked for, those that have one."""
    from harness.execution.planning import planned

    specs = planned(settings.path(settings.cassettes), scenarios, settings.trials, variants)
    return tuple(each for each in specs if each.cassette.exists()) if settings.stale else specs
