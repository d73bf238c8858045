"""What a recording would ask and cost, before anything is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.estimate import Estimate
from harness.analysis.prices import price
from harness.cassettes import store
from harness.cassettes.review import pending_of
from harness.cassettes.tokens import model_calls
from harness.errors import CassetteCorruptError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from harness.core.results import Trial
    from harness.execution.spec import TrialSpec


@dataclass(frozen=True, slots=True)
class _Recorded:
    """What a recording took: model calls, US dollars (None: unknown)."""

    calls: int
    usd: float | None
    unpriced: frozenset[str]

    def part(self, calls: int) -> _Recorded:
        """What so many of its calls take."""
        usd = None if self.usd is None else self.usd * calls / max(1, self.calls)
        return _Recorded(calls, usd, self.unpriced)


def source_of(spec: TrialSpec) -> Path | None:
    """Where answers to a trial are that need not be asked for again; None when nothing is recorded."""
    places = (pending_of(spec.cassette), spec.cassette, spec.borrow)
    return next((each for each in places if each is not None and each.exists()), None)


def anew(spec: TrialSpec, *, everything: bool) -> bool:
    """Whether a trial is recorded anew whatever its recording holds: what waits for review already is not."""
    return everything and not pending_of(spec.cassette).exists()


def estimate(
    specs: Sequence[TrialSpec], replayed: Mapping[str, Trial], known: Iterable[Path], *, everything: bool
) -> Estimate:
    """What recording `specs` would take. `replayed` are the trials by key, as their recordings answer them now.

    `known` are recordings to guess from what a trial without one takes.
    """
    taken: list[_Recorded] = []
    guessed = 0
    for spec in specs:
        source = source_of(spec)
        if source is None:
            guessed += 1
        elif anew(spec, everything=everything):
            taken.append(_recorded(source))
        elif replayed[spec.key].error is not None:
            found = _recorded(source)
            taken.append(found.part(max(1, found.calls - replayed[spec.key].traffic.replayed)))
    mean = _mean([_recorded(each) for each in known]) if guessed else None
    return _summed(len(specs), taken, guessed, mean)


def _summed(planned: int, taken: list[_Recorded], guessed: int, mean: tuple[float, float | None] | None) -> Estimate:
    usd = _sum(each.usd for each in taken)
    calls: int | None = sum(each.calls for each in taken)
    if guessed:
        calls = None if mean is None or calls is None else calls + round(guessed * mean[0])
        usd = None if mean is None or mean[1] is None or usd is None else usd + guessed * mean[1]
    unpriced = frozenset[str]().union(*(each.unpriced for each in taken))
    return Estimate(
        planned=planned,
        trials=len(taken) + guessed,
        guessed=guessed,
        calls=calls,
        usd=usd,
        unpriced=tuple(sorted(unpriced)),
    )


def _recorded(path: Path) -> _Recorded:
    try:
        calls = model_calls(store.load(path))
    except CassetteCorruptError:
        return _Recorded(1, None, frozenset())
    prices = {call: price(*call) for call in calls}
    unpriced = frozenset(model for (model, _), usd in prices.items() if usd is None)
    return _Recorded(len(calls), _sum(prices[call] for call in calls), unpriced)


def _mean(recorded: Sequence[_Recorded]) -> tuple[float, float | None] | None:
    if not recorded:
        return None
    usd = _sum(each.usd for each in recorded)
    return sum(each.calls for each in recorded) / len(recorded), None if usd is None else usd / len(recorded)


def _sum(prices: Iterable[float | None]) -> float | None:
    listed = list(prices)
    known = [each for each in listed if each is not None]
    return sum(known) if len(known) == len(listed) else None
