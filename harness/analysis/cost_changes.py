"""Where the money of two runs goes: by layer, by agent, by model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.prices import cost_of_run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.core.results import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class CostChange:
    """US dollars a trial at list price, of one `part` (layer, agent or model) called `name`.

    None is unknown, which is not zero; a part that asked nothing on one side cost zero there.
    """

    part: str
    name: str
    before: float | None
    after: float | None

    @property
    def ratio(self) -> float | None:
        """After as a multiple of before; None when either is unknown or there was nothing before."""
        return self.after / self.before if self.before and self.after is not None else None


def cost_changes(candidate: Run, reference: Run) -> tuple[CostChange, ...]:
    """Layers first, then agents and models, each as a mean over the trials of its side."""
    after, before = cost_of_run(candidate), cost_of_run(reference)
    sides = {
        "layer": (after.by_layer, before.by_layer),
        "agent": (after.by_agent, before.by_agent),
        "model": (after.by_model, before.by_model),
    }
    return tuple(
        CostChange(
            part=part,
            name=name,
            before=_each(old, name, len(reference.trials)),
            after=_each(new, name, len(candidate.trials)),
        )
        for part, (new, old) in sides.items()
        for name in dict.fromkeys([*old, *new])
    )


def _each(costs: Mapping[str, float | None], name: str, trials: int) -> float | None:
    cost = costs.get(name, 0.0)
    return None if cost is None or not trials else cost / trials
