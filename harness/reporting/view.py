"""What a report shows, computed before anything is rendered. Every format starts from a `Report`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.analysis.metrics import Metrics, metrics_of
from harness.analysis.outcome import ScenarioResult, run_verdict
from harness.core.results import Run, Verdict
from harness.reporting.numbers import money, percent, plural

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.analysis.agent_changes import AgentChange  # noqa: TC004 - nothing evaluates these annotations

WORDS: Mapping[Verdict, str] = {
    Verdict.PASSED: "passed",
    Verdict.FAILED: "failed",
    Verdict.ERRORED: "could not judge",
    Verdict.NOT_APPLICABLE: "unchecked",
}
"""Verdicts in words."""

SIGNS: Mapping[Verdict, str] = {
    Verdict.PASSED: "✓",
    Verdict.FAILED: "✗",
    Verdict.ERRORED: "!",
    Verdict.NOT_APPLICABLE: "-",
}
"""One sign for each verdict, so that colour is never alone."""

CARDS = ("triage.routing", "specialist.tools", "helper.tools", "escalation", "end_to_end")
"""The metrics that every report leads with, in this order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateShown:
    """What a gate decided; an empty `sentence` leaves the headline to the run. `limits` are floors by metric."""

    verdict: Verdict
    sentence: str = ""
    reasons: tuple[str, ...] = ()
    limits: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesShown:
    """What differs from a baseline: scenarios by id, and agents. `rates` are the baseline's, by metric."""

    baseline: str
    sentence: str = ""
    regressed: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    other_path: tuple[str, ...] = ()
    unjudged: tuple[str, ...] = ()
    changed_expectation: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    rates: Mapping[str, float] = field(default_factory=dict)
    agents: tuple[AgentChange, ...] = ()

    @property
    def kinds(self) -> Mapping[str, str]:
        """What changed, by scenario; those that did not change are left out."""
        return {scenario: name for name in CHANGES for scenario in getattr(self, name)}


CHANGES: Mapping[str, str] = {
    "regressed": "regressed",
    "fixed": "fixed",
    "other_path": "other path, same verdict",
    "unjudged": "could not be judged",
    "changed_expectation": "changed expectation",
    "new": "new",
    "removed": "removed",
}
"""Kinds of change, with the words for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A run, everything counted over it, and what is said about it.

    `trend` holds the rates of earlier runs by metric, oldest first, this run not included. `other` is the run that
    this one is held against, where more of it is at hand than its rates.
    """

    run: Run
    metrics: Metrics
    verdict: Verdict
    gate: GateShown | None = None
    changes: ChangesShown | None = None
    trend: Mapping[str, tuple[float | None, ...]] = field(default_factory=dict)
    other: Run | None = None

    @property
    def results(self) -> tuple[ScenarioResult, ...]:
        """One result for each scenario and variant."""
        return self.metrics.results

    @property
    def counted(self) -> tuple[ScenarioResult, ...]:
        """The results that decide: quarantined ones are left out."""
        return tuple(each for each in self.results if not each.quarantined)

    def count(self, verdict: Verdict) -> int:
        """How many scenarios that decide ended so."""
        return sum(each.verdict is verdict for each in self.counted)


def report_of(
    run: Run,
    *,
    gate: GateShown | None = None,
    changes: ChangesShown | None = None,
    trend: Mapping[str, tuple[float | None, ...]] | None = None,
    other: Run | None = None,
) -> Report:
    """Count `run` and find its verdict: the gate's, or without one the worst of its scenarios."""
    metrics = metrics_of(run)
    verdict = gate.verdict if gate else run_verdict(run, metrics.results)
    return Report(run=run, metrics=metrics, verdict=verdict, gate=gate, changes=changes, trend=trend or {}, other=other)


def short_changes(changes: ChangesShown) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Name, words and scenarios of each kind of change; the rarer kinds only where there are any."""
    found = ((name, words, getattr(changes, name)) for name, words in CHANGES.items())
    return tuple(each for each in found if each[2] or each[0] not in ("unjudged", "changed_expectation"))


def title(report: Report) -> str:
    """What the browser's tab says."""
    return f"{WORDS[report.verdict].upper()} {_score(report)} · agent evaluation"


def headline(report: Report) -> str:
    """The verdict as one sentence."""
    if report.gate and report.gate.sentence:
        return report.gate.sentence
    failed, errored, passed = (report.count(each) for each in (Verdict.FAILED, Verdict.ERRORED, Verdict.PASSED))
    total = plural(len(report.counted), "scenario")
    if not report.run.trials:
        return "nothing ran"
    cut_off = _cut_off(report.run)
    if report.verdict is Verdict.ERRORED:
        return cut_off + _unjudged(report, total)
    if report.verdict is Verdict.FAILED:
        return f"{cut_off}{failed:,} of {total} failed{_worst_layer(report)}"
    if not report.counted:
        return f"all {plural(len(report.results), 'scenario')} quarantined, nothing decides"
    whole = f"all {passed:,} judged scenarios passed" if passed > 1 else "the one judged scenario passed"
    if failed or errored:
        lost = f", {errored:,} could not be judged" if errored else ""
        whole = f"{passed:,} of {total} passed, {failed:,} failed without blocking{lost}"
    return f"{cut_off}{'gate passed: ' if report.gate else ''}{whole}{_aside(report)}"


