"""Judging a saved run again: the step by itself and as a verb, against reading and writing the same file.

python benchmarks/scoring.py RUN [TRIALS]      the trials of RUN again and again, until there are so many (10,000)

RUN is the folder of a run of the bundled suite, which `harness run` makes.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from harness import config, scored
from harness.execution.journal import FILE, read_run, write_run
from harness.scoring.scorers import judge_trial

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.core.results import Run

ROOT = Path(__file__).parents[1]
_T = TypeVar("_T")


def grown(run: Run, count: int) -> Run:
    """The run with its trials repeated."""
    rounds = -(-count // len(run.trials))
    most = max(each.index for each in run.trials) + 1
    trials = [replace(each, index=number * most + each.index) for number in range(rounds) for each in run.trials]
    return replace(run, trials=tuple(trials[:count]))


def timed(work: Callable[[], _T]) -> tuple[float, _T]:
    """Processor seconds, and what came of it."""
    gc.collect()
    began = time.process_time()
    found = work()
    return time.process_time() - began, found


def main(source: Path, count: int) -> None:
    """Print the seconds and the ratios."""
    with tempfile.TemporaryDirectory() as place:
        file = write_run(grown(read_run(source), count), Path(place) / "20260101-000000-000")
        settings = config.resolve({"out": Path(place)}, start=ROOT)
        size = file.stat().st_size / 1e6
        parsing, _ = timed(lambda: [json.loads(line) for line in file.read_bytes().splitlines()])
        reading, run = timed(lambda: read_run(file.parent))
        writing, _ = timed(lambda: write_run(run, Path(place) / "again"))
        by_id = {each.id: each for each in run.scenarios}
        judging, _ = timed(
            lambda: [judge_trial(by_id[each.scenario], each, run.graph, run.info.mode) for each in run.trials]
        )
        (Path(place) / "again" / FILE).unlink()
        with contextlib.redirect_stderr(io.StringIO()):
            whole, _ = timed(lambda: scored.score(settings, file.parent))
    print(f"{len(run.trials)} trials, {size:.0f} MB")
    print(f"JSON alone           {parsing:6.2f} s")
    print(f"reading the run      {reading:6.2f} s  {reading / parsing:5.1f} times JSON alone")
    print(f"writing the run      {writing:6.2f} s")
    print(f"judging every trial  {judging:6.2f} s  {judging / reading:5.1f} times reading it")
    print(f"harness score        {whole:6.2f} s  {whole / (reading + writing):5.1f} times reading and writing it")
    print(f"the SDK was imported: {'yes' if 'agents' in sys.modules else 'no'}")


if __name__ == "__main__":
    given, trials = [*sys.argv[1:], "10000"][:2]
    main(Path(given), int(trials))
