"""Did live trials get worse? Screen against history, then confirm with fresh trials of both sides.

Two tests run side by side, because each is blind where the other sees. The suite-wide one (Mantel and Haenszel 1959,
stratified by scenario, continuity-corrected) sees a drop spread over many scenarios; the per-scenario one
(Fisher's exact test, adjusted by Holm 1979) sees one scenario that broke. All p values are one-sided: a drop counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import hypergeom
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.multitest import multipletests

SCREEN_ALPHA = 0.20
CONFIRM_ALPHA = 0.10


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of a scenario's judged trials passed. Errored trials are in neither number."""

    passed: int
    total: int

    @property
    def failed(self) -> int:
        """Judged trials that did not pass."""
        return self.total - self.passed

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.passed + other.passed, self.total + other.total)


Tallies = Mapping[str, Tally]
"""Scenario id -> tally."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """What the two tests found. `scenarios` are those whose adjusted p is at most `alpha`, most significant first."""

    alpha: float
    suite_p: float
    scenario_p: Mapping[str, float]
    scenarios: tuple[str, ...]

    @property
    def suite(self) -> bool:
        """Whether the suite as a whole got worse."""
        return self.suite_p <= self.alpha

    @property
    def raised(self) -> bool:
        """Whether anything got worse."""
        return self.suite or bool(self.scenarios)


def screen(candidate: Tallies, baseline: Tallies, alpha: float = SCREEN_ALPHA) -> Alarm:
    """Hold `candidate` against `baseline` over the scenarios that both have trials of.

    The two tests share `alpha` (half each), so that either alone cannot raise more than its part of false alarms.
    """
    shared = [name for name, tally in candidate.items() if tally.total and baseline.get(name, Tally(0, 0)).total]
    half = alpha
    adjusted = _holm([drop_p(candidate[name], baseline[name]) for name in shared])
    scenario_p = dict(zip(shared, adjusted, strict=True))
    flagged = sorted((name for name in shared if scenario_p[name] <= half), key=scenario_p.__getitem__)
    return Alarm(
        alpha=half,
        suite_p=suite_drop_p({name: (candidate[name], baseline[name]) for name in shared}),
        scenario_p=scenario_p,
        scenarios=tuple(flagged),
    )


def drop_p(candidate: Tally, baseline: Tally) -> float:
    """One-sided Fisher exact p of as few passes as `candidate` has, were both sides equally good."""
    population = candidate.total + baseline.total
    passes = candidate.passed + baseline.passed
    return float(hypergeom.cdf(candidate.passed, population, passes, candidate.total))


def suite_drop_p(pairs: Mapping[str, tuple[Tally, Tally]]) -> float:
    """One-sided Mantel-Haenszel p of a drop, stratified by scenario; 1.0 where nothing can be told.

    A stratum in which every trial of both sides ended alike says nothing about a difference and is left out.
    """
    tables = [
        [[candidate.passed, candidate.failed], [baseline.passed, baseline.failed]]
        for candidate, baseline in pairs.values()
        if 0 < candidate.passed + baseline.passed < candidate.total + baseline.total
    ]
    if not tables:
        return 1.0
    result = StratifiedTable(np.array(tables, dtype=float).transpose(1, 2, 0)).test_null_odds(correction=True)
    half = float(result.pvalue) / 2
    return half if _expected_surplus(pairs) < 0 else 1.0 - half


def _expected_surplus(pairs: Mapping[str, tuple[Tally, Tally]]) -> float:
    """Passes of the candidate beyond what equal sides would have, summed over the scenarios."""
    return sum(
        candidate.passed - candidate.total * (candidate.passed + baseline.passed) / (candidate.total + baseline.total)
        for candidate, baseline in pairs.values()
    )


def _holm(p_values: list[float]) -> list[float]:
    return [float(p) for p in multipletests(p_values, method="holm")[1]] if p_values else []
