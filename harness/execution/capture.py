"""One trial's runs -> its trace.

    with installed():
        capture = Capture(graph, run_config)
        with capture.turn("I was charged twice"):
            await Runner.run(agent, ...)
        trace = capture.finish()

Whatever the application runs meanwhile is captured too: agents-as-tools, runs made by a tool's own code, agents that
are guardrails, at any depth, streamed or not, in tasks or in threads that copy their context.
"""

from __future__ import annotations

import time
from asyncio import CancelledError
from contextlib import contextmanager
from typing import TYPE_CHECKING

from harness.core.trace import JSON, Judgement, Trace
from harness.execution.assembly import Assembly
from harness.execution.classification import TRIPWIRES
from harness.execution.recorder import installed, recording_in
from harness.execution.recording import Recording, Turn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from agents import RunConfig

    from harness.core.results import Timing
    from harness.system.graph import LiveGraph

__all__ = ["Capture", "installed"]


class Capture:
    """The runs of one trial. `run_config` is laid over that of every run, so that none escapes its model provider."""

    def __init__(self, graph: LiveGraph, run_config: RunConfig | None = None) -> None:
        self.graph = graph
        self.run_config = run_config
        self._started = time.perf_counter()
        self._turns: list[Turn] = []
        self._timings: dict[str, Timing] = {}

    @contextmanager
    def turn(self, user: str) -> Iterator[None]:
        """Everything run in this block belongs to the turn that `user` began. Needs `installed()` around it."""
        turn = Turn(user, self.run_config, current=self.graph.current)
        self._turns.append(turn)
        with recording_in(turn):
            yield

    @property
    def running(self) -> bool:
        """Whether a run of any turn has not ended: a guardrail's, say, that was cancelled beside a failing agent."""
        return any(run.ended is None for run in self._runs())

    def unread(self) -> Iterator[tuple[Recording, float]]:
        """The runs that were stopped before they read the answer to their last request, and when they made it.

        Seconds, a reading of `time.perf_counter`.
        """
        for run in self._runs():
            last = run.model_calls[-1] if run.model_calls else None
            if last is not None and last.response is None and isinstance(run.error, (CancelledError, *TRIPWIRES)):
                yield run, last.started

    def _runs(self) -> Iterator[Recording]:
        waiting = [run for turn in self._turns for run in turn.runs]
        while waiting:
            run = waiting.pop()
            yield run
            waiting += run.runs

    def finish(self, state: JSON = None, judgements: Sequence[Judgement] = ()) -> Trace:
        """The trace of all turns so far. Streams must have been read to their end."""
        assembly = Assembly(self.graph, self._started)
        turns = tuple(assembly.turn(each) for each in self._turns)
        self._timings = assembly.timings
        return Trace(turns=turns, state=state, judgements=tuple(judgements))

    @property
    def timings(self) -> Mapping[str, Timing]:
        """Readings by run or step id, in milliseconds since the capture was made; empty before `finish`."""
        return self._timings
