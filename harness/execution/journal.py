"""run.jsonl: a line for the run, one a scenario, one a trial as it ends, and a last one when the run is complete."""

from __future__ import annotations

import gc
import logging
import os
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Self

from harness.core.results import Run, RunInfo, Trial, Verdict, in_order
from harness.core.scenario import Location, Scenario
from harness.errors import RunFileError
from harness.execution.rows import End, Head, Row, ScenarioRow, TrialRow, line_of, refuse_newer, row_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from types import TracebackType

    from harness.core.graph import AgentGraph

FILE = "run.jsonl"
_BLOCK_BYTES = 1 << 16

_log = logging.getLogger(__name__)


class Journal:
    """An append-only run file. A row has left this process before the next trial is told of; nothing is kept here."""

    def __init__(self, folder: Path, *, resume: bool = False) -> None:
        """Begin a file in `folder`, or go on with the one that is there: a torn last line is cut off.

        Raises RunFileError when there is a run to begin over, or none to go on with.
        """
        self.path = folder / FILE
        if self.path.exists() is not resume:
            there = "no run to resume" if resume else "a run already"
            raise RunFileError(f"there is {there} at {str(self.path)!r}", hint="each run has a folder of its own")
        folder.mkdir(parents=True, exist_ok=True)
        if resume:
            _cut_torn_line(self.path)
        self._file: IO[bytes] = self.path.open("ab")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def begin(self, info: RunInfo, graph: AgentGraph, scenarios: Iterable[Scenario]) -> None:
        """Write what the run is before anything has run."""
        self._write(Head(info=info, graph=graph))
        for scenario in scenarios:
            self._write(ScenarioRow(scenario=scenario))

    def add(self, trial: Trial) -> None:
        """Write one finished trial."""
        self._write(TrialRow(trial=trial))

    def end(self) -> None:
        """Say that nothing is missing."""
        self._write(End())

    def _write(self, row: Row) -> None:
        self._file.write(line_of(row))
        self._file.flush()


def write_run(run: Run, folder: Path) -> Path:
    """Save a whole run into a folder that has none yet, and give the file's path. Raises RunFileError when it has."""
    with Journal(folder) as journal:
        journal.begin(run.info, run.graph, run.scenarios)
        for trial in run.trials:
            journal.add(trial)
        if run.complete:
            journal.end()
    return journal.path


def read_run(path: Path) -> Run:
    """The run saved in a folder or file.

    A torn last line, left by a crash, is dropped with a warning. Of several rows of one trial the first counts, unless
    it errored: then the next one does. Raises RunFileError when there is no such file, when it is of another kind or a
    newer format, or when a line is damaged.
    """
    file = path / FILE if path.is_dir() else path
    scenarios: dict[str, Scenario] = {}
    trials: dict[str, Trial] = {}
    complete = False
    with _no_garbage_collection():
        lines = _lines(file)
        head = _head(file, next(lines, None))
        for row in (row_of(line, Location(file=str(file), line=number)) for number, line in lines):
            match row:
                case TrialRow(trial=trial):
                    if not _is_done(trials.get(trial.key)):
                        trials[trial.key] = trial
                case ScenarioRow(scenario=scenario):
                    scenarios.setdefault(scenario.id, scenario)
                case End():
                    complete = True
    kept = in_order(scenarios, trials.values())
    return Run(info=head.info, graph=head.graph, scenarios=tuple(scenarios.values()), trials=kept, complete=complete)


def done(run: Run) -> frozenset[str]:
    """Keys of the trials that need not run again when the run is resumed: errored ones do."""
    return frozenset(trial.key for trial in run.trials if _is_done(trial))


def _is_done(trial: Trial | None) -> bool:
    return trial is not None and trial.verdict is not Verdict.ERRORED


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    """The whole lines of the file, counted from 1."""
    if not file.is_file():
        raise RunFileError(f"no run at {str(file)!r}", hint="give the folder of a run, like reports/20260131-120000")
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.endswith(b"\n"):
                yield number, line
            elif number > 1:
                _log.warning("%s:%d: the last line is torn, as a crash leaves it; it is left out", file, number)


def _head(file: Path, first: tuple[int, bytes] | None) -> Head:
    number, line = first or (1, b"")
    where = Location(file=str(file), line=number)
    refuse_newer(line, where)
    try:
        row = row_of(line, where)
    except RunFileError as error:
        raise _foreign(where) from error
    if not isinstance(row, Head):
        raise _foreign(where)
    return row


def _foreign(where: Location) -> RunFileError:
    return RunFileError("this is not a run of the harness", where=where, hint=f"expected the {FILE} of a run")


def _cut_torn_line(file: Path) -> None:
    """Take away what stands after the last line's end."""
    with file.open("r+b") as content:
        end = content.seek(0, os.SEEK_END)
        while end > 0:
            start = max(0, end - _BLOCK_BYTES)
            content.seek(start)
            cut = content.read(end - start).rfind(b"\n")
            if cut >= 0:
                content.truncate(start + cut + 1)
                return
            end = start
        content.truncate(0)


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Reading makes many small objects that all stay: looking for garbage among them takes half of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
