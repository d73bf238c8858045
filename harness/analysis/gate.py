"""May it be merged? A pure function of runs and policy, with every reason."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.analysis.decision import Decision, Reason, Ruling, Weight, ruled
from harness.analysis.exact_gate import changed_verdicts, comparable, drops
from harness.analysis.judgeable import obstacles, unfit
from harness.analysis.limits import bounds, must_pass
from harness.analysis.live_gate import Fresh, findings, screening
from harness.analysis.metrics import metrics_of
from harness.analysis.policy import Tier
from harness.analysis.power import blind_spot
from harness.analysis.sides import only_variant
from harness.analysis.summary import summary_of
from harness.core.results import Mode, Verdict
from harness.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from harness.analysis.limits import Finding
    from harness.analysis.policy import Policy
    from harness.analysis.summary import Summary
    from harness.core.results import Run

_SUPPORTING_THAT_BLOCK = 2


def decide(
    run: Run, policy: Policy, baseline: Summary | None = None, *, now: datetime, fresh: Fresh | None = None
) -> Decision:
    """Whether `run` keeps what `policy` asks, held against `baseline`.

    Replays are judged exactly. Live runs are screened against the baseline's pooled trials; on alarm the decision is
    inconclusive and `confirm` says which scenarios need trials of both sides, to be handed over as `fresh`. `now`
    tells how old the baseline is. Raises UsageError when the run mixes variants.
    """
    summary = summary_of(only_variant(run))
    reasons = list(obstacles(run, policy, baseline, now))
    asked: tuple[str, ...] = ()
    if run.trials:
        reasons += [*must_pass(run, policy, summary), *_missing(summary, baseline), *_unheld(summary, baseline, policy)]
        found = list(bounds(run, policy, metrics_of(run).layers, summary))
        if baseline is not None and not any(
            each.rule == "baseline" for each in reasons if each.weight is Weight.UNJUDGED
        ):
            against, asked = _against(summary, baseline, policy, fresh)
            reasons += [reason for tier, reason in against if tier is None]
            found += [(tier, reason) for tier, reason in against if tier is not None]
        reasons += _weighed(found)
    verdict, code = ruled(tuple(reasons), policy)
    return Decision(
        verdict=verdict,
        code=ExitCode.NOTHING_SELECTED if not run.trials and verdict is not Ruling.FAIL else code,
        reasons=tuple(reasons),
        blind_spots=tuple(_blind_spots(run, summary, baseline)),
        confirm=asked,
        variant=run.info.variant,
        limits=_limits(policy),
    )


def _against(
    now: Summary, baseline: Summary, policy: Policy, fresh: Fresh | None
) -> tuple[list[tuple[Tier | None, Reason]], tuple[str, ...]]:
    """What the baseline tells, and the scenarios that must be confirmed first."""
    if now.mode is Mode.REPLAY:
        changes = [(None, reason) for reason in changed_verdicts(now, baseline, policy)]
        return [*changes, *drops(now, baseline, policy)], ()
    alarm, asked = screening(now, baseline, policy)
    if not alarm.raised:
        return [], ()
    if fresh is not None and (wrong := tuple(unfit(fresh, now, baseline))):
        return [(None, each) for each in wrong], asked
    if fresh is not None:
        confirmed = list(findings(alarm, now, fresh, policy, asked))
        cleared = "" if confirmed else "; fresh trials of both sides did not confirm it"
        note = Reason(weight=Weight.NOTE, rule="live", message=_alarmed(alarm.dropped, alarm.broken) + cleared)
        open_still = any(reason.weight is Weight.UNDECIDED for _, reason in confirmed)
        return [(None, note), *confirmed], asked if open_still else ()
    text = _alarmed(alarm.dropped, alarm.broken) + "; history may screen but not block: run fresh trials of both sides"
    return [(None, Reason(weight=Weight.UNDECIDED, rule="live", message=text, scenarios=asked))], asked


def _alarmed(metrics: tuple[str, ...], scenarios: tuple[str, ...]) -> str:
    what = [*(f"{name} over the suite" for name in metrics), *scenarios[:5]]
    more = f" and {len(scenarios) - 5} more" if len(scenarios) > 5 else ""  # noqa: PLR2004 - as many as shown above
    return f"looks worse than history: {', '.join(what)}{more}"


def _missing(summary: Summary, baseline: Summary | None) -> Iterator[Reason]:
    gone = tuple(name for name in baseline.entries if name not in summary.entries) if baseline else ()
    if baseline and gone and len(gone) < len(baseline.entries):
        text = f"MISSING: {len(gone)} scenarios of the baseline did not run; bless a run without them if that is meant"
        yield Reason(weight=Weight.BROKEN, rule="scenarios", message=text, scenarios=gone)


def _unheld(summary: Summary, baseline: Summary | None, policy: Policy) -> Iterator[Reason]:
    """Scenarios without a baseline: held to the floors, and to passing where the policy has none."""
    loose = [name for name in summary.entries if baseline is None or not comparable(name, summary, baseline)]
    decide_ = [name for name in loose if not summary.entries[name].quarantined]
    failed = tuple(name for name in decide_ if summary.entries[name].verdict is Verdict.FAILED)
    if failed and not _limits(policy):
        text = f"{len(failed)} scenarios failed, with no baseline and no floor that allows it: {', '.join(failed[:5])}"
        yield _first_blame(Reason(weight=Weight.BROKEN, rule="scenarios", message=text, scenarios=failed), summary)
    elif decide_ and baseline is not None:
        text = f"{len(decide_)} scenarios are new or changed and have no baseline, only floors"
        yield Reason(weight=Weight.NOTE, rule="baseline", message=text, scenarios=tuple(decide_))


def _first_blame(reason: Reason, summary: Summary) -> Reason:
    fault = next((fault for name in reason.scenarios for fault in summary.entries[name].faults), None)
    return replace(reason, layer=fault.layer, agent=fault.agent) if fault else reason


def _weighed(found: Iterable[Finding]) -> list[Reason]:
    """Tiers at work: advisory findings become notes, and so does a supporting one that breaks alone."""
    listed = list(found)
    supporting = {reason.rule for tier, reason in listed if tier is Tier.SUPPORTING and reason.weight is Weight.BROKEN}
    block = len(supporting) >= _SUPPORTING_THAT_BLOCK
    return [
        reason
        if tier is Tier.CRITICAL or (tier is Tier.SUPPORTING and block)
        else replace(reason, weight=Weight.NOTE, message=f"{reason.message} ({tier}: shown, does not block)")
        for tier, reason in listed
    ]


def _blind_spots(run: Run, summary: Summary, baseline: Summary | None) -> Iterator[str]:
    aside = sorted(name for name, entry in summary.entries.items() if entry.quarantined)
    if aside:
        yield f"{len(aside)} quarantined scenarios decide nothing: {', '.join(aside[:5])}"
    if run.info.mode is Mode.REPLAY:
        yield "a replay repeats recorded answers: it cannot see that a model answers otherwise today"
    if baseline is None:
        yield "without a baseline no drop can be seen, only what is below a floor or failed"
    elif run.info.mode is not Mode.REPLAY and run.trials:
        yield blind_spot(summary, baseline)


def _limits(policy: Policy) -> dict[str, float]:
    bounds_ = {name: rule.floor if rule.floor is not None else rule.ceiling for name, rule in policy.metrics.items()}
    return {name: value for name, value in bounds_.items() if value is not None}
