"""A scenario on both sides of a comparison: what differs between the agents, and what each side did, line by line."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.agent_changes import AgentChange, agent_changes
from harness.analysis.failures import sentence_of
from harness.analysis.outcome import ScenarioResult, scenario_results
from harness.core.results import Verdict
from harness.core.trace import CallStatus, Handoff, Message, ToolCall, runs_of
from harness.reporting.numbers import cut
from harness.reporting.trajectory import call_of
from harness.reporting.view import WORDS, Report

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.core.results import Trial
    from harness.core.trace import AgentRun, Step

_INDENT = "\u00a0\u00a0"
"""Spaces that no line is broken at."""

_SAID = 160


@dataclass(frozen=True, slots=True)
class WayLine:
    """One line of both ways: the same on both sides, or on one of them only."""

    before: str
    after: str

    @property
    def mark(self) -> str:
        """`=` the same, `-` only before, `+` only now, `x` another."""
        if self.before == self.after:
            return "="
        return "x" if self.before and self.after else "-" if self.before else "+"


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The other side of a scenario. `label` is the other run's variant or id, `lines` are both ways in order."""

    label: str
    verdict: Verdict
    word: str
    sentence: str
    agents: tuple[AgentChange, ...]
    lines: tuple[WayLine, ...]

    @property
    def alike(self) -> bool:
        """Whether both sides did the same."""
        return all(each.mark == "=" for each in self.lines)


def besides(report: Report) -> Mapping[str, Beside]:
    """The other side of each scenario that has one, by scenario; empty without another run."""
    if report.other is None:
        return {}
    theirs = {each.scenario.id: each for each in scenario_results(report.other)}
    both = [(mine, theirs[mine.scenario.id]) for mine in report.results if mine.scenario.id in theirs]
    changed = agent_changes(report.run.graph.agents, report.other.graph.agents, {})
    label = report.other.info.variant or report.other.info.id
    return {mine.scenario.id: _beside(label, mine, other, changed) for mine, other in both}


def _beside(label: str, mine: ScenarioResult, other: ScenarioResult, changed: Sequence[AgentChange]) -> Beside:
    now = mine.telling
    involved = _agents(mine) | _agents(other)
    same = [trial for trial in other.trials if now is not None and trial.index == now.index]
    then = other.telling if other.verdict is not mine.verdict else next(iter(same), other.telling)
    return Beside(
        label=label,
        verdict=other.verdict,
        word=WORDS[other.verdict],
        sentence=cut(sentence_of(then)) if then and other.verdict is not Verdict.PASSED else "",
        agents=tuple(each for each in changed if each.agent in involved),
        lines=tuple(_aligned(list(_way(then)), list(_way(now)))),
    )


def _agents(result: ScenarioResult) -> set[str]:
    return {run.agent.name for trial in result.trials for run in runs_of(trial.trace)} | {
        step.target.name
        for trial in result.trials
        for run in runs_of(trial.trace)
        for step in run.steps
        if isinstance(step, Handoff) and step.target is not None
    }


def _aligned(before: list[str], after: list[str]) -> Iterator[WayLine]:
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for _, start, stop, begin, end in matcher.get_opcodes():
        left, right = before[start:stop], after[begin:end]
        for place in range(max(len(left), len(right))):
            yield WayLine(left[place] if place < len(left) else "", right[place] if place < len(right) else "")


def _way(trial: Trial | None) -> Iterator[str]:
    """What happened, a line each: agents, handoffs, calls with what helpers did below them, the last word."""
    if trial is None:
        return
    for turn in trial.trace.turns:
        for run in turn.runs:
            yield from _run(run, "")


def _run(run: AgentRun, indent: str) -> Iterator[str]:
    yield f"{indent}{run.agent.name}"
    for step in run.steps:
        yield from _step(step, indent + _INDENT)


def _step(step: Step, indent: str) -> Iterator[str]:
    if isinstance(step, Handoff):
        done = "" if step.status is CallStatus.OK else f" ({step.status.value.replace('_', ' ')})"
        yield f"{indent}> {step.target.name if step.target else step.tool}{done}"
    elif isinstance(step, ToolCall):
        yield f"{indent}{call_of(step)}"
        for run in step.runs:
            yield from _run(run, indent + _INDENT)
    elif isinstance(step, Message):
        said = " ".join(step.text.split())
        yield f"{indent}says: {said if len(said) <= _SAID else f'{said[:_SAID]}...'}"
