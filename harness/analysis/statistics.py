"""How sure a rate is. scipy does the maths; it is imported only when an interval is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A two-sided interval of a rate, both ends in 0..1. `method` names how it was found."""

    low: float
    high: float
    method: str
    confidence: float = CONFIDENCE


@dataclass(frozen=True, slots=True)
class Repeats:
    """A scenario's judged trials: `passed` of `total`. Errored trials are in neither number."""

    passed: int
    total: int

    @property
    def rate(self) -> float:
        """Share of the trials that passed."""
        return self.passed / self.total


def proportion_interval(passed: int, total: int, confidence: float = CONFIDENCE) -> Interval | None:
    """Interval of `passed` of `total` independent trials; None when there are none.

    Wilson's score interval (Wilson 1927), and Clopper and Pearson's exact one (1934) when all passed or none did,
    where Wilson's is too short.
    """
    if total == 0:
        return None
    from scipy.stats import binomtest  # noqa: PLC0415 - most of a second, and a listing needs no interval

    constant = passed in (0, total)
    found = binomtest(passed, total).proportion_ci(confidence, method="exact" if constant else "wilson")
    name = "Clopper-Pearson" if constant else "Wilson"
    return Interval(float(found.low), float(found.high), name, confidence)


def suite_interval(repeats: Sequence[Repeats], confidence: float = CONFIDENCE) -> Interval | None:
    """How well the system does on exactly these scenarios: stratified by scenario, around the rate of all trials.

    Needs two trials of each scenario, else nothing is known of the spread within one: None. That no scenario ever
    wavered is no proof that none does: then the exact or Wilson interval of all trials taken together.
    """
    if not repeats or any(each.total < 2 for each in repeats):  # noqa: PLR2004 - a variance needs two
        return None
    passed, total = _sums(repeats)
    variance = sum(each.total**2 * each.rate * (1 - each.rate) / (each.total - 1) for each in repeats) / total**2
    if variance == 0:
        return proportion_interval(passed, total, confidence)
    from scipy.stats import norm  # noqa: PLC0415 - as above

    half = sqrt(variance) * float(norm.ppf((1 + confidence) / 2))
    return _around(passed / total, half, "stratified", confidence)


def population_interval(repeats: Sequence[Repeats], confidence: float = CONFIDENCE) -> Interval | None:
    """How well it does on scenarios like these: clustered by scenario, Student's t (Miller 2024, arXiv 2411.00640).

    With one trial a scenario this is a plain proportion. Where all scenarios passed, or all failed, it is the exact
    interval over scenarios. None for fewer than two scenarios, or where no spread between them was seen.
    """
    passed, total = _sums(repeats)
    if all(each.total == 1 for each in repeats):
        return proportion_interval(passed, total, confidence)
    count = len(repeats)
    if count < 2:  # noqa: PLR2004 - a variance needs two
        return None
    if passed in (0, total):
        return proportion_interval(count if passed else 0, count, confidence)
    rate = passed / total
    spread = sum((each.passed - each.total * rate) ** 2 for each in repeats)
    if spread == 0:
        return None
    from scipy.stats import t  # noqa: PLC0415 - as above

    error = sqrt(spread * count / (count - 1)) / total
    return _around(rate, error * float(t.ppf((1 + confidence) / 2, count - 1)), "clustered t", confidence)


def pass_at_k(passed: int, total: int, k: int) -> float | None:
    """Chance that at least one of `k` trials passes (Chen et al. 2021); undefined, so None, when total < k."""
    return None if total < k or k < 1 else 1 - comb(total - passed, k) / comb(total, k)


def pass_hat_k(passed: int, total: int, k: int) -> float | None:
    """Chance that all of `k` trials pass (tau-bench, Yao et al. 2024); undefined, so None, when total < k."""
    return None if total < k or k < 1 else comb(passed, k) / comb(total, k)


def _sums(repeats: Sequence[Repeats]) -> tuple[int, int]:
    return sum(each.passed for each in repeats), sum(each.total for each in repeats)


def _around(middle: float, half: float, method: str, confidence: float) -> Interval:
    return Interval(max(0.0, middle - half), min(1.0, middle + half), method, confidence)
