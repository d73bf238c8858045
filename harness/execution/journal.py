"""run.jsonl: one line for the run, one a scenario, one a trial as it ends, and a last one when the run is complete."""

from __future__ import annotations

import json
from functools import cache
from typing import IO, TYPE_CHECKING, Any, Self

from pydantic import TypeAdapter, ValidationError

from harness.core.graph import AgentGraph
from harness.core.results import FORMAT_VERSION, Run, RunInfo, Trial, Verdict
from harness.core.scenario import Scenario
from harness.errors import RunFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from types import TracebackType

FILE = "run.jsonl"


class Journal:
    """An append-only run file; each line is on disk before the next trial is waited for."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / FILE
        self._file: IO[str] = self.path.open("a", encoding="utf-8", errors="surrogatepass")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def begin(self, info: RunInfo, graph: AgentGraph, scenarios: Iterable[Scenario]) -> None:
        """Write what the run is before anything has run."""
        self._write("run", _dumped(RunInfo, info))
        self._write("graph", _dumped(AgentGraph, graph))
        for scenario in scenarios:
            self._write("scenario", _dumped(Scenario, scenario))

    def add(self, trial: Trial) -> None:
        """Write one finished trial."""
        self._write("trial", _dumped(Trial, trial))

    def end(self) -> None:
        """Say that nothing is missing."""
        self._write("end", "{}")

    def _write(self, kind: str, data: str) -> None:
        self._file.write(f'{{"kind": "{kind}", "data": {data}}}\n')
        self._file.flush()


def write_run(run: Run, folder: Path) -> Path:
    """Save a whole run into a folder that has none yet, and give the file's path."""
    with Journal(folder) as journal:
        journal.begin(run.info, run.graph, run.scenarios)
        for trial in run.trials:
            journal.add(trial)
        if run.complete:
            journal.end()
    return journal.path


def read_run(path: Path) -> Run:
    """The run saved in a folder or file.

    A torn last line, left by a crash, is dropped; of several rows of one trial the first counts. Raises RunFileError
    when there is no such file, when it is of another kind or a newer format, or when a line is damaged.
    """
    file = path / FILE if path.is_dir() else path
    rows: dict[str, list[Any]] = {"run": [], "graph": [], "scenario": [], "trial": [], "end": []}
    for number, (kind, data) in _rows(file):
        rows[kind].append(_loaded(kind, data, file, number))
    if not rows["run"] or not rows["graph"]:
        raise RunFileError("this is not a run of the harness", where=str(file), hint="expected a run.jsonl")
    trials: dict[str, Trial] = {}
    for trial in rows["trial"]:
        trials.setdefault(trial.key, trial)
    return Run(
        info=rows["run"][0],
        graph=rows["graph"][0],
        scenarios=tuple(rows["scenario"]),
        trials=_in_order(rows["scenario"], trials.values()),
        complete=bool(rows["end"]),
    )


def done(run: Run) -> frozenset[str]:
    """Keys of the trials that need not run again: errored ones do."""
    return frozenset(trial.key for trial in run.trials if trial.verdict is not Verdict.ERRORED)


def _in_order(scenarios: Iterable[Scenario], trials: Iterable[Trial]) -> tuple[Trial, ...]:
    """Trials finish in any order; a run has them in the order of its scenarios."""
    place = {scenario.id: index for index, scenario in enumerate(scenarios)}
    return tuple(
        sorted(trials, key=lambda each: (place.get(each.scenario, len(place)), each.variant or "", each.index))
    )


def _rows(file: Path) -> Iterator[tuple[int, tuple[str, Any]]]:
    if not file.is_file():
        raise RunFileError(f"no run at {str(file)!r}", hint="give the folder of a run, like reports/20260131-120000")
    with file.open(encoding="utf-8", errors="surrogatepass") as lines:
        for number, line in enumerate(lines, 1):
            if line.endswith("\n"):
                yield number, _row(line, file, number)


def _row(line: str, file: Path, number: int) -> tuple[str, Any]:
    try:
        row = json.loads(line)
        kind, data = row["kind"], row["data"]
    except (ValueError, TypeError, KeyError) as error:
        raise RunFileError("this line is damaged", where=f"{file}:{number}", hint="expected a run.jsonl") from error
    if kind not in _KINDS:
        raise RunFileError(f"unknown kind of line {kind!r}", where=f"{file}:{number}")
    _refuse_newer(kind, data, file)
    return kind, data


def _refuse_newer(kind: str, data: Any, file: Path) -> None:
    if kind != "run" or not isinstance(data, dict) or data.get("format_version", 1) <= FORMAT_VERSION:
        return
    raise RunFileError(
        f"this run has format {data['format_version']}, this harness reads up to {FORMAT_VERSION}",
        where=str(file),
        hint=f"it was written by harness {data.get('versions', {}).get('harness') or 'unknown'}: update yours",
    )


def _loaded(kind: str, data: Any, file: Path, number: int) -> Any:
    if kind == "end":
        return data
    try:
        return _adapter(_KINDS[kind]).validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(each) for each in first["loc"])
        raise RunFileError(f"{kind}: {place}: {first['msg']}", where=f"{file}:{number}") from error


_KINDS: dict[str, Any] = {"run": RunInfo, "graph": AgentGraph, "scenario": Scenario, "trial": Trial, "end": None}


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _dumped(kind: Any, value: Any) -> str:
    return _adapter(kind).dump_json(value).decode("utf-8", "surrogatepass")
