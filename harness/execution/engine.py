"""Many trials: so many at a time, whatever runs each of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from harness.execution.spec import TrialSpec

if TYPE_CHECKING:
    from harness.core.results import Trial

Work = Callable[[TrialSpec], Awaitable["Trial"]]
"""Runs one trial, here or elsewhere: `run_trial` with its conditions, or `harness.execution.workers.processes`."""

OnTrial = Callable[["Trial"], bool]
"""Told of each trial as it ends; True asks to start no more."""


async def run_all(specs: Sequence[TrialSpec], work: Work, on_trial: OnTrial, at_once: int) -> tuple[Trial, ...]:
    """The trials of `specs` in their order, `at_once` of them running at any time.

    A trial whose history another one records begins when that one has ended.
    When `on_trial` asks to stop, those that run are finished and the others left out. Being cancelled, by Ctrl-C say,
    cancels what runs; of what had ended `on_trial` was told. Raises what `work` or `on_trial` raises first. Shared
    agents slow the SDK down with many trials at once: 8 to 16 are best in one process.
    """
    waiting = iter(sorted(enumerate(specs), key=lambda each: (each[1].index, each[1].history is not None)))
    ended = {spec.cassette: asyncio.Event() for spec in specs}
    finished: dict[int, Trial] = {}
    stopping = asyncio.Event()

    async def serve() -> None:
        for place, spec in waiting:
            if spec.history in ended:
                await ended[spec.history].wait()
            finished[place] = trial = await work(spec)
            ended[spec.cassette].set()
            if on_trial(trial):
                stopping.set()
            if stopping.is_set():
                return

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(at_once, len(specs))):
                group.create_task(serve())
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from errors
    return tuple(finished[place] for place in sorted(finished))
