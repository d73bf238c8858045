"""The gate of replays: recorded answers give the same result each time, so any change is a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.analysis.comparison import Change, kind_of
from harness.analysis.decision import Reason, Weight
from harness.analysis.limits import Finding, blamed
from harness.analysis.tally import pooled
from harness.analysis.verdicts import COUNTED_FAULTS
from harness.core.results import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.analysis.policy import Policy
    from harness.analysis.summary import Summary

EPSILON = 1e-9


def changed_verdicts(now: Summary, baseline: Summary, policy: Policy) -> Iterator[Reason]:
    """Every scenario that changed. A fixed one is shown, so that it can be blessed; it does not block."""
    for name, entry in now.entries.items():
        before = baseline.entries.get(name)
        if before is None or entry.quarantined or before.quarantined:
            continue
        match kind_of(entry, before):
            case Change.REGRESSED:
                yield blamed(Weight.BROKEN, "baseline", f"{name} regressed: {entry.why}", now, (name,))
            case Change.FIXED:
                yield _note(f"{name} passes now; bless it to keep it so", name)
            case Change.OTHER_PATH if policy.paths:
                text = f"{name} took another path to the same verdict, and the policy holds paths"
                yield Reason(weight=Weight.BROKEN, rule="paths", message=text, scenarios=(name,))
            case Change.OTHER_PATH:
                yield _note(f"{name} took another path to the same verdict", name)
            case Change.UNJUDGED if before.verdict is Verdict.ERRORED:
                yield _note(f"{name} could not be judged when the baseline was blessed", name)
            case _:
                continue


def drops(now: Summary, baseline: Summary, policy: Policy) -> Iterator[Finding]:
    """Metrics that fell by more than `max_drop` over the scenarios that both have."""
    same = [name for name, entry in now.entries.items() if comparable(name, now, baseline) and not entry.quarantined]
    for metric, rule in policy.metrics.items():
        sides = [(now.entries[name].tally(metric), baseline.entries[name].tally(metric)) for name in same]
        after, before = pooled(mine for mine, _ in sides), pooled(other for _, other in sides)
        if rule.max_drop is None or after.rate is None or before.rate is None:
            continue
        drop = before.rate - after.rate
        if drop > rule.max_drop + EPSILON:
            verb = "rose" if metric in COUNTED_FAULTS else "fell"
            text = f"{metric} {verb} by {drop * 100:.1f} points against the baseline, {rule.max_drop * 100:.1f} allowed"
            names = tuple(name for name, (mine, other) in zip(same, sides, strict=True) if mine.failed > other.failed)
            yield rule.tier, blamed(Weight.BROKEN, metric, text, now, names)


def comparable(name: str, now: Summary, baseline: Summary) -> bool:
    """Whether the scenario is the same case in the baseline."""
    before = baseline.entries.get(name)
    return before is not None and now.entries[name].same_case(before)


def _note(message: str, scenario: str) -> Reason:
    return Reason(weight=Weight.NOTE, rule="baseline", message=message, scenarios=(scenario,))
