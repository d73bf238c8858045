"""A saved run judged again with today's scenarios: no agent is loaded, no model asked, nothing is run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness import saved
from harness.core.results import Run, Trial, TrialError, Verdict
from harness.core.trace import ErrorKind
from harness.errors import NothingSelectedError, ProblemsError, Severity
from harness.plugins import look_in
from harness.reported import Outcome, remade
from harness.scoring.scorers import judge_trial

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from harness.config import Settings
    from harness.core.scenario import Scenario

SUFFIX = "-scored"
"""What the id of a run that was judged again ends with."""


@dataclass(frozen=True, slots=True)
class Flip:
    """A trial whose verdict is another one now. `before` and `after` are the trial as it was and as it is judged."""

    before: Trial
    after: Trial

    def __str__(self) -> str:
        return f"{self.after.key.removeprefix('-/')}: {self.before.verdict} -> {self.after.verdict}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """The run as it is judged now, and what changed.

    `gone` are the scenarios of the run that the suite no longer has: their trials are left out.
    """

    outcome: Outcome
    flips: tuple[Flip, ...]
    gone: tuple[str, ...]


def score(settings: Settings, path: Path | None = None) -> Scored:
    """Judge the saved run (default: the newest) with the scenarios of today, and write it beside the other runs.

    The run that was judged stays as it is. A trial whose scenario asks something else today comes back errored: what
    was run is not what is expected. Raises ProblemsError when the suite has errors, or does not fit the agents of the
    run; NothingSelectedError when the suite has none of the run's scenarios.
    """
    look_in(settings.root.absolute())
    was = saved.read_run(_as_run(path or saved.newest_run(settings)))
    today = _today(settings, was)
    trials = tuple(_again(today[each.scenario], each, was) for each in was.trials if each.scenario in today)
    run = replace(
        was,
        info=replace(was.info, id=was.info.id.removesuffix(SUFFIX) + SUFFIX),
        scenarios=tuple(today.values()),
        trials=trials,
    )
    before = {each.key: each for each in was.trials}
    return Scored(
        outcome=remade(settings, run),
        flips=tuple(Flip(before[each.key], each) for each in trials if each.verdict is not before[each.key].verdict),
        gone=tuple(each.id for each in was.scenarios if each.id not in today),
    )


def _as_run(path: Path) -> Path:
    """Where what was run is saved: of a run that was judged again, the run that it was made from, if it is there."""
    folder = path if path.is_dir() else path.parent
    original = folder.with_name(folder.name.removesuffix(SUFFIX))
    return original if folder != original and original.is_dir() else path


def _today(settings: Settings, was: Run) -> dict[str, Scenario]:
    """The run's scenarios as the suite has them now, in the order of the suite, and fit for the run's agents.

    What is hidden in a saved run is hidden in them too: they are held against it, and written.
    """
    from harness.cassettes.hiding import hidden
    from harness.cassettes.redaction import patterns_of
    from harness.suite.check import check_suite
    from harness.suite.loading import load_suite

    suite = load_suite([settings.path(settings.scenarios)], root=settings.root)
    ran = {each.id for each in was.scenarios}
    kept = [each for each in suite if each.id in ran]
    if not kept:
        raise NothingSelectedError(
            f"none of the {len(ran)} scenarios of {was.info.id!r} is in {str(settings.scenarios)!r}",
            hint="point --scenarios at the suite that was run",
        )
    found = check_suite(kept, was.graph, unread=[each.id for each in suite if each.id not in ran])
    errors = [each for each in found if each.severity is Severity.ERROR]
    if errors:
        raise ProblemsError(errors)
    return {each.id: each for each in hidden(tuple(kept), patterns_of(settings.redact))}


def _again(scenario: Scenario, trial: Trial, was: Run) -> Trial:
    ran = was.scenario(trial.scenario)
    changed = list(_changes(ran, scenario)) if ran else []
    if not changed:
        return judge_trial(scenario, trial, was.graph, was.info.mode)
    error = TrialError(
        kind=ErrorKind.APPLICATION,
        type="ScenarioChanged",
        message=f"{' and '.join(f'`{key}`' for key in changed)} changed since this trial was run",
        hint=f"run it again: harness run {scenario.id}",
    )
    return replace(trial, verdict=Verdict.ERRORED, scores=(), blame=None, error=trial.error or error)


_ASKED = (
    "agent",
    "layer",
    "system",
    "history",
    "history_from",
    "approvals",
    "context",
    "recorded_tools",
    "seed",
    "clock",
)


def _changes(ran: Scenario, today: Scenario) -> Iterator[str]:
    """The keys that say what a trial does, where they differ; expectations are free to change."""
    if [turn.user for turn in ran.conversation] != [turn.user for turn in today.conversation]:
        yield "conversation" if len(today.conversation) > 1 else "user"
    yield from (key.removesuffix("_from") for key in _ASKED if getattr(ran, key) != getattr(today, key))


def texts(flips: Sequence[Flip], most: int = 20) -> list[str]:
    """The flips as lines for people; of many, the first."""
    shown = [str(each) for each in flips[:most]]
    return [*shown, f"and {len(flips) - most} more"] if len(flips) > most else shown
