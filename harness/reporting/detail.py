"""Everything a report says about one scenario."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.failures import sentence_of
from harness.core.results import CassetteUse, Score, Trial, TrialError, Verdict
from harness.core.scenario import Scenario
from harness.core.trace import CallStatus, Handoff, Message, usage_of
from harness.reporting.numbers import cut
from harness.reporting.timeline import Node, timeline
from harness.reporting.trajectory import Section, trajectory, turn_of
from harness.reporting.view import WORDS, rerun

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.analysis.outcome import ScenarioResult
    from harness.reporting.beside import Beside  # noqa: TC004 - nothing evaluates these annotations


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing said, or one transfer (`event`). `role` is user, agent or event."""

    role: str
    speaker: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreLine:
    """One score with its reason."""

    score: Score
    layer: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialDetail:
    """One trial, ready to be rendered."""

    number: int
    verdict: Verdict
    word: str
    sentence: str
    conversation: tuple[Line, ...]
    trajectory: tuple[Section, ...]
    timeline: tuple[Node, ...]
    scores: tuple[ScoreLine, ...]
    cassette: CassetteUse | None
    error: TrialError | None
    seconds: float
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One scenario with all its trials; `first` is the number of the trial to look at first."""

    id: str
    verdict: Verdict
    word: str
    sentence: str
    scenario: Scenario
    variant: str | None
    rerun: str
    quarantine: str
    flaky: bool
    passed: int
    needed: int
    first: int
    trials: tuple[TrialDetail, ...]
    beside: Beside | None = None


_LAYER_NAMES: Mapping[str, str] = {"triage": "Triage", "specialist": "Specialist", "helper": "Helper"}


def detail_of(result: ScenarioResult, beside: Beside | None = None) -> Detail:
    """The whole story of a scenario, and what the other side did where there is one."""
    telling = result.telling
    return Detail(
        id=result.scenario.id,
        verdict=result.verdict,
        word=WORDS[result.verdict],
        sentence=cut(sentence_of(telling)) if telling else "",
        scenario=result.scenario,
        variant=result.variant,
        rerun=rerun(result),
        quarantine=_quarantine(result),
        flaky=result.flaky,
        passed=result.passed,
        needed=result.needed,
        first=telling.index + 1 if telling else 1,
        trials=tuple(trial_detail(result.scenario, trial) for trial in result.trials),
        beside=beside,
    )


def trial_detail(scenario: Scenario, trial: Trial) -> TrialDetail:
    """The whole story of a trial."""
    return TrialDetail(
        number=trial.index + 1,
        verdict=trial.verdict,
        word=WORDS[trial.verdict],
        sentence=cut(sentence_of(trial)),
        conversation=tuple(_conversation(scenario, trial)),
        trajectory=trajectory(trial),
        timeline=timeline(trial),
        scores=tuple(_score(score, len(trial.trace.turns)) for score in trial.scores),
        cassette=trial.cassette,
        error=trial.error,
        seconds=trial.seconds,
        tokens=usage_of(trial.trace).total_tokens,
    )


def _conversation(scenario: Scenario, trial: Trial) -> Iterator[Line]:
    for said in scenario.history:
        speaker = "User" if said.role == "user" else "Agent"
        yield Line(
            role="user" if said.role == "user" else "agent", speaker=f"{speaker}, before", text=cut(said.content)
        )
    for turn in trial.trace.turns:
        yield Line(role="user", speaker="User", text=cut(turn.user))
        for run in turn.runs:
            for step in run.steps:
                if isinstance(step, Message):
                    yield Line(role="agent", speaker=step.owner.name, text=cut(step.text))
                elif isinstance(step, Handoff):
                    yield _transfer(step)
    for unsaid in scenario.conversation[len(trial.trace.turns) :]:
        yield Line(role="unsaid", speaker="User, never said", text=cut(unsaid.user))


def _transfer(step: Handoff) -> Line:
    target = step.target.name if step.target else step.tool
    done = "hands off to" if step.status is CallStatus.OK else "asks for a handoff that does not happen, to"
    return Line(role="event", speaker=step.owner.name, text=f"{done} {target}")


def _score(score: Score, turns: int) -> ScoreLine:
    layer = _LAYER_NAMES[score.layer.value] if score.layer else "End to end"
    return ScoreLine(score=score, layer=layer, name=f"{score.scorer.replace('_', ' ')}{turn_of(score, turns)}")


def _quarantine(result: ScenarioResult) -> str:
    told = result.scenario.quarantine
    if told is None:
        return ""
    owner = f", {told.owner}" if told.owner else ""
    kept = "quarantined until" if result.quarantined else "no longer quarantined since"
    return f"{kept} {told.until.isoformat()}: {told.reason}{owner}"
