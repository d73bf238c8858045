"""A finished run, saved and reported: what every way to make one ends with."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness import saved

if TYPE_CHECKING:
    from harness.analysis.decision import Decision  # noqa: TC004 - nothing evaluates these annotations
    from harness.config import Settings
    from harness.core.results import Run  # noqa: TC004
    from harness.errors import ExitCode  # noqa: TC004
    from harness.reporting.view import Report  # noqa: TC004


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A finished run, the folder it was written to, what is reported of it, and what the process should exit with.

    `decision` is the gate's, where it was asked. `stopped` says why it ended early, where that was for the money.
    """

    run: Run
    folder: Path
    report: Report
    code: ExitCode
    decision: Decision | None = None
    stopped: str = ""


def folder_of(settings: Settings, run: Run) -> Path:
    """Where the run is written to."""
    return settings.path(settings.out) / run.info.id


def outcome_of(settings: Settings, run: Run, beside: Run | None = None) -> Outcome:
    """Report the finished run, held against `beside` or the baseline, and say what the process should exit with."""
    folder = folder_of(settings, run)
    held = saved.held(settings, run, beside)
    report = saved.report_at(run, folder, held)
    saved.write_reports(report, folder)
    return Outcome(run=run, folder=folder, report=report, code=saved.exit_code(run, held), decision=held.decision)


def remade(settings: Settings, run: Run) -> Outcome:
    """Save and report a run that was made out of saved ones: one that was made before gives way, in one step."""
    from harness.execution.journal import FILE, write_run

    folder = folder_of(settings, run)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as draft:
        write_run(run, Path(draft) / "run").replace(folder / FILE)
    return outcome_of(settings, run)
