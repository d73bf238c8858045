"""What trials cost: tokens times a price table that others maintain (genai-prices, part of the installed packages).

A model without a price has an unknown cost, and an unknown part makes a sum unknown: nothing is ever taken for free.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

from harness.core.trace import ModelCall, runs_of

if TYPE_CHECKING:
    from harness.core.results import Run, Trial
    from harness.core.trace import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What model calls cost, in US dollars at today's list prices; None is unknown, which is not zero.

    The parts are by layer, agent and model, None where a part is unknown. `unpriced` are the models without a price,
    `uncounted` is the number of calls whose tokens nobody counted. `stand_in` says that a stand-in answered: no money
    was spent, and this is what as many tokens would cost with the models it was asked for.
    """

    usd: float | None = 0.0
    by_layer: Mapping[str, float | None] = field(default_factory=dict)
    by_agent: Mapping[str, float | None] = field(default_factory=dict)
    by_model: Mapping[str, float | None] = field(default_factory=dict)
    unpriced: tuple[str, ...] = ()
    uncounted: int = 0
    stand_in: bool = False


def priced(trial: Trial) -> Trial:
    """The trial with its costs beside its traffic: what it cost, and what its recording did.

    Of a trial that was answered partly from a recording it is not known which calls were paid for. A stand-in is paid
    nothing; what its recording "cost" is the list price of as many tokens, and is to be shown as such.
    """
    cost, traffic = cost_of(trial), trial.traffic
    paid = 0.0 if cost.stand_in or not traffic.live else None if traffic.replayed else cost.usd
    recorded = cost.usd if cost.stand_in or (traffic.replayed and not traffic.live) else None
    return replace(trial, traffic=replace(traffic, cost_usd=paid, recorded_cost_usd=recorded))


def cost_of(trial: Trial) -> Cost:
    """What one trial's tokens cost, wherever the answers came from."""
    return _cost([trial], stand_in=trial.stand_in)


def cost_of_run(run: Run) -> Cost:
    """What all trials of a run cost."""
    return _cost(run.trials, stand_in=run.stand_in)


def list_price(trials: Iterable[Trial]) -> float | None:
    """What all model calls of these trials cost together, in US dollars; None when any of them is unknown."""
    return _sum(price_of(call) for trial in trials for call in _model_calls(trial))


def _cost(trials: Iterable[Trial], *, stand_in: bool) -> Cost:
    calls = [step for trial in trials for step in _model_calls(trial)]
    priced = [(call, price_of(call)) for call in calls]
    return Cost(
        usd=_sum(price for _, price in priced),
        by_layer=_parts(priced, lambda call: call.owner.layer.value),
        by_agent=_parts(priced, lambda call: call.owner.name),
        by_model=_parts(priced, lambda call: call.model),
        unpriced=tuple(sorted({call.model for call in calls if _price(call.model, 0, 0, 0) is None})),
        uncounted=sum(not _is_counted(call) for call in calls),
        stand_in=stand_in,
    )


def _model_calls(trial: Trial) -> Iterable[ModelCall]:
    return (step for run in runs_of(trial.trace) for step in run.steps if isinstance(step, ModelCall))


def price_of(call: ModelCall) -> float | None:
    """US dollars of one model call. None when its model has no price or its tokens were not counted.

    A call that failed and has no tokens is taken for uncounted too: whether it was charged is not known.
    """
    return price(call.model, call.usage)


def price(model: str, usage: Usage) -> float | None:
    """US dollars of so many tokens of a model. None when it has no price or nothing was counted."""
    if not usage.total_tokens:
        return None
    return _price(model, usage.input_tokens, usage.output_tokens, usage.cached_tokens)


def _is_counted(call: ModelCall) -> bool:
    return call.usage.total_tokens > 0


def _parts(
    priced: Iterable[tuple[ModelCall, float | None]], name_of: Callable[[ModelCall], str]
) -> dict[str, float | None]:
    parts: dict[str, list[float | None]] = {}
    for call, price in priced:
        parts.setdefault(name_of(call), []).append(price)
    return {name: _sum(prices) for name, prices in parts.items()}


def _sum(prices: Iterable[float | None]) -> float | None:
    listed = list(prices)
    known = [price for price in listed if price is not None]
    return sum(known) if len(known) == len(listed) else None


@cache
def _price(model: str, input_tokens: int, output_tokens: int, cached_tokens: int) -> float | None:
    """The table knows models by what they are called, a dated release by its family, with or without `provider/`."""
    from genai_prices import Usage, calc_price  # noqa: PLC0415 - importing the table takes 0.2 seconds

    provider, _, name = model.rpartition("/")
    usage = Usage(input_tokens=input_tokens, output_tokens=output_tokens, cache_read_tokens=cached_tokens)
    try:
        found = calc_price(usage, name, provider_id=provider or None)
    except LookupError:
        return None
    return float(found.total_price)
