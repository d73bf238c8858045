"""Fresh trials of both sides, by which the live gate confirms or clears what looked worse: where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.analysis.live_gate import Fresh
from harness.analysis.sides import of_variant, only_variant
from harness.analysis.summary import summary_of
from harness.errors import UsageError
from harness.execution.journal import read_run

if TYPE_CHECKING:
    from pathlib import Path

    from harness.core.results import Run

_FOLDER = "confirm"


def folder_in(run: Path) -> Path:
    """Where the gate has both sides tried again, in the folder of the run that looked worse."""
    return run / _FOLDER


def beside(folder: Path, run: Run) -> Fresh | None:
    """What was tried again for `run`, which stands in `folder`: the newest trials of each side. None without both."""
    found = [read_run(each) for each in sorted(folder_in(folder).glob("*/run.jsonl"))]
    sides = {each.info.variant: summary_of(each) for each in found}
    if run.info.variant not in sides or None not in sides:
        return None
    return Fresh(candidate=sides[run.info.variant], baseline=sides[None])


def handed_over(candidate: Path | None, reference: Path | None, variant: str | None = None) -> Fresh | None:
    """The runs a person made of both sides; of the candidate's what `variant` did, where it holds several."""
    if (candidate is None) is not (reference is None):
        raise UsageError("--confirm and --against belong together", hint="a drop is confirmed by trials of both sides")
    if candidate is None or reference is None:
        return None
    mine = read_run(candidate)
    return Fresh(
        candidate=summary_of(of_variant(mine, variant) if variant else only_variant(mine)),
        baseline=summary_of(only_variant(read_run(reference))),
    )
