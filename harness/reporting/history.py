"""What earlier runs found, read from the summaries that stand beside their pages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.analysis.sides import PLAIN
from harness.core.results import Mode, Verdict
from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from harness.core.results import RunInfo

_TREND_LENGTH = 20

Kind = tuple[str, str, str | None]
"""System, mode, variant."""


@dataclass(frozen=True, slots=True)
class PastRate:
    """A metric of an earlier run; `rate` None: nothing was judged."""

    rate: float | None
    hits: int
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """An earlier run, as its summary.json tells it. `folder` is the name of its folder."""

    folder: str
    created_at: str
    system: str
    mode: str
    variant: str | None
    commit: str
    dirty: bool
    stand_in: bool
    complete: bool
    verdict: Verdict
    sentence: str
    scenarios: int
    passed: int
    metrics: Mapping[str, PastRate]

    @property
    def kind(self) -> Kind:
        """What it is a run of."""
        return self.system, self.mode, self.variant


def past_runs(folder: Path) -> tuple[PastRun, ...]:
    """Every run below `folder` whose summary can be read, oldest first."""
    found = (_read(path) for path in sorted(folder.glob("*/summary.json")))
    return tuple(sorted((each for each in found if each), key=lambda each: (each.created_at, each.folder)))


def trend_of(past: Iterable[PastRun], info: RunInfo) -> dict[str, tuple[float | None, ...]]:
    """Rates by metric before the run of `info`, oldest first: comparable runs of the same system, mode and variant.

    A run that was judged again counts once, as it was judged last.
    """
    earlier = {each.created_at: each for each in past if each.created_at < info.created_at}
    alike = comparable(of_kind(earlier.values(), (info.system, info.mode.value, info.variant)))[-_TREND_LENGTH:]
    names = dict.fromkeys(name for each in alike for name in each.metrics)
    return {name: tuple(_rate(each, name) for each in alike) for name in names}


def newest_of_variants(folder: Path, names: Sequence[str]) -> tuple[str, ...]:
    """The folders of the newest finished run of each variant: all of one system, all live or all of recordings.

    `baseline` is the agents as they are. A run of as many scenarios as the last variant's comes before newer ones of
    other selections. Raises UsageError for a variant without a run of the kind that the last one's
    newest run is of.
    """
    finished = [each for each in past_runs(folder) if each.complete][::-1]
    newest = next((each for each in finished if (each.variant or PLAIN) == names[-1]), None)
    alike = [each for each in finished if newest and _answered_alike(each, newest)]
    alike.sort(key=lambda each: newest is None or each.scenarios != newest.scenarios)
    found = {name: next((each.folder for each in alike if (each.variant or PLAIN) == name), None) for name in names}
    for name, place in found.items():
        if place is None:
            live = newest is not None and newest.mode == Mode.LIVE
            kind = "live" if live else "finished"
            flags = " ".join([*(f"--variant {each}" for each in names), *(["--mode live"] if live else [])])
            raise UsageError(f"no {kind} run of variant {name!r} in {str(folder)!r}", hint=f"harness run {flags}")
    return tuple(place for place in found.values() if place)


def _answered_alike(one: PastRun, other: PastRun) -> bool:
    return one.system == other.system and (one.mode == Mode.LIVE) is (other.mode == Mode.LIVE)


def of_kind(runs: Iterable[PastRun], kind: Kind) -> list[PastRun]:
    """The runs that can stand in one trend: of the same system, mode and variant."""
    return [each for each in runs if each.kind == kind]


def comparable(runs: Iterable[PastRun]) -> list[PastRun]:
    """The complete runs of at least half of the suite; a run of a few scenarios says nothing about a trend."""
    complete = [each for each in runs if each.complete]
    most = max((each.scenarios for each in complete), default=0)
    return [each for each in complete if 2 * each.scenarios >= most]


def _rate(run: PastRun, name: str) -> float | None:
    return run.metrics[name].rate if name in run.metrics else None


def _read(path: Path) -> PastRun | None:
    try:
        return _past(path.parent.name, json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _past(folder: str, data: Mapping[str, Any]) -> PastRun:
    scenarios = data["scenarios"]
    return PastRun(
        folder=folder,
        created_at=data["created_at"],
        system=data["system"],
        mode=data["mode"],
        variant=data["variant"],
        commit=data["commit"] or "",
        dirty=data["dirty"],
        stand_in=data["stand_in"],
        complete=data["complete"],
        verdict=Verdict(data["verdict"]),
        sentence=data["sentence"],
        scenarios=len(scenarios),
        passed=sum(each["verdict"] == Verdict.PASSED for each in scenarios),
        metrics={name: PastRate(each["rate"], each["hits"], each["n"]) for name, each in data["metrics"].items()},
    )
