"""One run out of the saved shards of one: no agent is loaded, no model asked, nothing is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import saved
from harness.reported import Outcome, remade

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.config import Settings


def merge(settings: Settings, places: Sequence[Path], *, allow_partial: bool = False) -> Outcome:
    """Save and report the run that the shards at `places` make: runs, or folders with runs somewhere below.

    Raises ShardsError when they make none, see `harness.analysis.shards`, and RunFileError when one cannot be read.
    """
    from harness.analysis.shards import merged

    found = {run.resolve(): run for place in places for run in _runs_at(place)}
    shards = [saved.read_run(each) for each in found.values()]
    return remade(settings, merged(shards, allow_partial=allow_partial))


def _runs_at(place: Path) -> Sequence[Path]:
    """The runs at or below `place`, but not those that stand inside another: fresh trials that a gate asked for."""
    from harness.execution.journal import FILE

    folders = {each.parent for each in place.rglob(FILE)}
    outermost = sorted(each for each in folders if folders.isdisjoint(each.parents))
    return outermost or [place.parent if place.name == FILE else place]
