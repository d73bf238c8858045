"""Failures that are the same failure: grouped by layer and first divergence."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.core.results import Blame, Trial, Verdict
from harness.core.trace import Layer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.outcome import ScenarioResult


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Trials that failed (or could not be judged) alike. `sentence` is the first one's.

    `scenarios` are in the order of the suite; `quarantined` tells that none of them decides anything.
    """

    signature: str
    sentence: str
    layer: Layer | None
    agent: str | None
    verdict: Verdict
    trials: int
    scenarios: tuple[str, ...]
    quarantined: bool


def failure_groups(results: Sequence[ScenarioResult]) -> tuple[FailureGroup, ...]:
    """The groups, those that decide first, then failures before errors, then the largest."""
    found: dict[tuple[Verdict, str], list[tuple[ScenarioResult, Trial]]] = defaultdict(list)
    for result in results:
        for trial in result.trials:
            if trial.verdict in (Verdict.FAILED, Verdict.ERRORED):
                found[trial.verdict, signature_of(trial)].append((result, trial))
    groups = [_group(verdict, signature, members) for (verdict, signature), members in found.items()]
    return tuple(sorted(groups, key=lambda each: (each.quarantined, each.verdict is Verdict.ERRORED, -each.trials)))


def signature_of(trial: Trial) -> str:
    """What equal failures have in common."""
    if trial.blame is not None:
        return trial.blame.signature or trial.blame.sentence
    if trial.error is not None:
        return f"{trial.error.kind.value} | {trial.error.type}"
    return trial.verdict.value


def sentence_of(trial: Trial) -> str:
    """Why the trial did not pass, as one sentence; empty when it passed."""
    if trial.error is not None:
        return f"{trial.error.type}: {trial.error.message}"
    if trial.blame is not None:
        return trial.blame.sentence
    if trial.verdict is Verdict.NOT_APPLICABLE:
        return "nothing was expected of this trial, so nothing was judged"
    reasons = [score.reason for score in trial.scores if score.verdict is trial.verdict and not score.advisory]
    return (
        "" if trial.verdict is Verdict.PASSED else (reasons or [f"the trial {trial.verdict.value} without a reason"])[0]
    )


def _group(verdict: Verdict, signature: str, members: Sequence[tuple[ScenarioResult, Trial]]) -> FailureGroup:
    first = members[0][1]
    blame = first.blame or Blame(sentence="")
    return FailureGroup(
        signature=signature,
        sentence=sentence_of(first),
        layer=blame.layer,
        agent=blame.agent,
        verdict=verdict,
        trials=len(members),
        scenarios=tuple(dict.fromkeys(result.scenario.id for result, _ in members)),
        quarantined=all(result.quarantined for result, _ in members),
    )
