"""The gate of live runs: screen against pooled history, then confirm with fresh trials of both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.decision import Reason, Weight
from harness.analysis.exact_gate import comparable
from harness.analysis.limits import Finding, blamed
from harness.analysis.policy import Tier
from harness.analysis.screening import CONFIRM_TRIALS, Alarm, Pairs, confirm, paired, screen
from harness.analysis.summary import Summary
from harness.analysis.tally import LABELS, NOTHING, OVERALL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.analysis.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """Trials of both sides, run in the same minutes, scenario by scenario in turn."""

    candidate: Summary
    baseline: Summary


def screening(now: Summary, baseline: Summary, policy: Policy) -> tuple[Alarm, tuple[str, ...]]:
    """What looks worse than history, and the scenarios whose fresh trials would tell.

    All of them when a metric fell over the suite, else only the scenarios that fell by themselves.
    """
    pairs = {metric: _pairs(metric, now, baseline) for metric in watched(policy)}
    alarm = screen(pairs)
    return alarm, tuple(pairs[OVERALL]) if alarm.dropped else alarm.broken


def findings(alarm: Alarm, now: Summary, fresh: Fresh, policy: Policy, asked: tuple[str, ...]) -> Iterator[Finding]:
    """What the fresh trials confirm. Scenarios that were asked for and are not there leave the gate open."""
    pairs = {metric: _pairs(metric, fresh.candidate, fresh.baseline) for metric in watched(policy)}
    thin = tuple(name for name in asked if min(_trials(name, pairs.get(OVERALL, {}))) < CONFIRM_TRIALS)
    if thin:
        text = f"{len(thin)} scenarios lack the {CONFIRM_TRIALS} fresh trials a side that confirm or clear them"
        yield Tier.CRITICAL, Reason(weight=Weight.UNDECIDED, rule="live", message=text, scenarios=thin)
    confirmed = confirm(alarm, pairs)
    for name in confirmed.broken:
        mine, other = pairs[OVERALL][name]
        text = (
            f"{name} broke: {mine.passed}/{mine.total} of fresh trials passed, {other.passed}/{other.total} on the"
            f" baseline's side (adjusted p = {confirmed.scenarios[name]:.2g})"
        )
        yield Tier.CRITICAL, blamed(Weight.BROKEN, "live", text, now, (name,))
    for metric in confirmed.dropped:
        yield from _dropped(metric, pairs[metric], confirmed.metrics[metric], now, policy)


def watched(policy: Policy) -> tuple[str, ...]:
    """The verdict of the trials, and every metric whose drop the policy limits."""
    return (OVERALL, *(name for name, rule in policy.metrics.items() if rule.max_drop is not None))


def _dropped(metric: str, pairs: Pairs, p: float, now: Summary, policy: Policy) -> Iterator[Finding]:
    rates = [(mine.passed / mine.total, other.passed / other.total) for mine, other in pairs.values()]
    drop = sum(other - mine for mine, other in rates) / len(rates)
    rule = policy.metrics.get(metric)
    tier = rule.tier if rule else Tier.CRITICAL
    allowed = rule.max_drop or 0.0 if rule else 0.0
    text = (
        f"{LABELS[metric].lower()}: {drop * 100:.1f} points worse on fresh trials of both sides (adjusted p = {p:.2g})"
    )
    worse = tuple(
        name for name, (mine, other) in pairs.items() if mine.passed * other.total < other.passed * mine.total
    )
    weight = Weight.BROKEN if drop > allowed else Weight.NOTE
    yield tier, blamed(weight, "live" if metric == OVERALL else metric, text, now, worse)


def _pairs(metric: str, now: Summary, baseline: Summary) -> Pairs:
    found = paired(now.tallies(metric), baseline.tallies(metric))
    return {name: pair for name, pair in found.items() if comparable(name, now, baseline)}


def _trials(name: str, pairs: Pairs) -> tuple[int, int]:
    mine, other = pairs.get(name, (NOTHING, NOTHING))
    return mine.total, other.total
