"""About how many calls a recording takes, and what they cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Trials that would ask a model, of `planned` ones; about how many calls, and about how many US dollars.

    `guessed` of the trials have no recording to learn from: they are taken for the mean of the others. `calls` and
    `usd` are None where nothing at all is recorded, `usd` also where a model (`unpriced`) has no price.
    """

    planned: int
    trials: int = 0
    guessed: int = 0
    calls: int | None = 0
    usd: float | None = 0.0
    unpriced: tuple[str, ...] = ()
