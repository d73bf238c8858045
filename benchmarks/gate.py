"""How often the shipped live gate is wrong, on simulated suites: false alarms, and what it catches.

python benchmarks/gate.py [SUITES]      prints the table of docs/gate.md as Markdown
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np

from harness.analysis.power import Design, dropped_by, one_broken, simulate_gate, unchanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.analysis.power import Effect, Rates

    Draw = Callable[[np.random.Generator], Rates]

SCENARIOS, SUITES, SEED, ALWAYS = 50, 2000, 20260101, 0.8
DRIFT = 0.3
"""Standard deviation of a day's shift of all scenarios, in log-odds: at a rate of 85%, about 4 points."""

LEVELS: dict[str, Draw] = {
    "stable: 80% of scenarios always pass, the rest 70-100%": lambda rng: np.where(
        rng.random(SCENARIOS) < ALWAYS, 1.0, rng.uniform(0.7, 1.0, SCENARIOS)
    ),
    "typical: Beta(3.4, 0.6), mean 85%": lambda rng: rng.beta(3.4, 0.6, SCENARIOS),
    "noisy: 40-100%, mean 70%": lambda rng: rng.uniform(0.4, 1.0, SCENARIOS),
}
EFFECTS: dict[str, Effect] = {
    "nothing changed": unchanged,
    "one broken": one_broken,
    "-5 points": dropped_by(0.05),
    "-10 points": dropped_by(0.10),
}
DESIGN = Design()


def main(suites: int) -> None:
    """Print one row for each noise level, with and without days that differ."""
    print(f"| suite | {' | '.join(EFFECTS)} | trials a scenario, nothing changed |")
    print(f"| --- |{' ---: |' * (len(EFFECTS) + 1)}")
    for drift in (0.0, DRIFT):
        for level, draw in LEVELS.items():
            cells = [cell(draw, effect, drift, suites) for effect in EFFECTS.values()]
            day = "; days differ" if drift else ""
            shares = " | ".join(f"{red:.1%}" for red, _ in cells)
            print(f"| {level}{day} | {shares} | {cells[0][1]:.1f} |", flush=True)


def cell(
    draw: Callable[[np.random.Generator], Rates], effect: Effect, drift: float, suites: int
) -> tuple[float, float]:
    """Share of gates that failed, and trials spent a scenario."""
    rng = np.random.default_rng(SEED)
    red = spent = 0.0
    for _ in range(suites):
        rates = draw(rng)
        changed = effect(rates, rng)
        if drift:
            past = np.mean([shifted(rates, rng.normal(0, drift)) for _ in range(10)], axis=0)
            today = rng.normal(0, drift)
            failed, _, trials = simulate_gate(shifted(rates, today), shifted(changed, today), rng, DESIGN, past)
        else:
            failed, _, trials = simulate_gate(rates, changed, rng, DESIGN)
        red, spent = red + failed, spent + trials
    return red / suites, spent / suites


def shifted(rates: Rates, by: float) -> Rates:
    """The rates on a day on which everything is a little easier or harder; 0 and 1 stay."""
    odds = np.exp(by)
    result: Rates = rates * odds / (1 - rates + rates * odds)
    return result


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SUITES)
