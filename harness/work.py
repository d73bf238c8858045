"""The middle of the program: what runs one trial of the agents under test, here or elsewhere, and judges it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.scoring.scorers import judge_trial

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from harness.config import Settings
    from harness.core.graph import AgentGraph
    from harness.core.results import Trial
    from harness.core.variant import Variant  # noqa: TC004 - nothing evaluates these annotations
    from harness.execution.spec import Conditions, TrialSpec
    from harness.system.graph import LiveGraph  # noqa: TC004 - nothing evaluates these annotations, and it imports the SDK


@dataclass(frozen=True, slots=True)
class Agents:
    """The agents under test: how they were asked for, and their live graph."""

    reference: str
    live: LiveGraph
    variant: Variant | None = None

    @property
    def name(self) -> str | None:
        """The variant's name; None for the agents as they are."""
        return self.variant.name if self.variant else None

    @property
    def graph(self) -> AgentGraph:
        """The agents as plain data."""
        return self.live.data


@asynccontextmanager
async def working(settings: Settings, *sides: Agents) -> AsyncIterator[Callable[[TrialSpec], Awaitable[Trial]]]:
    """What runs one trial and judges it: in this process, or in as many as the settings say."""
    from harness.execution.workers import processes

    if settings.processes == 1:
        yield judging(settings, *sides)
        return
    async with processes(settings.processes, conditions_of(settings, *sides)) as elsewhere:
        yield _judged(elsewhere, settings, sides)


def judging(
    settings: Settings, *sides: Agents, conditions: Conditions | None = None
) -> Callable[[TrialSpec], Awaitable[Trial]]:
    """What runs one trial in this process, of the side its variant names, and judges it."""
    from harness.execution.trial import run_trial

    conditions = conditions or conditions_of(settings, *sides)
    live = {each.name: each.live for each in sides}
    return _judged(lambda spec: run_trial(spec, conditions, live[spec.variant]), settings, sides)


def _judged(
    run_one: Callable[[TrialSpec], Awaitable[Trial]], settings: Settings, sides: Sequence[Agents]
) -> Callable[[TrialSpec], Awaitable[Trial]]:
    """What is judged is what may be shown: so a recording, in which it is hidden too, is judged like the live run."""
    from harness.analysis.prices import priced
    from harness.cassettes.hiding import hidden
    from harness.cassettes.redaction import patterns_of

    graphs = {each.name: each.graph for each in sides}
    patterns = patterns_of(settings.redact)

    async def work(spec: TrialSpec) -> Trial:
        trial = priced(hidden(await run_one(spec), patterns))
        return judge_trial(hidden(spec.scenario, patterns), trial, graphs[spec.variant], settings.mode)

    return work


def refuse_without_key(settings: Settings, sides: Sequence[Agents]) -> None:
    """Stop before anything runs when requests would go out and there is no key for them. Raises UsageError."""
    from harness.execution import access

    access.refuse_without_key(conditions_of(settings, *sides))


def conditions_of(settings: Settings, *sides: Agents) -> Conditions:
    """What all trials of a run have in common."""
    from harness.cassettes.redaction import patterns_of
    from harness.cassettes.router import TapeOptions
    from harness.execution.revision import versions
    from harness.execution.spec import Conditions

    return Conditions(
        system=sides[0].reference,
        mode=settings.mode,
        endpoint=settings.endpoint,
        api=settings.api,
        judge_model=settings.judge_model,
        timeout=settings.timeout,
        max_turns=settings.max_turns,
        tape=TapeOptions(
            everything=settings.everything,
            beside=True,
            strict=settings.strict,
            max_age_days=settings.max_age_days,
            redact=patterns_of(settings.redact),
            root=settings.root,
        ),
        versions=versions(),
        seed=settings.seed,
        clock=settings.clock,
        variants=tuple(each.variant for each in sides if each.variant is not None),
    )
