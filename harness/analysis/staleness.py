"""Why recordings do not answer the agents of today: each reason once, with the scenarios it concerns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.core.results import Trial

_NEXT = "next: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What keeps recordings from being replayed. `advice` are lines of text, the last one the command to type."""

    what: str
    advice: tuple[str, ...]
    scenarios: tuple[str, ...]


def reasons(trials: Iterable[Trial]) -> tuple[Reason, ...]:
    """Why these trials could not be judged, what concerns most scenarios first."""
    found: dict[tuple[str, str], list[str]] = {}
    for trial in trials:
        if trial.error is not None:
            what = trial.error.message.removeprefix(f"{trial.cassette.path}: " if trial.cassette else "")
            found.setdefault((what, trial.error.hint), []).append(trial.scenario)
    listed = [
        Reason(what=what, advice=tuple(advice_of(hint)), scenarios=tuple(dict.fromkeys(ids)))
        for (what, hint), ids in found.items()
    ]
    return tuple(sorted(listed, key=lambda each: -len(each.scenarios)))


def advice_of(hint: str) -> list[str]:
    """The lines of an error's hint; what is to be done begins with `next: `."""
    lines = [line.strip() for line in hint.splitlines() if line.strip()]
    return lines if any(line.startswith(_NEXT) for line in lines) else [f"{_NEXT}{line}" for line in lines]


def command_of(hint: str) -> str:
    """The command that a hint ends with; empty when it has none."""
    found = [line.removeprefix(_NEXT) for line in advice_of(hint)]
    return next((line for line in reversed(found) if line.startswith("harness ")), "")
