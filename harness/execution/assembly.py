"""Recordings -> trace: steps get their ids, nested runs their place, and timings are put aside."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from harness.core.results import Timing
from harness.core.trace import AgentRun, ModelCall, RunError, Step, ToolCall, TurnTrace, Usage
from harness.execution.classification import TRIPWIRES, run_error
from harness.execution.drafts import Draft, drafts_of
from harness.execution.guardrails import guardrails_of, stopped_by_input
from harness.execution.items import final_text, input_text
from harness.execution.outcomes import settle
from harness.system.graph import LiveGraph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents import Agent

    from harness.execution.recording import Recording, SeenModelCall, Turn


@dataclass(slots=True)
class Assembly:
    """One trace in the making. Ids count in preorder: `r0`, `r1` for runs, `s0`, `s1` for steps.

    `origin` is the reading of `time.perf_counter` that timings count from.
    """

    graph: LiveGraph
    origin: float
    timings: dict[str, Timing] = field(default_factory=dict)
    runs: int = 0
    steps: int = 0

    def turn(self, turn: Turn) -> TurnTrace:
        """A turn with all runs below it."""
        return TurnTrace(user=turn.user, runs=tuple(self.run(each) for each in turn.runs))

    def run(self, recording: Recording) -> AgentRun:
        """A run with all runs below it."""
        run_id = f"r{self.runs}"
        self.runs += 1
        self._time(run_id, recording.started, recording.ended)
        drafts = drafts_of(recording, _kept(recording), self.graph)
        settle(drafts, recording, self.graph)
        inside, apart = _places(drafts, recording)
        children = tuple(self.run(each) for each in sorted(apart, key=self._order))
        steps = self._numbered(drafts, inside, recording)
        error = recording.error
        return AgentRun(
            id=run_id,
            agent=self.graph.ref(recording.agent),
            input=input_text(recording.input),
            steps=steps,
            last_agent=self.graph.ref(_last_agent(recording)),
            output=final_text(getattr(recording.result, "final_output", None)) if error is None else None,
            error=_run_error(error),
            guardrails=guardrails_of(recording, self.graph),
            children=children,
            usage=sum((step.usage for step in steps if isinstance(step, ModelCall)), Usage()),
            streamed=recording.streamed,
            interrupted=recording.interrupted or _was_stopped(recording),
        )

    def _numbered(
        self, drafts: Sequence[Draft], inside: dict[str | None, list[Recording]], recording: Recording
    ) -> tuple[Step, ...]:
        model_calls: dict[int, str] = {}
        steps: list[Step] = []
        for draft in drafts:
            step_id = f"s{self.steps}"
            self.steps += 1
            if isinstance(draft.step, ModelCall):
                model_calls[draft.after] = step_id
                if draft.seen is not None:
                    self._time(step_id, draft.seen.started, draft.seen.ended)
                steps.append(replace(draft.step, id=step_id))
                continue
            step = replace(draft.step, id=step_id, model_call=model_calls.get(draft.after))
            if isinstance(step, ToolCall):
                step = self._filled(step, inside.pop(step.call_id, []), recording)
            steps.append(step)
        return tuple(steps)

    def _filled(self, step: ToolCall, made_in: Sequence[Recording], recording: Recording) -> ToolCall:
        """The call with the runs made in it."""
        seen = recording.tool_calls.get(step.call_id or "")
        if seen is not None:
            self._time(step.id, seen.started, seen.ended)
        return replace(step, runs=tuple(self.run(each) for each in made_in))

    def _order(self, recording: Recording) -> tuple[int, str, str]:
        """Where a run made in no call stands: which of several guardrails side by side began first is chance."""
        return recording.after, self.graph.ref(recording.agent).name, input_text(recording.input)

    def _time(self, name: str, started: float, ended: float | None) -> None:
        if ended is not None:
            start, duration = (started - self.origin) * 1000, (ended - started) * 1000
            self.timings[name] = Timing(start_ms=round(start, 3), duration_ms=round(duration, 3))


def _kept(recording: Recording) -> list[SeenModelCall]:
    """The model calls to show.

    A tripped input guardrail throws away what the agent was doing beside it. Whether the answer came before that is
    chance, and nobody saw it, unless something came of it.
    """
    came_of_it = recording.tool_calls or recording.handoffs or recording.items() or len(recording.model_calls) > 1
    if stopped_by_input(recording) and not came_of_it:
        return []
    return recording.model_calls


def _places(drafts: Sequence[Draft], recording: Recording) -> tuple[dict[str | None, list[Recording]], list[Recording]]:
    """The runs made in each call, by its id, and the runs made in none."""
    calls = {draft.step.call_id for draft in drafts if isinstance(draft.step, ToolCall)} - {None}
    inside: dict[str | None, list[Recording]] = {}
    apart = []
    for each in recording.runs:
        if each.call_id in calls:
            inside.setdefault(each.call_id, []).append(each)
        else:
            apart.append(each)
    return inside, apart


def _last_agent(recording: Recording) -> Agent[Any]:
    if recording.handoffs:
        return recording.handoffs[-1].target
    return recording.model_calls[-1].agent if recording.model_calls else recording.agent


def _run_error(error: BaseException | None) -> RunError | None:
    """What was found by a guardrail, or stopped from outside, is no error of the run."""
    return None if error is None or isinstance(error, (*TRIPWIRES, asyncio.CancelledError)) else run_error(error)


def _was_stopped(recording: Recording) -> bool:
    """Whether something outside the run ended it, or nobody waited for its end."""
    return isinstance(recording.error, asyncio.CancelledError) or recording.ended is None
