"""The sides of a comparison that live in one run: its variants."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from harness.core.results import Run

PLAIN = "baseline"
"""How the trials without a variant are asked for."""


def variants_of(run: Run) -> tuple[str, ...]:
    """The variants that ran, in the order of their first trials; `baseline` stands for the system as it is."""
    return tuple(dict.fromkeys(trial.variant or PLAIN for trial in run.trials))


def of_variant(run: Run, variant: str) -> Run:
    """The part of `run` that one variant ran. Raises UsageError when no trial of it is there."""
    known = variants_of(run)
    if variant not in known:
        raise UsageError(f"no trial of variant {variant!r} in run {run.info.id}", hint=did_you_mean(variant, known))
    return replace(
        run,
        info=replace(run.info, variant=None if variant == PLAIN else variant),
        trials=tuple(trial for trial in run.trials if (trial.variant or PLAIN) == variant),
    )


def only_variant(run: Run) -> Run:
    """`run`, which must not mix variants. Raises UsageError when it does, naming them."""
    known = variants_of(run)
    if len(known) > 1:
        raise UsageError(
            f"run {run.info.id} holds {len(known)} variants: {', '.join(known)}", hint="say which one with --variant"
        )
    return run
