"""Two runs side by side: what both did in each scenario that turned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.comparison import Change, Comparison, ScenarioChange
from harness.analysis.outcome import scenario_results
from harness.core.results import Run
from harness.reporting.detail import TrialDetail, trial_detail

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path  # noqa: TC004 - nothing evaluates these annotations

    from harness.analysis.outcome import ScenarioResult

TURNED = (Change.REGRESSED, Change.FIXED, Change.OTHER_PATH)
"""Kinds of change that are shown with both trajectories, in reading order."""

_SHOWN = 40
"""How many scenarios of each kind are shown in full; the others are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A comparison with the runs it is of; `before` is None where that side is a baseline, of which no trace is left.

    `folder` is where the candidate's run stands.
    """

    comparison: Comparison
    before: Run | None
    after: Run
    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A scenario that turned, with the trial to look at on each side."""

    change: ScenarioChange
    said: str
    before: TrialDetail | None
    after: TrialDetail | None


def turns_of(pair: Pair) -> Mapping[Change, tuple[Turn, ...]]:
    """The scenarios that turned, kind by kind, as many as are shown in full."""
    sides = _results(pair.before), _results(pair.after)
    return {kind: tuple(_turns(pair.comparison, kind, sides)) for kind in TURNED}


_Results = dict[str, "ScenarioResult"]


def _results(run: Run | None) -> _Results:
    return {each.scenario.id: each for each in scenario_results(run)} if run else {}


def _turns(comparison: Comparison, kind: Change, sides: tuple[_Results, _Results]) -> Iterator[Turn]:
    for change in comparison.of(kind)[:_SHOWN]:
        before, after = (side.get(change.scenario) for side in sides)
        shown = after or before
        first = next(iter(shown.scenario.conversation), None) if shown else None
        yield Turn(change=change, said=first.user if first else "", before=_telling(before), after=_telling(after))


def _telling(result: ScenarioResult | None) -> TrialDetail | None:
    trial = result.telling if result else None
    return trial_detail(result.scenario, trial) if result and trial else None
