"""Trials in processes of their own, one trial at a time in each: replay is work for the processor, not waiting."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
import threading
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import connection, parent_process
from typing import TYPE_CHECKING, Any

from harness.core.results import Mode, Trial, TrialError, Verdict
from harness.core.trace import ErrorKind
from harness.execution.spec import Conditions, TrialSpec

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from harness.execution.engine import Work
    from harness.system.graph import LiveGraph

TRIES = 3
"""How often a trial may take its process down with it before it is left alone."""

_log = logging.getLogger(__name__)


@asynccontextmanager
async def processes(count: int, conditions: Conditions) -> AsyncIterator[Work]:
    """Work done by `count` processes, each of which loads the agents by their reference.

    A process that dies is replaced and only the trial it ran is run again; a trial whose process died three times comes
    back errored. Leaving the block ends the processes, also in the middle of a trial when it is left by an exception.
    """
    lanes = [_Lane(conditions) for _ in range(count)]
    free: asyncio.Queue[_Lane] = asyncio.Queue()
    for lane in lanes:
        free.put_nowait(lane)

    async def work(spec: TrialSpec) -> Trial:
        lane = await free.get()
        try:
            return await lane.run(spec)
        finally:
            free.put_nowait(lane)

    try:
        yield work
    finally:
        for lane in lanes:
            lane.close()


@dataclass(slots=True)
class _Lane:
    """One process at a time, so that it is known which trial took it down."""

    conditions: Conditions
    _executor: Executor | None = None
    _pid: int | None = None

    async def run(self, spec: TrialSpec) -> Trial:
        """Run a trial in this lane's process, in a new one when that dies."""
        for attempt in range(1, TRIES + 1):
            try:
                return await self._submitted(spec)
            except BrokenProcessPool:
                _log.warning("the process that ran %s died (%d of %d)", spec.key, attempt, TRIES)
                self.close()
        return _crashed(spec)

    async def _submitted(self, spec: TrialSpec) -> Trial:
        loop = asyncio.get_running_loop()
        if self._executor is None:
            context = multiprocessing.get_context("spawn")
            self._executor = ProcessPoolExecutor(1, context, initializer=_begin, initargs=(self.conditions,))
            self._pid = await loop.run_in_executor(self._executor, os.getpid)
        return await loop.run_in_executor(self._executor, _run, spec)

    def close(self) -> None:
        """End the process, whatever it does."""
        if self._pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGTERM)
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
        self._executor, self._pid = None, None


def _crashed(spec: TrialSpec) -> Trial:
    message = f"the process that ran it died {TRIES} times"
    hint = "look for what ends the process in the tools it calls: sys.exit, os._exit, a native crash, too little memory"
    error = TrialError(kind=ErrorKind.APPLICATION, type="ProcessDied", message=message, hint=hint)
    return Trial(
        scenario=spec.scenario.id, index=spec.index, variant=spec.variant, verdict=Verdict.ERRORED, error=error
    )


@dataclass(slots=True)
class _Worker:
    """What a worker process keeps from trial to trial.

    One event loop for all of them: a client that the application made once cannot live in two.
    """

    conditions: Conditions
    runner: asyncio.Runner
    patches: ExitStack
    live: dict[str | None, Any] = field(default_factory=dict)


_here: list[_Worker] = []


def _begin(conditions: Conditions) -> None:
    """Set this worker process up. Ctrl-C is its parent's to handle."""
    from harness.cassettes import egress, router  # noqa: PLC0415 - the parent needs none of this
    from harness.execution import capture  # noqa: PLC0415
    from harness.execution.environment import prepared  # noqa: PLC0415

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, name="watch-parent", daemon=True).start()
    patches = ExitStack()
    for patch in (prepared(conditions.mode, conditions.endpoint), router.installed(), capture.installed()):
        patches.enter_context(patch)
    if conditions.mode is Mode.REPLAY:
        patches.enter_context(egress.guarded())
    _here.append(_Worker(conditions, asyncio.Runner(), patches))


def _run(spec: TrialSpec) -> Trial:
    from harness.execution.trial import run_trial  # noqa: PLC0415

    (worker,) = _here
    live = worker.live.get(spec.variant) or _live(worker, spec.variant)
    return worker.runner.run(run_trial(spec, worker.conditions, live))


def _live(worker: _Worker, variant: str | None) -> LiveGraph:
    """The agents, loaded here; a spawned process begins with its parent's `sys.path`, the project's folder included."""
    from harness.system.variants import load_live  # noqa: PLC0415

    overlay = next((each for each in worker.conditions.variants if each.name == variant), None)
    loaded = load_live(worker.conditions.system, overlay)
    worker.live[variant] = loaded
    return loaded


def _end_with_parent() -> None:
    """A parent that is killed cannot end its workers."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
