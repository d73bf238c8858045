"""Which trials a run consists of, and where each has its recording."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from harness.execution.spec import TrialSpec

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.core.scenario import Scenario


_YAML = ".yaml"
_VARIANTS = "variants"
_OF_VARIANT = 2
"""Folders that a variant's recordings stand in: `variants/NAME/`."""


def planned(
    folder: Path, scenarios: Sequence[Scenario], trials: int = 0, variants: Sequence[str | None] = (None,)
) -> tuple[TrialSpec, ...]:
    """One spec a trial: each scenario as often as it says, or `trials` times, the variants in turn.

    `folder` holds the recordings. First trials of all scenarios come first, so that an early end has seen each.
    """
    return tuple(
        _spec(folder, scenario, index, variant)
        for index in range(max([trials or scenario.trials for scenario in scenarios], default=0))
        for scenario in scenarios
        if index < (trials or scenario.trials)
        for variant in variants
    )


def _spec(folder: Path, scenario: Scenario, index: int, variant: str | None) -> TrialSpec:
    """A variant's recordings have a folder of their own, and hold what the baseline's do not."""
    name = cassette_name(scenario.id, index)
    if variant is None:
        return TrialSpec(scenario=scenario, index=index, cassette=folder / name)
    own = folder / _VARIANTS / variant / name
    return TrialSpec(scenario=scenario, index=index, cassette=own, variant=variant, borrow=folder / name)


def trial_of(folder: Path, cassette: Path, scenarios: Sequence[Scenario]) -> TrialSpec | None:
    """The trial whose recording `cassette` is, also one beyond the number of trials its scenario has now.

    None when it belongs to no scenario.
    """
    place = cassette.relative_to(folder)
    variant = place.parts[1] if place.parts[0] == _VARIANTS and len(place.parts) > _OF_VARIANT else None
    name = (place.relative_to(*place.parts[:_OF_VARIANT]) if variant else place).as_posix().removesuffix(_YAML)
    by_id = {each.id: each for each in scenarios}
    if name in by_id:
        return _spec(folder, by_id[name], 0, variant)
    scenario, _, number = name.rpartition(".")
    if scenario in by_id and number.isdecimal():
        return _spec(folder, by_id[scenario], int(number), variant)
    return None


def cassette_name(scenario: str, index: int) -> str:
    """The file of a trial's recording: one file a trial, the first without a number."""
    return f"{scenario}{_YAML}" if index == 0 else f"{scenario}.{index}{_YAML}"


def in_shard(scenario: str, index: int, count: int) -> bool:
    """Whether a scenario belongs to shard `index` of `count`, from 1.

    Its id alone decides: new scenarios move no others, and the trials of one stay together, so that a shard can judge
    its own.
    """
    return int(hashlib.sha256(scenario.encode()).hexdigest(), 16) % count == index - 1
