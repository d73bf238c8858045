"""The past on a terminal: earlier runs line by line, or what became of single scenarios in each of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.sides import PLAIN
from harness.analysis.verdicts import METRICS
from harness.reporting.columns import aligned
from harness.reporting.numbers import percent
from harness.reporting.view import CARDS, WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from harness.reporting.history import PastRun


@dataclass(frozen=True, slots=True, kw_only=True)
class PastResult:
    """What became of a scenario in one run: `passed` of `trials`, the verdict, and why."""

    run: str
    created_at: str
    scenario: str
    verdict: str
    passed: int
    trials: int
    sentence: str


def results_of(folder: Path, runs: Sequence[PastRun], scenarios: Sequence[str]) -> tuple[PastResult, ...]:
    """What became of `scenarios` in `runs`, which stand below `folder`: scenario by scenario, oldest run first."""
    wanted = {name: place for place, name in enumerate(scenarios)}
    found = [
        PastResult(
            run=run.folder,
            created_at=run.created_at,
            scenario=each["id"],
            verdict=each["verdict"],
            passed=each["passed"],
            trials=each["trials"],
            sentence=each["sentence"],
        )
        for run in runs
        for each in json.loads((folder / run.folder / "summary.json").read_text(encoding="utf-8"))["scenarios"]
        if each["id"] in wanted
    ]
    return tuple(sorted(found, key=lambda each: wanted[each.scenario]))


def runs_text(runs: Sequence[PastRun]) -> str:
    """One line a run, oldest first."""
    heads = ("run", "mode", "variant", "verdict", "passed", *(METRICS[name].lower() for name in CARDS), "commit")
    return "\n".join(aligned([heads, *(tuple(_run(run)) for run in runs)]))


def results_text(results: Sequence[PastResult]) -> str:
    """One line for each scenario and run."""
    heads = ("scenario", "run", "verdict", "passed", "why")
    rows = [(each.scenario, each.run, each.verdict, f"{each.passed}/{each.trials}", each.sentence) for each in results]
    return "\n".join(aligned([heads, *rows]))


def _run(run: PastRun) -> Iterator[str]:
    yield run.folder
    yield run.mode
    yield run.variant or PLAIN
    yield WORDS[run.verdict] + ("" if run.complete else ", not complete")
    yield f"{run.passed}/{run.scenarios}"
    for name in CARDS:
        metric = run.metrics.get(name)
        yield f"{percent(metric.rate)} n={metric.n}" if metric and metric.n else "-"
    yield run.commit[:10] + (", dirty" if run.dirty else "")
