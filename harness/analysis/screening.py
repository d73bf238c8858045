"""Did live trials get worse? Screen against history, then confirm with fresh trials of both sides.

Two kinds of test run side by side, because each is blind where the other sees. The suite-wide one (Mantel and
Haenszel 1959, stratified by scenario, continuity-corrected) sees a drop spread over many scenarios; the one of each
scenario (Fisher's exact test) sees one scenario that broke. Each kind is adjusted by Holm (1979). All p values are
one-sided: a drop counts.

Screening may be wrong often, because all it does is ask for more trials. Only what the fresh trials confirm is a drop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from harness.analysis.tally import OVERALL, Tallies, Tally

SCREEN_ALPHA = 0.20
CONFIRM_ALPHA = 0.10
SCREEN_TRIALS = 3
HISTORY_TRIALS = 30
CONFIRM_TRIALS = 5
_CONTINUITY = 0.5

_Key = TypeVar("_Key")
Pairs = Mapping[str, tuple[Tally, Tally]]
"""Scenario id -> tallies of candidate and baseline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """What got worse, as far as these trials tell. Keys are metrics, and scenarios; values are adjusted p values."""

    alpha: float
    metrics: Mapping[str, float] = field(default_factory=dict)
    scenarios: Mapping[str, float] = field(default_factory=dict)

    @property
    def dropped(self) -> tuple[str, ...]:
        """Metrics that fell over the suite, most significant first."""
        return _at_most(self.metrics, self.alpha)

    @property
    def broken(self) -> tuple[str, ...]:
        """Scenarios that fell by themselves, most significant first."""
        return _at_most(self.scenarios, self.alpha)

    @property
    def raised(self) -> bool:
        """Whether anything got worse."""
        return bool(self.dropped or self.broken)


def paired(candidate: Tallies, baseline: Tallies) -> Pairs:
    """The scenarios that both sides have judged trials of."""
    return {
        name: (tally, baseline[name])
        for name, tally in candidate.items()
        if tally.total and name in baseline and baseline[name].total
    }


def screen(pairs: Mapping[str, Pairs], alpha: float = SCREEN_ALPHA) -> Alarm:
    """Hold a few trials against pooled history, metric by metric; scenarios are looked at by their verdict only.

    A scenario that stands out by itself takes no part in the tests of the suite: otherwise one that broke would have
    all the others tried again.
    """
    scenarios = holm(_each_p(_able(pairs.get(OVERALL, {}), alpha)))
    broken = _at_most(scenarios, alpha)
    rest = {metric: {name: pair for name, pair in each.items() if name not in broken} for metric, each in pairs.items()}
    return Alarm(
        alpha=alpha,
        metrics=holm({metric: suite_drop_p(each) for metric, each in rest.items()}),
        scenarios=scenarios,
    )


def confirm(alarm: Alarm, fresh: Mapping[str, Pairs], alpha: float = CONFIRM_ALPHA) -> Alarm:
    """Test what `alarm` found once more, on fresh trials of both sides, all of it as one family."""
    singles = {name: pair for name, pair in fresh.get(OVERALL, {}).items() if name in alarm.broken}
    metrics = {metric: suite_drop_p(fresh.get(metric, {})) for metric in alarm.dropped}
    scenarios = _each_p(singles)
    adjusted = holm(
        {("metric", name): p for name, p in metrics.items()} | {("", name): p for name, p in scenarios.items()}
    )
    return Alarm(
        alpha=alpha,
        metrics={name: adjusted["metric", name] for name in metrics},
        scenarios={name: adjusted["", name] for name in scenarios},
    )


def _each_p(pairs: Pairs) -> dict[str, float]:
    return dict(zip(pairs, drop_ps(list(pairs.values())), strict=True))


