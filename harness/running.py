"""One run as it is made: begun, each trial on disk before the next is told of, and finished."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core.results import Run, RunInfo, Trial, Verdict
from harness.reported import folder_of
from harness.work import Agents, working

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.analysis.spending import Spending
    from harness.config import Settings
    from harness.core.scenario import Scenario
    from harness.execution.journal import Journal
    from harness.execution.spec import TrialSpec

OnTrial = Callable[[Trial], None]

OnBegin = Callable[[Sequence[Path], int], None]
"""Told of the folders that runs are written to, and of how many trials there are.

A second time without folders, when the gate has both sides tried again.
"""


def begin(settings: Settings, agents: Agents, scenarios: Sequence[Scenario], whole: Sequence[Scenario] = ()) -> Run:
    """The run as it is before anything has run; of a shard, `whole` is all that was selected."""
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
            shard=settings.shard or None,
            suite=_suite(settings, whole) if settings.shard else None,
            settings={"trials": settings.trials, "clock": settings.clock},
        ),
        graph=agents.graph,
        scenarios=tuple(scenarios),
        trials=(),
        complete=False,
    )


def plan(
    settings: Settings, scenarios: Sequence[Scenario], variants: Sequence[str | None] = (None,)
) -> tuple[TrialSpec, ...]:
    """The trials to run; when only stale recordings are asked for, those that have one."""
    from harness.execution.planning import planned

    specs = planned(settings.path(settings.cassettes), scenarios, settings.trials, variants)
    return tuple(each for each in specs if each.cassette.exists()) if settings.stale else specs


async def run_trials(
    settings: Settings,
    sides: Sequence[Agents],
    started: Sequence[Run],
    on_trial: OnTrial,
    on_begin: OnBegin,
    spending: Spending,
) -> tuple[Run, ...]:
    """Run and judge every trial of every side."""
    from harness.execution.journal import Journal

    shown = [shown_of(settings, each) for each in started]
    with ExitStack() as stack:
        journals = {each.info.variant: stack.enter_context(Journal(folder_of(settings, each))) for each in started}
        for each in shown:
            journals[each.info.variant].begin(each.info, each.graph, each.scenarios)
        specs = plan(settings, started[0].scenarios, tuple(journals))
        on_begin([folder_of(settings, each) for each in started], len(specs))
        trials = await run_into(journals, settings, sides, specs, on_trial, spending)
    complete = len(trials) == len(specs)
    return tuple(finished(each, trials, complete=complete) for each in shown)


def _suite(settings: Settings, whole: Sequence[Scenario]) -> str:
    """The digest of what was selected as it may be written, so that merged shards can be held against it."""
    from harness.analysis.digest import suite_digest
    from harness.cassettes.hiding import hidden
    from harness.cassettes.redaction import patterns_of

    return suite_digest(hidden(tuple(whole), patterns_of(settings.redact)))


def shown_of(settings: Settings, run: Run) -> Run:
    """The run as it may be written: without secrets, and without what the user's patterns name."""
    from harness.cassettes.hiding import hidden
    from harness.cassettes.redaction import patterns_of

    return hidden(run, patterns_of(settings.redact))


async def run_into(
    journals: Mapping[str | None, Journal],
    settings: Settings,
    sides: Sequence[Agents],
    specs: Sequence[TrialSpec],
    on_trial: OnTrial,
    spending: Spending,
) -> tuple[Trial, ...]:
    """Run and judge these; each is on disk before the next is told of, and so is that none is missing."""
    from harness.execution.engine import run_all

    failures = 0

    def told(trial: Trial) -> bool:
        nonlocal failures
        journals[trial.variant].add(trial)
        on_trial(trial)
        failures += trial.verdict in (Verdict.FAILED, Verdict.ERRORED)
        return spending.add(trial) or 0 < settings.max_failures <= failures

    at_once = settings.concurrency if settings.processes == 1 else settings.processes
    async with working(settings, *sides) as work:
        trials = await run_all(specs, work, told, at_once)
    if len(trials) == len(specs):
        for journal in journals.values():
            journal.end()
    return trials


def finished(started: Run, trials: Sequence[Trial], *, complete: bool) -> Run:
    """The run with those of `trials` that are its own."""
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
