"""Many trials: so many at a time in one process. One interface whatever runs below."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.core.results import Trial
    from harness.execution.trial import TrialSpec

Work = Callable[["TrialSpec"], Awaitable["Trial"]]
OnTrial = Callable[["Trial"], bool]
"""Told of each trial as it ends; True asks the engine to start no more."""


async def run_all(specs: Sequence[TrialSpec], work: Work, on_trial: OnTrial, at_once: int) -> tuple[Trial, ...]:
    """The trials of `specs` in their order, `at_once` of them running at any time.

    When `on_trial` asks to stop, those that run are finished and the others left out. Being cancelled cancels what
    runs; what had ended was told.
    """
    waiting = iter(list(enumerate(specs)))
    finished: dict[int, Trial] = {}
    stopped = False

    async def serve() -> None:
        nonlocal stopped
        for place, spec in waiting:
            trial = await work(spec)
            finished[place] = trial
            stopped = on_trial(trial) or stopped
            if stopped:
                return

    async with asyncio.TaskGroup() as group:
        for _ in range(min(at_once, len(specs))):
            group.create_task(serve())
    return tuple(finished[place] for place in sorted(finished))
