"""The unit of work: run one trial of one scenario, and say what happened without judging it."""

from __future__ import annotations

import asyncio
import time
import traceback
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agents import OpenAIProvider, RunConfig

from harness.cassettes.provenance import Provenance
from harness.cassettes.replay import client
from harness.cassettes.router import PLAIN, Tape, TapeOptions, playing
from harness.core.results import Mode, Trial, TrialError, Verdict
from harness.core.scenario import Scenario
from harness.core.trace import JSON, ErrorKind, Trace, runs_of
from harness.errors import HarnessError
from harness.execution.capture import Capture, installed
from harness.execution.classification import kind_of, steady
from harness.execution.conversation import Setting, converse
from harness.system.graph import LiveGraph


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialSpec:
    """One trial to run: picklable, and the same trial whenever it is run again."""

    scenario: Scenario
    index: int
    cassette: Path
    variant: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What all trials of a run have in common.

    `api` is what the endpoint speaks, `responses` or `chat_completions`; `endpoint` None is the OpenAI client's own
    default. `timeout` is in seconds a trial, `max_turns` the SDK's limit on model calls per turn.
    """

    live: LiveGraph
    provenance: Provenance
    mode: Mode = Mode.REPLAY
    endpoint: str | None = None
    api_key: str | None = None
    api: str = "responses"
    timeout: float = 120.0
    max_turns: int = 30
    tape: TapeOptions = PLAIN


async def run_trial(spec: TrialSpec, conditions: Conditions) -> Trial:
    """Run one trial. It comes back unscored: errored when it cannot be judged, else not applicable.

    Whatever goes wrong inside stays inside: the error is kept in the trial, and its neighbours run on.
    """
    started, clock = datetime.now(UTC), time.perf_counter()
    with installed(), playing(spec.cassette, conditions.mode, conditions.provenance, conditions.tape) as tape:
        capture = Capture(conditions.live, _run_config(spec, conditions, tape))
        trace, error = (Trace(), None) if tape.problems else await _held(spec.scenario, conditions, capture)
        error = _worst(tape, trace, error)
        if error is not None:
            tape.discard(error.message)
    return Trial(
        scenario=spec.scenario.id,
        index=spec.index,
        variant=spec.variant,
        verdict=Verdict.ERRORED if error else Verdict.NOT_APPLICABLE,
        trace=trace,
        error=error,
        cassette=tape.use,
        traffic=tape.traffic,
        timings=capture.timings,
        started_at=started.isoformat(timespec="milliseconds"),
        seconds=round(time.perf_counter() - clock, 3),
    )


async def _held(scenario: Scenario, conditions: Conditions, capture: Capture) -> tuple[Trace, TrialError | None]:
    """The conversation's trace and what broke it off; the one place that catches everything."""
    context, error = None, None
    try:
        context = conditions.live.system.new_context(scenario.context)
        setting = Setting(live=conditions.live, capture=capture, context=context, max_turns=conditions.max_turns)
        async with asyncio.timeout(conditions.timeout):
            await converse(scenario, setting)
        state = _end_state(conditions.live, context)
    except TimeoutError:
        error = TrialError(
            kind=ErrorKind.INFRASTRUCTURE,
            type="TimeoutError",
            message=f"the trial did not end within {conditions.timeout:g} s",
            hint="raise --timeout, or look at the last step of its trace",
        )
        state = None
    except Exception as caught:  # noqa: BLE001 - a trial is isolated from its neighbours here, and only here
        error, state = _described(caught), None
    return replace(capture.finish(), state=state), error


def _end_state(live: LiveGraph, context: Any) -> JSON:
    return live.system.state(context) if live.system.state is not None else None


def _worst(tape: Tape, trace: Trace, error: TrialError | None) -> TrialError | None:
    """What keeps the trial from being judged.

    The SDK makes polite tool outputs of what goes wrong inside a helper: so the tape's own list comes first, then
    whatever broke any run of the trace.
    """
    if tape.problems:
        first = tape.problems[0]
        place = f"{first.where}: " if first.where else ""
        return TrialError(
            kind=ErrorKind.INFRASTRUCTURE, type=type(first).__name__, message=place + first.what, hint=first.hint
        )
    if error is not None:
        return error if error.kind is not ErrorKind.BEHAVIOUR else None
    for run in runs_of(trace):
        if run.error is not None and run.error.kind is not ErrorKind.BEHAVIOUR:
            message = f"{run.agent.name}: {run.error.message}"
            return TrialError(kind=run.error.kind, type=run.error.type, message=message)
    return None


def _described(error: Exception) -> TrialError:
    if isinstance(error, HarnessError):
        return TrialError(kind=ErrorKind.INFRASTRUCTURE, type=type(error).__name__, message=error.what, hint=error.hint)
    return TrialError(
        kind=kind_of(error),
        type=type(error).__name__,
        message=steady(str(error)),
        traceback="".join(traceback.format_exception(error)),
    )


def _run_config(spec: TrialSpec, conditions: Conditions, tape: Tape) -> RunConfig:
    """Every call goes through this trial's client; a steady group id keeps request bodies the same in every run."""
    return RunConfig(
        model_provider=OpenAIProvider(
            openai_client=client(tape, conditions.endpoint, conditions.api_key),
            use_responses=conditions.api == "responses",
        ),
        group_id=spec.scenario.id,
        tracing_disabled=True,
    )
