"""The terminal: how far a run is, and then what it found."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Protocol, TextIO

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from harness.core.results import Run, Trial, Verdict
from harness.reporting.numbers import count, duration, plural
from harness.reporting.text import Writer, console_of, failure_lines, layer_lines, signs_of
from harness.reporting.view import Report, report_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rich.progress import TaskID

_SECONDS_BETWEEN_LINES = 5.0
"""Without a terminal, a line of progress no more often than this."""


class Finished(Protocol):
    """What is reported of a run that is over, and the folder it was written to."""

    @property
    def report(self) -> Report: ...  # noqa: D102 - said above

    @property
    def folder(self) -> Path: ...  # noqa: D102 - said above


class Work:
    """Long work as people see it: count, rate and time left; a bar on a terminal, plain lines elsewhere.

    `total` 0 means that nobody knows how much there is. `clock` gives seconds.
    """

    def __init__(
        self,
        stream: TextIO,
        total: int = 0,
        *,
        noun: str = "trials",
        color: bool | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console_of(stream, color=color)
        self._total, self._noun, self._clock = total, noun, clock
        self._done = self._bad = 0
        self._began = self._told = clock()
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def step(self, *, bad: bool = False) -> None:
        """One more is done; `bad` when it did not pass."""
        self._done += 1
        self._bad += bad
        if self._console.is_terminal:
            self._advance()
        elif self._clock() - self._told >= _SECONDS_BETWEEN_LINES:
            self._told = self._clock()
            self._console.print(self.line())

    def stop(self) -> None:
        """Clear the bar; what follows is the result."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def line(self) -> str:
        """`120 of 1,000 trials, 3 not passed, 24.0/s, 37 s left`."""
        elapsed = self._clock() - self._began
        rate = self._done / elapsed if elapsed else 0.0
        whole = f" of {count(self._total)}" if self._total else ""
        left = [f"{duration((self._total - self._done) / rate)} left"] if self._total and rate else []
        bad = [f"{count(self._bad)} not passed"] if self._bad else []
        return ", ".join((f"{count(self._done)}{whole} {self._noun}", *bad, f"{rate:.1f}/s", *left))

    def _advance(self) -> None:
        if self._bar is None:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeRemainingColumn(),
                console=self._console,
                transient=True,
            )
            self._task = self._bar.add_task(self._noun, total=self._total or None, rate="")
            self._bar.start()
        if self._task is not None:
            elapsed = self._clock() - self._began
            rate = f"{self._done / elapsed:.1f}/s" if elapsed else ""
            told = f"{self._noun}, {count(self._bad)} not passed" if self._bad else self._noun
            self._bar.update(self._task, completed=self._done, rate=rate, description=told)


class Screen:
    """A run as it goes and as it ended. `color` None lets the stream, NO_COLOR and FORCE_COLOR decide.

    `quiet` says the verdict only; `verbose` shows the layers even when all is well.
    """

    def __init__(
        self,
        *,
        quiet: bool = False,
        verbose: bool = False,
        color: bool | None = None,
        stream: TextIO | None = None,
    ) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._quiet, self._verbose, self._color = quiet, verbose, color
        self._work = Work(self._stream, color=color)

    def begin(self, trials: int, *, again: bool = False) -> None:
        """So many trials are about to run; `again`: fresh ones, since those before looked worse than history."""
        self._work.stop()
        if again and not self._quiet:
            text = f"looks worse than history: {plural(trials, 'fresh trial')}, both sides in turn, confirm or clear it"
            console_of(self._stream, color=self._color).print(text, highlight=False, soft_wrap=True)
        self._work = Work(self._stream, trials, color=self._color)

    def trial(self, trial: Trial) -> None:
        """One more trial is judged."""
        if not self._quiet:
            self._work.step(bad=trial.verdict in (Verdict.FAILED, Verdict.ERRORED))

    def stop(self) -> None:
        """Leave the terminal as it was found."""
        self._work.stop()

    def summary(self, finished: Finished) -> None:
        """What the run found, and where its report is."""
        page = finished.folder / "index.html"
        place = page if page.exists() else finished.folder
        self.report(finished.report, place.resolve().as_uri())

    def report(self, report: Report, place: str = "") -> None:
        """The same of a report that is already there; `place` is the page's address."""
        self._work.stop()
        writer = Writer(console_of(self._stream, color=self._color), signs_of(self._stream), place)
        if self._quiet:
            writer.verdict(report)
        else:
            writer.report(report, verbose=self._verbose)


def layers_text(run: Run) -> str:
    """The layers of `run`, its verdict and where the answers came from, as plain text."""
    return layer_lines(report_of(run))


def failure_text(run: Run) -> str:
    """Why the scenarios of `run` did not pass, as plain text."""
    return failure_lines(report_of(run))