def drop_ps(pairs: Sequence[tuple[Tally, Tally]]) -> list[float]:
    """One-sided Fisher exact p, pair by pair, of as few passes as the candidate has, were both sides equally good."""
    if not pairs:
        return []
    import numpy as np  # noqa: PLC0415 - with scipy most of a second, and reading a baseline needs neither
    from scipy.stats import hypergeom  # noqa: PLC0415 - as above

    counts = np.array([(mine.passed, mine.total, other.passed, other.total) for mine, other in pairs])
    passed, total, other_passed, other_total = counts.T
    return [float(p) for p in hypergeom.cdf(passed, total + other_total, passed + other_passed, total)]


def suite_drop_p(pairs: Pairs) -> float:
    """One-sided Mantel-Haenszel p of a drop, stratified by scenario; 1.0 where nothing can be told."""
    telling = _telling(pairs)
    if not telling:
        return 1.0
    p = _mantel_haenszel(telling)
    return p / 2 if _ahead(telling) < 0 else 1.0 - p / 2


def suite_p(pairs: Pairs) -> float | None:
    """Two-sided Mantel-Haenszel p of any change, stratified by scenario; None where nothing can be told."""
    telling = _telling(pairs)
    return _mantel_haenszel(telling) if telling else None


def _telling(pairs: Pairs) -> list[tuple[Tally, Tally]]:
    """Scenarios in which not every trial of both sides ended alike: the others say nothing about a difference."""
    return [
        (mine, other) for mine, other in pairs.values() if 0 < mine.passed + other.passed < mine.total + other.total
    ]


def _mantel_haenszel(telling: Sequence[tuple[Tally, Tally]]) -> float:
    """Two-sided p, corrected for continuity up to the mean and not past it.

    statsmodels takes half a pass off the difference also where less than that is there, and then calls equal sides
    different.
    """
    if abs(_ahead(telling)) <= _CONTINUITY:
        return 1.0
    import numpy as np  # noqa: PLC0415 - as above
    from statsmodels.stats.contingency_tables import StratifiedTable  # noqa: PLC0415 - as above

    tables = [[[mine.passed, mine.failed], [other.passed, other.failed]] for mine, other in telling]
    stratified = StratifiedTable(np.array(tables, dtype=float).transpose(1, 2, 0))
    return float(stratified.test_null_odds(correction=True).pvalue)


def _ahead(telling: Sequence[tuple[Tally, Tally]]) -> float:
    """Passes of the candidate beyond what equal sides would have, summed over the scenarios."""
    return sum(
        mine.passed - mine.total * (mine.passed + other.passed) / (mine.total + other.total) for mine, other in telling
    )


def holm(p_values: Mapping[_Key, float]) -> dict[_Key, float]:
    """Holm's adjusted p values. statsmodels has them too, but collects garbage at each call: 40 ms a time."""
    adjusted: dict[_Key, float] = {}
    worst = 0.0
    for rank, name in enumerate(sorted(p_values, key=p_values.__getitem__)):
        worst = max(worst, min(1.0, p_values[name] * (len(p_values) - rank)))
        adjusted[name] = worst
    return adjusted


def _able(pairs: Pairs, alpha: float) -> Pairs:
    """The scenarios whose test could say anything: all the others need no share of `alpha` (Tarone 1990).

    With no more than n failures on both sides together even the worst split of them has a least p value; a scenario
    that always passed on both sides could never be significant, and must not make the others less so.
    """
    names = list(pairs)
    least = drop_ps([_worst_split(*pairs[name]) for name in names])
    for share in range(1, len(names) + 1):
        able = [name for name, p in zip(names, least, strict=True) if p <= alpha / share]
        if len(able) <= share:
            return {name: pairs[name] for name in able}
    return pairs


def _worst_split(mine: Tally, other: Tally) -> tuple[Tally, Tally]:
    """The same trials, with as many as possible of the failures on the candidate's side."""
    failed = mine.failed + other.failed
    own = min(failed, mine.total)
    return Tally(mine.total - own, mine.total), Tally(other.total - (failed - own), other.total)


def _at_most(p_values: Mapping[str, float], alpha: float) -> tuple[str, ...]:
    return tuple(sorted((name for name, p in p_values.items() if p <= alpha), key=p_values.__getitem__))
