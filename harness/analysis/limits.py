"""What a policy asks of a run by itself: floors, ceilings, scenarios that must pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.analysis.decision import Reason, Weight
from harness.analysis.outcome import scenario_results
from harness.analysis.policy import Tier
from harness.analysis.summary import culprits
from harness.core.results import Mode, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.analysis.metrics import Metric
    from harness.analysis.policy import Policy, Rule
    from harness.analysis.summary import Summary
    from harness.core.results import Run

Finding = tuple[Tier, Reason]
"""A broken rule with its tier: how much it weighs depends on what else broke."""


def must_pass(run: Run, policy: Policy, summary: Summary) -> Iterator[Reason]:
    """The scenarios that must pass, quarantined or not: a quarantine does not lift what a policy demands by name."""
    results = {each.scenario.id: each for each in scenario_results(run)}
    for name in policy.must_pass:
        if name not in results:
            yield Reason(
                weight=Weight.BROKEN, rule="must_pass", message=f"{name} must pass and did not run", scenarios=(name,)
            )
        elif results[name].verdict is not Verdict.PASSED:
            entry = summary.entries[name]
            text = f"{name} must pass and {results[name].verdict.replace('_', ' ')}" + (
                f": {entry.why}" if entry.why else ""
            )
            weight = Weight.UNJUDGED if results[name].verdict is Verdict.ERRORED else Weight.BROKEN
            yield blamed(weight, "must_pass", text, summary, (name,))


def bounds(run: Run, policy: Policy, metrics: Mapping[str, Metric], summary: Summary) -> Iterator[Finding]:
    """Floors and ceilings; of live runs a rate that is within chance of its bound is left undecided."""
    exact = run.info.mode is Mode.REPLAY
    for name, rule in policy.metrics.items():
        metric = metrics[name]
        if metric.rate is None:
            text = f"{name} was not measured: no trial of this run speaks to it"
            yield rule.tier, Reason(weight=Weight.BROKEN, rule=name, message=text)
            continue
        said = _beyond(metric, rule)
        if said:
            open_still = not exact and _may_keep(metric, rule)
            names = _failing(summary, name)
            text = f"{name} is {metric.rate:.1%} ({metric.hits}/{metric.n}), {said}"
            text += "; the interval leaves it open, run more trials" if open_still else ""
            yield rule.tier, blamed(Weight.UNDECIDED if open_still else Weight.BROKEN, name, text, summary, names)


def blamed(weight: Weight, rule: str, text: str, summary: Summary, names: tuple[str, ...]) -> Reason:
    """A reason that names who is blamed for the failures of these scenarios."""
    found = culprits([summary.entries[name] for name in names if name in summary.entries])
    first = found[0] if found else None
    who = f" [{first.layer or 'end to end'}: {first.agent}]" if first and first.agent else ""
    return Reason(
        weight=weight,
        rule=rule,
        message=text + who,
        layer=first.layer if first else None,
        agent=first.agent if first else None,
        scenarios=names,
    )


def _beyond(metric: Metric, rule: Rule) -> str:
    rate = metric.rate or 0.0
    if rule.floor is not None and rate < rule.floor:
        return f"below its floor of {rule.floor:.1%}"
    if rule.ceiling is not None and rate > rule.ceiling:
        return f"above its ceiling of {rule.ceiling:.1%}"
    return ""


def _may_keep(metric: Metric, rule: Rule) -> bool:
    """Whether the interval of the rate reaches the bound that the rate misses."""
    interval = metric.suite or metric.interval
    if interval is None:
        return False
    floor = rule.floor if rule.floor is not None else 0.0
    ceiling = rule.ceiling if rule.ceiling is not None else 1.0
    return interval.high >= floor and interval.low <= ceiling


def _failing(summary: Summary, metric: str) -> tuple[str, ...]:
    return tuple(name for name, tally in summary.tallies(metric).items() if tally.failed)
