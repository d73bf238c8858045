"""What became of each scenario, and of the run as a whole, when no gate says otherwise."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from harness.core.results import Run, Trial, Verdict
from harness.core.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioResult:
    """A scenario (of one variant) and all its trials, in order. `needed` trials must pass.

    `quarantined` holds at the day of the run: it is shown, but decides nothing.
    """

    scenario: Scenario
    trials: tuple[Trial, ...]
    verdict: Verdict
    needed: int
    quarantined: bool = False

    @property
    def variant(self) -> str | None:
        """The variant that ran."""
        return self.trials[0].variant if self.trials else None

    @property
    def passed(self) -> int:
        """How many trials passed."""
        return sum(trial.verdict is Verdict.PASSED for trial in self.trials)

    @property
    def flaky(self) -> bool:
        """Whether some trials passed and others failed."""
        found = {trial.verdict for trial in self.trials}
        return {Verdict.PASSED, Verdict.FAILED} <= found

    @property
    def telling(self) -> Trial | None:
        """The trial to look at first: one that ended as the scenario did, else the first."""
        same = [trial for trial in self.trials if trial.verdict is self.verdict]
        return next(iter(same or self.trials), None)


def scenario_results(run: Run) -> tuple[ScenarioResult, ...]:
    """One result for each scenario and variant that ran, in the order of the suite."""
    trials: dict[tuple[str, str | None], list[Trial]] = defaultdict(list)
    for trial in run.trials:
        trials[trial.scenario, trial.variant].append(trial)
    variants = list(dict.fromkeys(trial.variant for trial in run.trials))
    day = _day(run.info.created_at)
    return tuple(
        _result(scenario, trials[scenario.id, variant], day)
        for scenario in run.scenarios
        for variant in variants
        if (scenario.id, variant) in trials
    )


def is_quarantined(scenario: Scenario, day: date | None) -> bool:
    """Whether `scenario` decides nothing on that day; a run without a date keeps the quarantine."""
    return scenario.quarantine is not None and (day is None or day <= scenario.quarantine.until)


def quarantined_ids(run: Run) -> frozenset[str]:
    """The scenarios that decided nothing on the day of the run."""
    day = _day(run.info.created_at)
    return frozenset(each.id for each in run.scenarios if is_quarantined(each, day))


def run_verdict(run: Run, results: Sequence[ScenarioResult]) -> Verdict:
    """What the run says of the agents: errored (could not be judged) before failed before passed.

    An incomplete run, one that ran nothing and one that judged nothing could not be judged either: none may look
    like a pass.
    """
    found = {result.verdict for result in results if not result.quarantined}
    if not run.complete or not run.trials or Verdict.ERRORED in found:
        return Verdict.ERRORED
    if Verdict.FAILED in found:
        return Verdict.FAILED
    quarantine_only = not found and bool(results)
    return Verdict.PASSED if Verdict.PASSED in found or quarantine_only else Verdict.ERRORED


def _result(scenario: Scenario, trials: Sequence[Trial], day: date | None) -> ScenarioResult:
    ordered = tuple(sorted(trials, key=lambda trial: trial.index))
    needed = min(scenario.needed, len(ordered)) if scenario.passes is not None else len(ordered)
    return ScenarioResult(
        scenario=scenario,
        trials=ordered,
        verdict=_verdict([trial.verdict for trial in ordered], needed),
        needed=needed,
        quarantined=is_quarantined(scenario, day),
    )


def _verdict(verdicts: Iterable[Verdict], needed: int) -> Verdict:
    """Passed when enough trials passed, failed when too many failed for that; between the two it depends on errors."""
    found = list(verdicts)
    if found and all(each is Verdict.NOT_APPLICABLE for each in found):
        return Verdict.NOT_APPLICABLE
    if found and found.count(Verdict.PASSED) >= needed:
        return Verdict.PASSED
    if found.count(Verdict.FAILED) > len(found) - needed:
        return Verdict.FAILED
    return Verdict.ERRORED


def _day(moment: str) -> date | None:
    try:
        return date.fromisoformat(moment[:10])
    except ValueError:
        return None
