"""What a recording would take, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.reporting.numbers import money, plural

if TYPE_CHECKING:
    from harness.analysis.estimate import Estimate


def estimate_text(found: Estimate, *, stand_in: bool = False, live: bool = False) -> str:
    """How many calls, about what they cost, and how well that is known; of recording, or of running `live`."""
    if not found.trials:
        return f"nothing to record: all {plural(found.planned, 'trial')} are recorded and fit"
    calls = "an unknown number of model calls" if found.calls is None else f"about {plural(found.calls, 'model call')}"
    what = f"{plural(found.trials, 'live trial')}" if live else _recorded(found)
    lines = [f"{what}: {calls}, {_cost(found, stand_in=stand_in)}"]
    if found.guessed and found.calls is None:
        lines.append("nothing is recorded yet to learn from; record one scenario first")
    elif found.guessed:
        lines.append(f"{plural(found.guessed, 'trial')} without a recording taken for the mean of those recorded")
    if found.unpriced and not stand_in:
        lines.append(f"no price is known of: {', '.join(found.unpriced)}")
    return "\n".join(lines)


def _recorded(found: Estimate) -> str:
    return f"would record {found.trials} of {plural(found.planned, 'trial')}"


def _cost(found: Estimate, *, stand_in: bool) -> str:
    if stand_in:
        return "which cost nothing at the stand-in"
    return "at an unknown cost" if found.usd is None else f"about {money(found.usd)} at list price"
