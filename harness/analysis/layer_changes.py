"""How much a metric changed between two sides, how sure that is, and which test says so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt
from typing import TYPE_CHECKING

from harness.analysis.screening import holm, paired, suite_p
from harness.analysis.statistics import CONFIDENCE, Interval, proportion_interval
from harness.analysis.tally import LABELS, Tally, pooled
from harness.analysis.verdicts import COUNTED_FAULTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.screening import Pairs
    from harness.analysis.summary import Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerChange:
    """One metric on both sides, over the `scenarios` that both judged.

    Rates are the share of faults for `lower_is_better`, the share that passed otherwise. `change` is after minus
    before, the mean over the scenarios, in points of 0..1, with its `interval`. `p` is two-sided, `adjusted_p` is
    Holm's over the metrics of all candidates that were compared at once; both are None where nothing could be told.
    """

    metric: str
    label: str
    before: Tally
    after: Tally
    scenarios: int
    change: float
    interval: Interval | None
    p: float | None
    test: str
    adjusted_p: float | None = None
    lower_is_better: bool = False

    @property
    def rate_before(self) -> float | None:
        """The reference's rate."""
        return self._rate(self.before)

    @property
    def rate_after(self) -> float | None:
        """The candidate's rate."""
        return self._rate(self.after)

    @property
    def worse(self) -> bool:
        """Whether the metric went the wrong way, however slightly."""
        return self.change > 0 if self.lower_is_better else self.change < 0

    @property
    def significant(self) -> bool:
        """Whether the change is beyond chance at 5%, all metrics of the comparison taken into account."""
        return self.adjusted_p is not None and self.adjusted_p <= 1 - CONFIDENCE

    def _rate(self, tally: Tally) -> float | None:
        rate = tally.rate
        return rate if rate is None or not self.lower_is_better else 1 - rate


def layer_changes(candidate: Summary, reference: Summary) -> tuple[LayerChange, ...]:
    """Every metric that both sides judged on scenarios that are the same case on both; p values are not adjusted."""
    same = {
        name
        for name, entry in candidate.entries.items()
        if name in reference.entries and entry.same_case(reference.entries[name])
    }
    found = []
    for metric in LABELS:
        pairs = paired(candidate.tallies(metric), reference.tallies(metric))
        pairs = {name: pair for name, pair in pairs.items() if name in same}
        if pairs:
            found.append(_change(metric, pairs))
    return tuple(found)


def holm_adjusted(sides: Sequence[tuple[LayerChange, ...]]) -> list[tuple[LayerChange, ...]]:
    """The changes of one or several candidates with p values adjusted over all of them: one family."""
    adjusted = holm({(at, each.metric): each.p for at, side in enumerate(sides) for each in side if each.p is not None})
    return [
        tuple(replace(each, adjusted_p=adjusted.get((at, each.metric))) for each in side)
        for at, side in enumerate(sides)
    ]


def _change(metric: str, pairs: Pairs) -> LayerChange:
    faults = metric in COUNTED_FAULTS
    differences = [_rate(mine) - _rate(other) for mine, other in pairs.values()]
    least, most = (pick(tally.total for pair in pairs.values() for tally in pair) for pick in (min, max))
    single = most == 1
    middle = sum(differences) / len(differences)
    interval = _paired_interval(differences) if least == 1 else _stratified_interval(pairs, middle)
    return LayerChange(
        metric=metric,
        label=LABELS[metric],
        before=pooled(other for _, other in pairs.values()),
        after=pooled(mine for mine, _ in pairs.values()),
        scenarios=len(pairs),
        change=-middle if faults and middle else middle,
        interval=_mirrored(interval) if faults and interval else interval,
        p=_mcnemar_p(differences) if single else suite_p(pairs),
        test="McNemar, paired by scenario" if single else "Mantel-Haenszel, stratified by scenario",
        lower_is_better=faults,
    )


def _rate(tally: Tally) -> float:
    return tally.passed / tally.total


def _mcnemar_p(differences: Sequence[float]) -> float | None:
    """McNemar's exact test (1947) over the scenarios that ended differently; None when none did."""
    up, down = sum(each > 0 for each in differences), sum(each < 0 for each in differences)
    if up + down == 0:
        return None
    from scipy.stats import binomtest  # noqa: PLC0415 - most of a second, and not every comparison has a difference

    return float(binomtest(min(up, down), up + down).pvalue)


def _paired_interval(differences: Sequence[float]) -> Interval | None:
    """For scenarios like these: Student's t over the differences (Miller 2024, arXiv 2411.00640).

    It asks for no repeats, because each scenario is one observation. Where no scenario differs, what can still hide
    is bounded by the exact interval of none in so many.
    """
    if not any(differences):
        hidden = proportion_interval(0, len(differences))
        return Interval(-hidden.high, hidden.high, "Clopper-Pearson") if hidden else None
    if len(differences) < 2:  # noqa: PLR2004 - a variance needs two
        return None
    from scipy.stats import t  # noqa: PLC0415 - as above

    count, middle = len(differences), sum(differences) / len(differences)
    spread = sum((each - middle) ** 2 for each in differences) / (count - 1)
    half = sqrt(spread / count) * float(t.ppf((1 + CONFIDENCE) / 2, count - 1))
    return _around(middle, half, "paired t")


def _stratified_interval(pairs: Pairs, middle: float) -> Interval:
    """For exactly these scenarios: the variance within each of them, so it needs two trials on either side.

    Scenarios without any spread say little about their own variance: each rate is taken half a trial away from 0 and
    1 (Agresti and Caffo 2000 add a success and a failure in the same spirit).
    """
    from scipy.stats import norm  # noqa: PLC0415 - as above

    variance = sum(_variance(mine) + _variance(other) for mine, other in pairs.values()) / len(pairs) ** 2
    return _around(middle, sqrt(variance) * float(norm.ppf((1 + CONFIDENCE) / 2)), "stratified")


def _variance(tally: Tally) -> float:
    rate = (tally.passed + 0.5) / (tally.total + 1)
    return rate * (1 - rate) / tally.total


def _around(middle: float, half: float, method: str) -> Interval:
    return Interval(max(-1.0, middle - half), min(1.0, middle + half), method)


def _mirrored(interval: Interval) -> Interval:
    return replace(interval, low=-interval.high, high=-interval.low)
