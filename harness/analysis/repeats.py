"""How reliably repeated trials pass: pass@k and pass^k, averaged over the scenarios that have k trials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.statistics import pass_at_k, pass_hat_k
from harness.core.results import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.outcome import ScenarioResult


@dataclass(frozen=True, slots=True)
class AtK:
    """`any_of` is pass@k, `all_of` is pass^k, over the `n` scenarios with at least k judged trials."""

    k: int
    any_of: float
    all_of: float
    n: int


@dataclass(frozen=True, slots=True)
class Reliability:
    """One entry for each k that some scenario has trials for; k = 1 is the mean pass rate."""

    at: tuple[AtK, ...]
    flaky: tuple[str, ...]

    def k(self, k: int) -> AtK | None:
        """The entry of this k."""
        return next((each for each in self.at if each.k == k), None)

    @property
    def most(self) -> AtK | None:
        """The entry of the greatest k."""
        return self.at[-1] if self.at else None


def reliability_of(results: Sequence[ScenarioResult]) -> Reliability:
    """pass@k and pass^k of `results`; errored and unchecked trials are not trials that count."""
    at = at_each_k([_counts(result) for result in results])
    return Reliability(at, tuple(dict.fromkeys(result.scenario.id for result in results if result.flaky)))


def at_each_k(counts: Sequence[tuple[int, int]]) -> tuple[AtK, ...]:
    """pass@k and pass^k for each k, of scenarios with so many passed of so many judged trials."""
    most = max((total for _, total in counts), default=0)
    return tuple(entry for k in range(1, most + 1) if (entry := _at(k, counts)))


def _counts(result: ScenarioResult) -> tuple[int, int]:
    judged = [trial for trial in result.trials if trial.verdict in (Verdict.PASSED, Verdict.FAILED)]
    return sum(trial.verdict is Verdict.PASSED for trial in judged), len(judged)


def _at(k: int, counts: Sequence[tuple[int, int]]) -> AtK | None:
    enough = [(passed, total) for passed, total in counts if total >= k]
    if not enough:
        return None
    any_of = [value for passed, total in enough if (value := pass_at_k(passed, total, k)) is not None]
    all_of = [value for passed, total in enough if (value := pass_hat_k(passed, total, k)) is not None]
    return AtK(k, sum(any_of) / len(enough), sum(all_of) / len(enough), len(enough))
