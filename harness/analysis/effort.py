"""What a run took: calls, tokens, money, and where the answers came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.core.trace import Handoff, ModelCall, ToolCall, Usage, runs_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.core.results import Run, Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """Sums over trials. `seconds` adds the trials up, however many ran at once; costs are USD, None when unknown."""

    model_calls: int = 0
    tool_calls: int = 0
    handoffs: int = 0
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0
    replayed: int = 0
    live: int = 0
    cost_usd: float | None = 0.0
    recorded_cost_usd: float | None = None


def effort_of(run: Run) -> Effort:
    """What all trials of the run took."""
    return effort(run.trials)


def effort(trials: Iterable[Trial]) -> Effort:
    """What these trials took; one unknown cost makes the sum unknown, unknown recorded costs are left out."""
    listed = list(trials)
    runs = [run for trial in listed for run in runs_of(trial.trace)]
    kinds = [type(step) for run in runs for step in run.steps]
    costs = [trial.traffic.cost_usd for trial in listed]
    known = [cost for cost in costs if cost is not None]
    recorded = [cost for trial in listed if (cost := trial.traffic.recorded_cost_usd) is not None]
    return Effort(
        model_calls=kinds.count(ModelCall),
        tool_calls=kinds.count(ToolCall),
        handoffs=kinds.count(Handoff),
        usage=sum((run.usage for run in runs), Usage()),
        seconds=sum(trial.seconds for trial in listed),
        replayed=sum(trial.traffic.replayed for trial in listed),
        live=sum(trial.traffic.live for trial in listed),
        cost_usd=sum(known) if len(known) == len(costs) else None,
        recorded_cost_usd=sum(recorded) if recorded else None,
    )
