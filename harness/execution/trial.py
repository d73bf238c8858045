"""The unit of work: run one trial of one scenario, and say what happened without judging it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from harness.cassettes.hiding import hidden
from harness.cassettes.provenance import Provenance
from harness.cassettes.router import Tape, playing
from harness.core.results import Mode, Timing, Traffic, Trial, TrialError, Verdict
from harness.core.trace import JSON, ErrorKind, Trace
from harness.errors import HarnessError, TrialTimeoutError
from harness.execution.access import model_access
from harness.execution.capture import Capture, installed
from harness.execution.contexts import end_state, fresh_context
from harness.execution.conversation import Setting, converse
from harness.execution.failures import NotJudgedError, why_not_judged
from harness.execution.history import said_before
from harness.execution.judge import judgements
from harness.execution.recorded_tools import answered_from, keep_outputs
from harness.execution.recorder import now_recording, tool_at_work
from harness.execution.repeatable import repeatable
from harness.execution.spec import Conditions, TrialSpec
from harness.system.graph import LiveGraph

if TYPE_CHECKING:
    from collections.abc import Awaitable

__all__ = ["Conditions", "TrialSpec", "run_trial"]

_FIRST_PAUSE = 1.0
_SETTLE_SECONDS = 5.0
_GLANCE_SECONDS = 0.001


@dataclass(slots=True)
class _Course:
    """A trial under way, and how it went as far as it came."""

    spec: TrialSpec
    conditions: Conditions
    live: LiveGraph
    tape: Tape | None = None
    trace: Trace = Trace()
    timings: Mapping[str, Timing] = field(default_factory=dict)
    error: TrialError | None = None

    def problems(self) -> tuple[HarnessError, ...]:
        """What the tape could not do."""
        return self.tape.problems if self.tape is not None else ()

    def refuse(self) -> None:
        """Stop here when what happened so far already keeps the trial from being judged."""
        error = why_not_judged(self.problems(), None, self.trace)
        if error is not None:
            raise NotJudgedError(error.message)


async def run_trial(spec: TrialSpec, conditions: Conditions, live: LiveGraph) -> Trial:
    """Run one trial. It comes back unscored: errored when it cannot be judged, else not applicable.

    Whatever goes wrong inside stays inside: the error is kept in the trial, and its neighbours run on. A live trial
    that met an infrastructure error is run again, after a growing pause; the other modes try once.
    """
    trial = await _attempt(spec, conditions, live)
    while trial.retries < conditions.retries and _is_live_outage(trial, conditions):
        await asyncio.sleep(_FIRST_PAUSE * 2**trial.retries)
        trial = replace(await _attempt(spec, conditions, live), retries=trial.retries + 1)
    return trial


def _is_live_outage(trial: Trial, conditions: Conditions) -> bool:
    broken = trial.error is not None and trial.error.kind is ErrorKind.INFRASTRUCTURE
    return broken and conditions.mode is Mode.LIVE


async def _attempt(spec: TrialSpec, conditions: Conditions, live: LiveGraph) -> Trial:
    started, clock = datetime.now(UTC), time.perf_counter()
    course = _Course(spec, conditions, live)
    await _run_isolated(course)
    trial = Trial(
        scenario=spec.scenario.id,
        index=spec.index,
        variant=spec.variant,
        verdict=Verdict.ERRORED if course.error else Verdict.NOT_APPLICABLE,
        trace=course.trace,
        error=course.error,
        cassette=course.tape.use if course.tape else None,
        traffic=course.tape.traffic if course.tape else Traffic(),
        timings=course.timings,
        started_at=started.isoformat(timespec="milliseconds"),
        seconds=round(time.perf_counter() - clock, 3),
    )
    return hidden(trial, sent=course.tape.sent) if course.tape and course.tape.sent else trial


async def _run_isolated(course: _Course) -> None:
    """The one place that catches everything. An exception that leaves the tape's block leaves no recording."""
    caught: BaseException | None = None
    spec, conditions = course.spec, course.conditions
    provenance = Provenance.of(course.live.data, conditions.versions, conditions.endpoint)
    try:
        with installed(), playing(spec.cassette, conditions.mode, provenance, conditions.tape, spec.borrow) as tape:
            course.tape, tape.asker, tape.tool = tape, now_recording, tool_at_work
            async with repeatable(spec, conditions, tape):
                await _within(conditions.timeout, _played(course, tape))
    except asyncio.CancelledError as error:
        if _asked_to_stop():
            raise
        caught = error
    except Exception as error:  # noqa: BLE001 - a trial is isolated from its neighbours here, and only here
        caught = error
    course.error = why_not_judged(course.problems(), caught, course.trace)


def _asked_to_stop() -> bool:
    """Whether this task is being cancelled, rather than the application having cancelled something of its own."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _within(seconds: float, work: Awaitable[None]) -> None:
    """Raises TrialTimeoutError when the work takes longer; a timeout of the application's own stays what it is."""
    try:
        async with asyncio.timeout(seconds) as limit:
            await work
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise TrialTimeoutError(
            f"the trial did not end within {seconds:g} s", hint="look at the last step of its trace, or raise --timeout"
        ) from error


async def _played(course: _Course, tape: Tape) -> None:
    """The conversation, what it left behind, and what a judge says of it."""
    course.refuse()
    async with model_access(course.spec, course.conditions, tape) as run_config:
        capture = Capture(course.live, run_config)
        try:
            with answered_from(tape) if course.spec.scenario.recorded_tools else nullcontext():
                state = await _conversation(course, capture)
        finally:
            await _settled(capture)
            for run, since in capture.unread():
                tape.unread(run, since)
            course.trace, course.timings = capture.finish(), capture.timings
        course.trace = replace(course.trace, state=state)
        if course.spec.scenario.recorded_tools:
            keep_outputs(tape, course.trace)
        course.refuse()
        found = await judgements(course.spec.scenario, course.trace, run_config, course.conditions.judge_model)
        course.trace = replace(course.trace, judgements=found)


async def _settled(capture: Capture) -> None:
    """Give runs that were cancelled, or left alone, the time to end: what they still ask belongs on the tape."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    while capture.running and time.monotonic() < deadline:  # noqa: ASYNC110 - runs end in the SDK's own tasks, unannounced
        await asyncio.sleep(_GLANCE_SECONDS)


async def _conversation(course: _Course, capture: Capture) -> JSON:
    """The end state the conversation left in this trial's own context."""
    system, spec = course.live.system, course.spec
    async with fresh_context(system, spec.scenario.context) as context:
        said = said_before(spec, course.live.data, course.conditions.tape)
        setting = Setting(capture=capture, context=context, said=said, max_turns=course.conditions.max_turns)
        await converse(spec.scenario, setting)
        return await end_state(system, context)