def _cut_off(run: Run) -> str:
    if part := part_shown(run):
        return f"{part}; "
    return "" if run.complete else "the run is not complete; "


def _unjudged(report: Report, total: str) -> str:
    failed, errored, passed = (report.count(each) for each in (Verdict.FAILED, Verdict.ERRORED, Verdict.PASSED))
    if not errored and not report.run.complete:
        return f"{passed:,} of {total} passed, {failed:,} failed"
    also = f"; {plural(failed, 'scenario')} failed" if failed else ""
    return f"{errored:,} of {total} could not be judged{also}"


def provenance(report: Report) -> tuple[str, ...]:
    """Where the answers came from and what that makes them worth, the stand-in named first."""
    run, effort = report.run, report.metrics.effort
    stale = sum(bool(trial.cassette and trial.cassette.stale) for trial in run.trials)
    drifted = sum(bool(trial.cassette and trial.cassette.drift) for trial in run.trials)
    unused = sum(len(trial.cassette.unused) for trial in run.trials if trial.cassette and not trial.error)
    said = [part_shown(run), _source(run), f"{run.info.mode.value}: {_share(effort.replayed, effort.live)}"]
    said += [f"{plural(effort.live, 'live call')}, {money(effort.cost_usd)}"]
    if effort.recorded_cost_usd is not None:
        tokens = "as many tokens at list price" if run.stand_in else "recording cost"
        said.append(f"{tokens} {money(effort.recorded_cost_usd)}")
    said += [f"{plural(stale, 'cassette')} stale"] if stale else []
    said += [f"{plural(unused, 'recorded answer')} not asked for"] if unused else []
    said += [f"{plural(drifted, 'trial')} matched with drift"] if drifted else []
    said += [] if run.complete else ["run not complete"]
    return tuple(each for each in said if each)


def part_shown(run: Run) -> str:
    """That this is not all of a run but some of its shards; empty when it is all."""
    indices, _, count = (run.info.shard or "").partition("/")
    several = "s" if "," in indices else ""
    return f"only shard{several} {indices.replace(',', ', ')} of {count}" if count else ""


def attention(results: Iterable[ScenarioResult]) -> tuple[ScenarioResult, ...]:
    """What did not pass and decides: failures, then what could not be judged; quarantined scenarios come last."""
    bad = [each for each in results if each.verdict in (Verdict.FAILED, Verdict.ERRORED)]
    return tuple(sorted(bad, key=lambda each: (each.quarantined, each.verdict is Verdict.ERRORED)))


def address(scenario: str, variant: str | None) -> str:
    """What the page knows a result by: `#/s/` and this, quoted."""
    return f"{scenario}~{variant}" if variant else scenario


def rerun(result: ScenarioResult) -> str:
    """The command that runs this scenario again."""
    variant = f" --variant {result.variant}" if result.variant else ""
    return f"harness run {result.scenario.id}{variant}"


def _score(report: Report) -> str:
    return f"{report.count(Verdict.PASSED):,}/{len(report.counted):,}"


def _aside(report: Report) -> str:
    """What did not take part in a pass."""
    unchecked = report.count(Verdict.NOT_APPLICABLE)
    apart = [each for each in report.results if each.quarantined]
    bad = sum(each.verdict is not Verdict.PASSED for each in apart)
    found = [f"{unchecked:,} unchecked"] if unchecked else []
    found += [f"{len(apart):,} quarantined ({bad:,} of them not passing)"] if apart else []
    return "".join(f"; {each}" for each in found)


def _worst_layer(report: Report) -> str:
    """The layer with most failures, so that the sentence says where to look."""
    found = [report.metrics.layers[name] for name in CARDS if name != "end_to_end"]
    worst = max(found, key=lambda metric: metric.failed)
    where = "at" if report.count(Verdict.FAILED) == 1 else "most of them at"
    return f", {where} {worst.label.lower()} ({percent(worst.rate)} of {worst.n:,})" if worst.failed else ""


def _source(run: Run) -> str:
    if not run.stand_in:
        return ""
    recorded = run.info.mode.value != "live"
    return "recorded against the stand-in, not a real model" if recorded else "the stand-in answered, not a real model"


def _share(replayed: int, live: int) -> str:
    calls = replayed + live
    return f"{percent(replayed / calls)} of {plural(calls, 'call')} replayed" if calls else "no call was made"
