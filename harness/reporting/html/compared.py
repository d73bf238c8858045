"""The page of a comparison: one self-contained file without a script, for whoever chooses between two wordings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.comparison import CHANGE_WORDS, Change, Comparison, best_of
from harness.reporting.compared import EFFORTS, effort_cells
from harness.reporting.html.rendering import asset, policy, template
from harness.reporting.numbers import money
from harness.reporting.side_by_side import TURNED, Turn, turns_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.analysis.cost_changes import CostChange
    from harness.analysis.layer_changes import LayerChange
    from harness.core.results import Run
    from harness.reporting.side_by_side import Pair

_NAMED_ONLY = (Change.UNJUDGED, Change.CHANGED_EXPECTATION, Change.NEW, Change.REMOVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A change with its interval on a line from the worst to the best bound, in 0..100; the middle is no change."""

    low: float
    width: float
    dot: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One candidate against the reference, ready to be rendered. `number` tells several apart."""

    number: int
    comparison: Comparison
    facts: tuple[tuple[str, str], ...]
    bands: Mapping[str, Band]
    efforts: tuple[tuple[str, str, str, str], ...]
    costs: tuple[tuple[str, str, str, str, str], ...]
    turns: Mapping[Change, tuple[Turn, ...]]
    stand_in: bool

    @property
    def anchors(self) -> Mapping[str, str]:
        """Where each scenario stands that is shown in full."""
        names = [turn.change.scenario for kind in TURNED for turn in self.turns[kind]]
        return {name: f"turn-{self.number}-{place}" for place, name in enumerate(names)}


def render_comparison(pairs: Sequence[Pair]) -> str:
    """The page of one or several candidates against the same reference. The same pairs give the same bytes."""
    style = asset("style.css")
    first = pairs[0].comparison
    names = ", ".join(each.comparison.candidate for each in pairs)
    return template("compare.html.j2").render(
        title=f"{names} against {first.reference}",
        reference=first.reference,
        shown=[_shown(number, pair) for number, pair in enumerate(pairs)],
        glance=tuple(_glance(pairs)) if len(pairs) > 1 else (),
        best=best_of([pair.comparison for pair in pairs]),
        turned=TURNED,
        named_only=_NAMED_ONLY,
        same=Change.SAME,
        words=CHANGE_WORDS,
        policy=policy(style),
        style=style,
    )


def _shown(number: int, pair: Pair) -> Shown:
    comparison = pair.comparison
    return Shown(
        number=number,
        comparison=comparison,
        facts=tuple(_facts(pair)),
        bands=_bands(comparison.layers),
        efforts=tuple((EFFORTS[each.name][0], *effort_cells(each)) for each in comparison.effort),
        costs=tuple(_cost(each) for each in comparison.costs),
        turns=turns_of(pair),
        stand_in=any(run.stand_in for run in (pair.before, pair.after) if run),
    )


def _facts(pair: Pair) -> Iterator[tuple[str, str]]:
    for label, run in ((pair.comparison.reference, pair.before), (pair.comparison.candidate, pair.after)):
        yield label, _run_said(run) if run else "a baseline: rates without traces"


def _run_said(run: Run) -> str:
    commit = f", commit {run.info.commit[:10]}{' (dirty)' if run.info.dirty else ''}" if run.info.commit else ""
    return f"run {run.info.id}, {run.info.mode.value}, {len(run.trials):,} trials{commit}"


def _bands(layers: Sequence[LayerChange]) -> dict[str, Band]:
    """All on one scale, so that they can be compared by eye."""
    bounds = [abs(end) for each in layers if each.interval for end in (each.interval.low, each.interval.high)]
    reach = max([*bounds, *(abs(each.change) for each in layers), 0.01])
    return {each.metric: _band(each, reach) for each in layers if each.interval}


def _band(layer: LayerChange, reach: float) -> Band:
    low, high = (layer.interval.low, layer.interval.high) if layer.interval else (layer.change, layer.change)
    place = [50 + 50 * value / reach for value in (low, high, layer.change)]
    return Band(low=place[0], width=max(place[1] - place[0], 1), dot=min(max(place[2] - 0.75, 0), 98.5))


def _cost(change: CostChange) -> tuple[str, str, str, str, str]:
    ratio = f"{change.ratio - 1:+.0%}" if change.ratio is not None else ""
    return change.part, change.name, money(change.before), money(change.after), ratio


def _glance(pairs: Sequence[Pair]) -> Iterator[tuple[str, dict[str, float | None], dict[str, float]]]:
    """A line for the reference and each candidate: rates by metric, and means of what they took."""
    first = pairs[0].comparison
    yield (
        first.reference,
        {each.metric: each.rate_before for each in first.layers},
        {e.name: e.before for e in first.effort},
    )
    for pair in pairs:
        found = pair.comparison
        yield (
            found.candidate,
            {each.metric: each.rate_after for each in found.layers},
            {e.name: e.after for e in found.effort},
        )
