"""How a trial reaches its model: one run config for every run, nested ones included."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from copy import copy
from functools import cache
from typing import TYPE_CHECKING

from agents import MultiProvider, RunConfig
from agents.models import _openai_shared
from agents.run_config import ToolExecutionConfig

from harness.cassettes.replay import client
from harness.core.results import Mode
from harness.errors import UsageError
from harness.execution.environment import NO_KEY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from openai import AsyncOpenAI

    from harness.cassettes.router import Tape
    from harness.execution.spec import Conditions, TrialSpec


@asynccontextmanager
async def model_access(spec: TrialSpec, conditions: Conditions, tape: Tape) -> AsyncIterator[RunConfig]:
    """The run config that is laid over that of every run of a trial.

    Raises UsageError when requests would go out and there is no key for them.
    """
    own = _application_client(conditions)
    ours = own or client(tape, _endpoint(conditions, tape), _key(conditions))
    try:
        yield _run_config(spec, conditions, ours)
    finally:
        if own is None:
            await ours.close()


def refuse_without_key(conditions: Conditions) -> None:
    """Say once, before anything runs, what each trial would say. Raises UsageError as `model_access` does."""
    if _application_client(conditions) is None:
        _key(conditions)


def _run_config(spec: TrialSpec, conditions: Conditions, ours: AsyncOpenAI) -> RunConfig:
    """A steady group id gives a steady `prompt_cache_key`, which the SDK else makes up anew for each run.

    Tools of one answer run one after the other where a recording is involved: what they leave behind, and the order
    of the calls they make, must not depend on which was faster.
    """
    config = copy(_config(taped=conditions.mode is not Mode.LIVE))
    config.model_provider = MultiProvider(
        openai_client=ours, openai_use_responses=False if conditions.api == "chat_completions" else None
    )
    config.group_id = spec.scenario.id
    return config


@cache
def _config(*, taped: bool) -> RunConfig:
    """What is the same for all trials, checked by the SDK once."""
    return RunConfig(tool_execution=ToolExecutionConfig(max_function_tool_concurrency=1) if taped else None)


def _application_client(conditions: Conditions) -> AsyncOpenAI | None:
    """The client the application made the SDK's default, when requests go out and no endpoint is given."""
    if conditions.mode is Mode.REPLAY or conditions.endpoint is not None:
        return None
    return _openai_shared.get_default_openai_client()


def _endpoint(conditions: Conditions, tape: Tape) -> str | None:
    """In replay the one of the recording, though nothing goes there: the SDK asks OpenAI's own for more than others."""
    recording = tape.use if conditions.mode is Mode.REPLAY else None
    return recording.endpoint if recording else conditions.endpoint


def _key(conditions: Conditions) -> str:
    """The key to send. An endpoint that was named may be one that needs none."""
    key = os.environ.get("OPENAI_API_KEY")
    if key or conditions.mode is Mode.REPLAY or conditions.endpoint or os.environ.get("OPENAI_BASE_URL"):
        return key or NO_KEY
    raise UsageError(
        f"{conditions.mode.value} needs an API key, and OPENAI_API_KEY is not set",
        hint="set OPENAI_API_KEY, or give --endpoint URL of a server that needs none, or --standin to record",
    )
