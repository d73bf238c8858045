"""One card a layer: the rate with all that is needed not to be fooled by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.metrics import Metric
from harness.analysis.statistics import Interval
from harness.core.results import Verdict
from harness.reporting.numbers import count, percent, plural, points
from harness.reporting.view import CARDS, Report

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


_SPARK_WIDTH, _SPARK_HEIGHT, _SPARK_INSET = 96.0, 20.0, 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A layer's card. Rates are in 0..1; `notes` are short lines below the number."""

    metric: Metric
    number: str
    hits: str
    interval: Interval | None
    interval_text: str
    change: str
    worse: bool
    limit: float | None
    limit_text: str
    broken: bool
    notes: tuple[str, ...]
    spark: str


def cards(report: Report) -> tuple[Card, ...]:
    """The cards in the order of the layers."""
    return tuple(_card(report, report.metrics.layers[name]) for name in CARDS)


def _card(report: Report, metric: Metric) -> Card:
    before = report.changes.rates.get(metric.name) if report.changes else None
    change = metric.rate - before if before is not None and metric.rate is not None else None
    limit = report.gate.limits.get(metric.name) if report.gate else None
    interval = metric.population or metric.interval
    return Card(
        metric=metric,
        number=percent(metric.rate),
        hits=f"{count(metric.hits)} of {count(metric.n)}" if metric.n else "nothing judged",
        interval=interval,
        interval_text=f"{percent(interval.low)} to {percent(interval.high)}" if interval else "",
        change=points(change),
        worse=change is not None and change < 0,
        limit=limit,
        limit_text=f"gate {percent(limit)}" if limit is not None else "",
        broken=limit is not None and (metric.rate is None or metric.rate < limit),
        notes=tuple(_notes(report, metric)),
        spark=spark((*report.trend.get(metric.name, ()), metric.rate)),
    )


def _notes(report: Report, metric: Metric) -> Iterator[str]:
    if metric.errored:
        yield f"{count(metric.errored)} could not be judged"
    if metric.not_applicable:
        word = "unchecked" if metric.name == "end_to_end" else "not reached"
        yield f"{count(metric.not_applicable)} {word}"
    if metric.name == "escalation":
        yield from _faults(report)
    given = metric.given_above
    if given is not None and given.rate not in (None, metric.rate):
        yield f"{percent(given.rate)} of {count(given.n)} where the layer above was right"
    if metric.suite is not None:
        yield f"this suite: {percent(metric.suite.low)} to {percent(metric.suite.high)}"
    if metric.at and metric.at[-1].k > 1:
        one, most = metric.at[0], metric.at[-1]
        yield f"pass@1 {percent(one.any_of)} of {plural(one.n, 'scenario')}"
        yield f"pass^{most.k} {percent(most.all_of)} of {plural(most.n, 'scenario')}"
    aside = report.metrics.quarantined[metric.name]
    if aside.n:
        yield f"quarantined: {count(aside.hits)} of {count(aside.n)}, not counted"


def _faults(report: Report) -> Iterator[str]:
    for fault in ("missed", "needless"):
        metric = report.metrics.layers[f"escalation.{fault}"]
        if metric.n:
            yield f"{fault}: {count(metric.hits)} of {count(metric.n)}"


def spark(values: Sequence[float | None]) -> str:
    """Points of a polyline for rates in 0..1, oldest first; empty when there are fewer than two."""
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    if len(known) < 2:  # noqa: PLR2004 - a line needs two points
        return ""
    step = (_SPARK_WIDTH - 2 * _SPARK_INSET) / (len(values) - 1)
    lowest = min(value for _, value in known)
    floor = min(lowest, 0.5)
    height = _SPARK_HEIGHT - 2 * _SPARK_INSET
    return " ".join(
        f"{_SPARK_INSET + place * step:.1f},{_SPARK_INSET + height * (1 - (value - floor) / (1 - floor or 1)):.1f}"
        for place, value in known
    )


CODES = {Verdict.PASSED: "p", Verdict.FAILED: "f", Verdict.ERRORED: "e", Verdict.NOT_APPLICABLE: "n"}
"""Short class names for verdicts."""
