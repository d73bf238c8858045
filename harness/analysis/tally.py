"""How many judged trials passed: by metric, by scenario."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.verdicts import METRICS, trial_verdicts
from harness.core.results import Verdict

if TYPE_CHECKING:
    from harness.core.graph import AgentGraph
    from harness.core.results import Trial
    from harness.core.scenario import Scenario

OVERALL = "overall"
"""The metric that every scenario speaks to, those of a single layer included: the verdict of the trial."""

LABELS: Mapping[str, str] = {OVERALL: "All scenarios", **METRICS}
"""Every metric that two runs are compared by, with the name people read."""


@dataclass(frozen=True, slots=True)
class Tally:
    """`passed` of `total` judged trials. Errored trials are in neither number; a fault is a failure."""

    passed: int = 0
    total: int = 0

    @property
    def failed(self) -> int:
        """Judged trials that did not pass."""
        return self.total - self.passed

    @property
    def rate(self) -> float | None:
        """Share that passed; None when nothing was judged."""
        return self.passed / self.total if self.total else None

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.passed + other.passed, self.total + other.total)


NOTHING = Tally()
"""Nothing was judged."""

Tallies = Mapping[str, Tally]
"""Scenario id -> tally."""


def pooled(tallies: Iterable[Tally]) -> Tally:
    """All of them taken together."""
    return sum(tallies, Tally())


def tallies_of(scenario: Scenario, trials: Iterable[Trial], graph: AgentGraph) -> dict[str, Tally]:
    """The tally of each metric these trials of one scenario speak to, in the order of `LABELS`."""
    found: dict[str, Tally] = defaultdict(Tally)
    for trial in trials:
        for metric, verdict in {OVERALL: trial.verdict, **trial_verdicts(trial, scenario, graph)}.items():
            if verdict in (Verdict.PASSED, Verdict.FAILED):
                found[metric] += Tally(int(verdict is Verdict.PASSED), 1)
    return {metric: found[metric] for metric in LABELS if metric in found}
