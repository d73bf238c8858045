"""What a live gate would catch, by simulating it on suites like the user's own; closed formulas promise too much."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from harness.analysis.screening import (
    CONFIRM_TRIALS,
    HISTORY_TRIALS,
    SCREEN_ALPHA,
    SCREEN_TRIALS,
    confirm,
    drop_ps,
    paired,
    screen,
)
from harness.analysis.tally import OVERALL, Tallies, Tally

if TYPE_CHECKING:
    import numpy as np

    from harness.analysis.summary import Summary

    Rates: TypeAlias = np.ndarray[tuple[int], np.dtype[np.float64]]

TARGET = 0.80
"""The power at which a drop counts as one that would be noticed."""

_SUITES, _SEED = 400, 1
_BROKEN_FROM, _BROKEN_TO = 0.90, 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """How many trials of each scenario: of the candidate, pooled in the baseline, and of each side to confirm."""

    trials: int = SCREEN_TRIALS
    history: int = HISTORY_TRIALS
    confirming: int = CONFIRM_TRIALS


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """Over simulated suites: share of gates that failed, share that alarmed, and trials a scenario spent on average."""

    effect: str
    red: float
    alarmed: float
    trials: float
    suites: int


Effect: TypeAlias = Callable[["Rates", "np.random.Generator"], "Rates"]
"""Pass rates of the baseline -> pass rates of the candidate."""


def unchanged(rates: Rates, rng: np.random.Generator) -> Rates:
    """The candidate is as good as the baseline."""
    del rng
    return rates


def dropped_by(points: float) -> Effect:
    """Every scenario passes `points` (of 0..1) less often, none less than never."""

    def effect(rates: Rates, rng: np.random.Generator) -> Rates:
        del rng
        return (rates - points).clip(0.0, 1.0)

    return effect


def one_broken(rates: Rates, rng: np.random.Generator) -> Rates:
    """One scenario that normally passes (at least 90%) falls to 5%; the best one, where none passes that often."""
    import numpy as np  # noqa: PLC0415 - a gate without a baseline simulates nothing

    usual = np.flatnonzero(rates >= min(_BROKEN_FROM, float(rates.max())))
    changed = rates.copy()
    changed[rng.choice(usual)] = _BROKEN_TO
    return changed


def simulate_gate(
    before: Rates, after: Rates, rng: np.random.Generator, design: Design = Design(), history: Rates | None = None
) -> tuple[bool, bool, float]:
    """One live gate with these true pass rates: whether it failed, whether it alarmed, trials spent a scenario.

    `history` are the rates on the days the baseline was pooled, where they differ from today's.
    """
    mine = _draw(after, design.trials, rng)
    other = _draw(before if history is None else history, design.history, rng)
    alarm = screen({OVERALL: paired(mine, other)})
    if not alarm.raised:
        return False, False, float(design.trials)
    asked = list(mine) if alarm.dropped else list(alarm.broken)
    index = [int(name) for name in asked]
    fresh = paired(
        dict(zip(asked, _draw(after[index], design.confirming, rng).values(), strict=True)),
        dict(zip(asked, _draw(before[index], design.confirming, rng).values(), strict=True)),
    )
    spent = design.trials + 2 * design.confirming * len(asked) / len(before)
    return confirm(alarm, {OVERALL: fresh}).raised, True, spent


def power(history: Tallies, name: str, effect: Effect, design: Design = Design(), suites: int = _SUITES) -> Power:
    """How often the gate fails when `effect` strikes suites like this one.

    Each suite draws every scenario's true rate anew from what its history leaves open (Jeffreys' prior): 30 of 30
    does not prove that a scenario always passes.
    """
    import numpy as np  # noqa: PLC0415 - as above

    rng = np.random.default_rng(_SEED)
    passed = np.array([each.passed for each in history.values()], dtype=float)
    failed = np.array([each.failed for each in history.values()], dtype=float)
    red = alarmed = spent = 0.0
    for _ in range(suites):
        before = rng.beta(passed + 0.5, failed + 0.5)
        outcome = simulate_gate(before, effect(before, rng), rng, design)
        red, alarmed, spent = red + outcome[0], alarmed + outcome[1], spent + outcome[2]
    return Power(effect=name, red=red / suites, alarmed=alarmed / suites, trials=spent / suites, suites=suites)


def outlook(history: Tallies, trials: int, confirming: int, suites: int = _SUITES) -> tuple[Power, ...]:
    """What the live gate does when nothing changed, when one scenario broke, and when all of them dropped."""
    depth = _middle([tally.total for tally in history.values()]) if history else 0
    design = Design(trials=trials, history=depth, confirming=confirming)
    effects = {
        "nothing changed (false alarms)": unchanged,
        "one scenario broke": one_broken,
        **{f"all scenarios drop by {points} points": dropped_by(points / 100) for points in (5, 10, 20)},
    }
    return tuple(power(history, name, effect, design, suites) for name, effect in effects.items())


def smallest_drop(history: Tallies, design: Design = Design(), suites: int = _SUITES) -> int | None:
    """The smallest drop of all scenarios, in whole points, that is caught 80% of the time; None beyond 50 points."""
    return _smallest_drop(tuple(history.items()), design, suites)


@lru_cache(maxsize=8)
def _smallest_drop(listed: tuple[tuple[str, Tally], ...], design: Design, suites: int) -> int | None:
    """Kept, because a gate decides more than once in a run: before fresh trials, and after."""
    history = dict(listed)
    low, high = 0, 51
    while high - low > 1:
        middle = (low + high) // 2
        caught = power(history, f"-{middle}", dropped_by(middle / 100), design, suites).red
        low, high = (low, middle) if caught >= TARGET else (middle, high)
    return high if high <= 50 else None  # noqa: PLR2004 - the bound named above


def blind_spot(now: Summary, baseline: Summary) -> str:
    """What a live run of this size could not have seen, as a sentence."""
    mine, other = now.tallies(), baseline.tallies()
    history = {name: tally for name, tally in other.items() if name in mine}
    if not history:
        return "no scenario of this run has a history, so no drop could be seen"
    trials = _middle([mine[name].total for name in history])
    pooled = _middle([tally.total for tally in history.values()])
    size = f"{len(history)} scenarios x {trials} trials against {pooled} pooled"
    smallest = smallest_drop(history, Design(trials=trials, history=pooled), suites=200)
    seen = f"a drop under {smallest} points would go unnoticed" if smallest else "no drop is sure to show"
    alone = drop_ps([(Tally(0, trials), Tally(pooled, pooled))])[0] <= SCREEN_ALPHA
    return f"{size}: {seen}" + ("" if alone else ", nor could a single scenario that broke")


def _draw(rates: Rates, trials: int, rng: np.random.Generator) -> dict[str, Tally]:
    return {str(number): Tally(int(passed), trials) for number, passed in enumerate(rng.binomial(trials, rates))}


def _middle(values: list[int]) -> int:
    return sorted(values)[len(values) // 2]
