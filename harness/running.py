"""One run as it is made: begun, each trial on disk before the next is told of, and finished."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from harness.core.results import Run, RunInfo, Trial, Verdict
from harness.work import Agents, working

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from harness.analysis.spending import Spending
    from harness.config import Settings
    from harness.core.scenario import Scenario
    from harness.execution.journal import Journal
    from harness.execution.spec import TrialSpec

OnTrial = Callable[[Trial], None]


def folder_of(settings: Settings, run: Run) -> Path:
    """Where the run is written to."""
    return settings.path(settings.out) / run.info.id


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
            shard=settings.shard or None,
            settings={"trials": settings.trials, "clock": settings.clock},
        ),
        graph=agents.graph,
        scenarios=tuple(scenarios),
        trials=(),
        complete=False,
    )


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
