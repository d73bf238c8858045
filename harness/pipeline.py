"""The program as a list of steps. Both faces, the command line and pytest, call these and nothing below.

read -> load -> refuse -> choose -> plan -> run -> judge -> save -> report -> decide
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import saved
from harness.config import in_ci
from harness.core.results import Mode, Run, Verdict
from harness.errors import ProblemsError, Severity, UsageError
from harness.reported import Outcome, folder_of, outcome_of
from harness.resuming import as_before, refuse_changes
from harness.running import OnBegin, OnTrial, begin, plan, run_into, run_trials, shown_of
from harness.work import Agents, judging, refuse_without_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.config import Settings
    from harness.core.graph import AgentGraph
    from harness.core.scenario import Scenario
    from harness.core.variant import Variant
    from harness.errors import Problem


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

    Where the gate is to decide and live trials of a variant look worse than history, both sides are tried again.
    """
    from harness.analysis.spending import Spending
    from harness.confirming import Suspect, confirm
    from harness.suite.check import foreign

    saved.need_baseline(settings)
    spending = Spending(settings.max_cost)
    suite = read_scenarios(settings, selection)
    with environment(settings):
        sides = [load_agents(settings, each) for each in variants_named(settings, names)]
        refuse((*foreign(suite, settings.system), *problems_of(suite, sides[0].graph)))
        whole = selected(settings, suite, selection, sides[0].graph)
        chosen = part_of(settings, whole)
        refuse_without_key(settings, sides)
        started = [begin(settings, each, chosen, whole) for each in sides]
        ended = await run_trials(settings, sides, started, on_trial, on_begin, spending)
        refuse_strays()
        plain = next((each for each in ended if each.info.variant is None), None)
        outcomes = [outcome_of(settings, each, None if each is plain else plain) for each in ended]
        for number, (found, agents) in enumerate(zip(outcomes, sides, strict=True)):
            suspect = Suspect(folder=found.folder, agents=agents, scenarios=chosen, decision=found.decision)
            if await confirm(settings, suspect, (on_trial, on_begin), spending):
                outcomes[number] = outcome_of(settings, found.run, plain)
    return tuple(replace(each, stopped="" if each.run.complete else spending.stopped) for each in outcomes)


async def resume(
    settings: Settings, path: Path, on_trial: OnTrial = lambda _: None, on_begin: OnBegin = lambda *_: None
) -> tuple[Outcome, ...]:
    """Go on with a saved run that ended early: run what it lacks, trials that could not be judged included.

    System, mode, variant and number of trials are the saved run's. Raises RunFileError when there is no such run, and
    UsageError when agents or scenarios are not those it began with.
    """
    from harness.analysis.spending import Spending
    from harness.confirming import Suspect, confirm
    from harness.execution.journal import Journal, done

    spending = Spending(settings.max_cost)
    before = saved.read_run(path)
    settings = as_before(settings, before.info, path)
    suite = read_scenarios(settings)
    with environment(settings):
        (variant,) = variants_named(settings, (before.info.variant or BASELINE,))
        agents = load_agents(settings, variant)
        refuse(problems_of(suite, agents.graph))
        # What is hidden in the saved run is hidden in its scenarios and agents too; what runs is not.
        today = shown_of(settings, begin(settings, agents, suite))
        refuse_changes(before, today.scenarios, today.graph)
        refuse_without_key(settings, [agents])
        kept = done(before)
        whole = {each.id: each for each in suite}
        chosen = [whole[each.id] for each in before.scenarios]
        missing = [each for each in plan(settings, chosen, (agents.name,)) if each.key not in kept]
        with Journal(folder_of(settings, before), resume=True) as journal:
            on_begin([folder_of(settings, before)], len(missing))
            await run_into({agents.name: journal}, settings, (agents,), missing, on_trial, spending)
        refuse_strays()
        outcome = outcome_of(settings, saved.read_run(folder_of(settings, before)))
        suspect = Suspect(folder=outcome.folder, agents=agents, scenarios=chosen, decision=outcome.decision)
        if await confirm(settings, suspect, (on_trial, on_begin), spending):
            outcome = outcome_of(settings, outcome.run)
    return (replace(outcome, stopped="" if outcome.run.complete else spending.stopped),)


def variants_named(settings: Settings, names: Sequence[str]) -> tuple[Variant | None, ...]:
    """The variants of these names, each once; None for the agents as they are."""
    from harness.suite.variant_files import load_variants

    asked = tuple(dict.fromkeys(names))
    folder = settings.path(settings.variants)
    files = load_variants(folder, tuple(name for name in asked if name != BASELINE), settings.root)
    found = {each.name: each for each in files}
    return tuple(found.get(name) for name in asked)


def check(settings: Settings, selection: Selection) -> tuple[tuple[Problem, ...], int]:
    """Every problem of the suite, warnings included, and how many scenarios were looked at.

    Of files that were asked for only their own are told. Raises NothingSelectedError for one that there is not.
    """
    from harness.suite.check import check_suite, foreign
    from harness.suite.loading import read_suite
    from harness.suite.selection import places

    reading = read_suite(_files(settings, selection), root=settings.root)
    asked = places(reading.scenarios, selection.what, settings.root)
    with environment(settings):
        found = check_suite(reading.scenarios, load_agents(settings).graph, unread=reading.unread)
    found = (*foreign(reading.scenarios, settings.system), *found)
    told = (each for each in (*reading.problems, *found) if each.where is None or asked(each.where.file))
    return tuple(told), sum(asked(each.location.file) for each in reading.scenarios)


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
    """The process environment that agents are loaded and run in: in replay no key, and no way off the machine.

    Raises UsageError in CI for what is no replay.
    """
    from harness.cassettes.detection import remember_environment
    from harness.execution.environment import prepared

    _refuse_in_ci(settings.mode)
    remember_environment()
    stack = ExitStack()
    stack.enter_context(prepared(settings.mode, settings.endpoint))
    if settings.mode is Mode.REPLAY:
        from harness.cassettes.egress import guarded

        stack.enter_context(guarded())
    return stack


def _refuse_in_ci(mode: Mode) -> None:
    if mode is Mode.REPLAY or not in_ci():
        return
    what = "nothing is recorded" if mode is Mode.RECORD else "nothing runs live"
    hint = (
        "record where the key is, review, and commit the cassettes; a job that is meant to ask a model sets CI= (empty)"
    )
    raise UsageError(f"in CI {what}: CI is set, so recordings are replayed", hint=hint)


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
    """The scenarios that are to run here. Raises NothingSelectedError when none is left."""
    from harness.suite.selection import among

    whole = selected(settings, scenarios, selection, graph)
    here = {each.id for each in part_of(settings, whole)}
    return among(whole, here, f"in shard {settings.shard}")


def selected(
    settings: Settings, scenarios: Sequence[Scenario], selection: Selection, graph: AgentGraph | None
) -> tuple[Scenario, ...]:
    """The scenarios that were asked for, on all machines. Raises NothingSelectedError when none is left."""
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


def part_of(settings: Settings, whole: Sequence[Scenario]) -> tuple[Scenario, ...]:
    """What of `whole` is this machine's; of a small suite a shard may have none, and is a shard all the same."""
    if not settings.shard:
        return tuple(whole)
    from harness.execution.planning import in_shard

    index, count = map(int, settings.shard.split("/"))
    return tuple(each for each in whole if in_shard(each.id, index, count))


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
