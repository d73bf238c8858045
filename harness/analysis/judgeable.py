"""Can this run be judged at all? What stands in the way never looks like a pass."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from harness.analysis.agent_changes import agent_changes
from harness.analysis.baseline import age_in_days
from harness.analysis.decision import Reason, Weight
from harness.analysis.outcome import quarantined_ids
from harness.core.results import Mode, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from harness.analysis.live_gate import Fresh
    from harness.analysis.policy import Policy
    from harness.analysis.summary import Summary
    from harness.core.results import Run


def obstacles(run: Run, policy: Policy, baseline: Summary | None, now: datetime) -> Iterator[Reason]:
    """Every reason why the gate cannot say yes or no."""
    yield from _of_run(run)
    yield from _errors(run, policy)
    if baseline is not None:
        yield from _of_baseline(run, policy, baseline, now)
    elif asked := [name for name, rule in policy.metrics.items() if rule.max_drop is not None]:
        yield _unjudged("baseline", f"max_drop of {', '.join(asked)} needs a baseline, and none is given")


def _of_run(run: Run) -> Iterator[Reason]:
    if not run.trials:
        yield _unjudged("selection", "nothing ran: an empty selection proves nothing")
    if not run.complete:
        yield _unjudged("run", "the run was not finished")
    if run.info.shard:
        yield _unjudged("run", f"the run is only shard {run.info.shard}; merge the shards first")
    aside = quarantined_ids(run)
    if run.scenarios and len(aside) == len(run.scenarios):
        yield _unjudged("quarantine", "every scenario is quarantined, so nothing decides")
    if run.info.mode is Mode.RECORD and any(trial.traffic.replayed for trial in run.trials):
        yield _unjudged("run", "it recorded only what was missing, so that its trials are neither live nor replays")
    unrun = sorted({each.id for each in run.scenarios} - {trial.scenario for trial in run.trials} - aside)
    if unrun and run.trials:
        yield _unjudged("run", f"{len(unrun)} selected scenarios have no trial", *unrun)
    deciding = (trial for trial in run.trials if trial.scenario not in aside)
    stale = _unique(trial.scenario for trial in deciding if trial.cassette and trial.cassette.stale)
    if stale:
        yield _unjudged("cassettes", f"the recordings of {len(stale)} scenarios are stale; record them again", *stale)


def _errors(run: Run, policy: Policy) -> Iterator[Reason]:
    """A replay has no excuse for an error; of live trials a few may be lost to the network."""
    aside = quarantined_ids(run)
    trials = [trial for trial in run.trials if trial.scenario not in aside]
    errored = [trial for trial in trials if trial.verdict is Verdict.ERRORED]
    if not errored:
        return
    share = len(errored) / len(trials)
    kinds = Counter(trial.error.type if trial.error else "error" for trial in errored)
    shown = ", ".join(f"{count} x {kind}" for kind, count in kinds.most_common(3))
    names = _unique(trial.scenario for trial in errored)
    text = f"{len(errored)} of {len(trials)} trials ({share:.1%}) could not be judged: {shown}"
    if run.info.mode is Mode.REPLAY or share > policy.max_errors:
        limit = "" if run.info.mode is Mode.REPLAY else f"; at most {policy.max_errors:.0%} may be lost"
        yield _unjudged("errors", text + limit, *names)
    else:
        yield Reason(weight=Weight.NOTE, rule="errors", message=f"{text}; they count as neither", scenarios=names)


def _of_baseline(run: Run, policy: Policy, baseline: Summary, now: datetime) -> Iterator[Reason]:
    mine = Mode.REPLAY if run.info.mode is Mode.REPLAY else Mode.LIVE
    if baseline.system != run.info.system:
        yield _unjudged("baseline", f"the baseline is of system {baseline.system!r}, the run of {run.info.system!r}")
    elif run.scenarios and not {each.id for each in run.scenarios} & set(baseline.entries):
        yield _unjudged("baseline", "the baseline is of another suite: it has no scenario of this run")
    if baseline.mode is not mine:
        yield _unjudged(
            "baseline", f"the baseline is of {baseline.mode} runs, this is a {mine} run; bless one of those"
        )
    age = age_in_days(baseline, now)
    if age is None:
        yield _unjudged("baseline", f"the baseline's date {baseline.created_at!r} cannot be read")
    elif age > policy.max_age_days:
        text = f"the baseline is {age} days old, more than {policy.max_age_days}; bless a newer run"
        yield _unjudged("baseline", text)


def unfit(fresh: Fresh, now: Summary, baseline: Summary) -> Iterator[Reason]:
    """Why fresh trials say nothing of what looked worse: clearing by the wrong runs would be a silent pass."""
    used = {*now.runs, *baseline.runs}
    sides = (("candidate's", fresh.candidate, now), ("baseline's", fresh.baseline, baseline))
    for whose, side, meant in sides:
        if side.mode is Mode.REPLAY:
            yield _unjudged("live", f"the fresh trials of the {whose} side are replays, which are none")
        if used & set(side.runs):
            yield _unjudged("live", f"run {side.runs[0]} of the {whose} side was judged before: it is not fresh")
        if other := [each.agent for each in agent_changes(side.agents, meant.agents, {})]:
            text = f"the fresh trials of the {whose} side ran agents that are defined otherwise: {', '.join(other)}"
            yield _unjudged("live", text)
    if set(fresh.candidate.runs) & set(fresh.baseline.runs):
        yield _unjudged("live", f"run {fresh.baseline.runs[0]} stands for both sides")


def _unjudged(rule: str, message: str, *scenarios: str) -> Reason:
    return Reason(weight=Weight.UNJUDGED, rule=rule, message=message, scenarios=scenarios)


def _unique(names: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
