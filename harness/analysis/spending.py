"""What a run has spent so far, against what it may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.prices import cost_of

if TYPE_CHECKING:
    from harness.core.results import Trial


@dataclass(slots=True)
class Spending:
    """US dollars; `limit` 0 is no limit. `stopped` says why no more may be spent, once that is so."""

    limit: float
    spent: float = 0.0
    stopped: str = ""

    def add(self, trial: Trial) -> bool:
        """Count what a trial cost; True when that was the last one. A stand-in is paid nothing.

        Of a trial answered partly from a recording, its calls are taken to cost the same. What nobody knows the price
        of cannot be limited, and ends it too.
        """
        live, calls = trial.traffic.live, trial.traffic.live + trial.traffic.replayed
        cost = cost_of(trial)
        if not self.limit or not live or cost.stand_in:
            return False
        if cost.usd is None:
            models = ", ".join(cost.unpriced) or "calls that nobody counted"
            self.stopped = f"the limit of ${self.limit:.2f} cannot be kept: what {models} cost is unknown"
            return True
        self.spent += cost.usd * live / calls
        if self.spent >= self.limit:
            self.stopped = f"${self.spent:.2f} are spent, the limit is ${self.limit:.2f}"
        return bool(self.stopped)
