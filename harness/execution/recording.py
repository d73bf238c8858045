"""What was seen of one SDK run while it ran: mutable, full of SDK objects, gone once the trace is assembled."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from agents import Agent, ModelResponse, RunConfig, RunContextWrapper, RunState
from agents.items import RunItemBase

from harness.execution.items import input_text


@dataclass(slots=True, eq=False)
class SeenModelCall:
    """One request to a model; `response` is None when none came back. Times are readings of `time.perf_counter`."""

    agent: Agent[Any]
    model: str
    started: float
    ended: float | None = None
    response: ModelResponse | None = None


@dataclass(slots=True, eq=False)
class SeenToolCall:
    """A tool that began to run. `error` is the exception that the model was shown a made-up text instead of.

    `span` is the tracing span the tool runs in: what a tool starts by itself is found by it. `told` is the error that
    the span told when the tool ended, where tracing is on.
    """

    tool: Any
    call: Any
    span: Any
    started: float
    ended: float | None = None
    output: Any = None
    error: str | None = None
    told: str | None = None


@dataclass(frozen=True, slots=True)
class SeenHandoff:
    """A transfer that took place after the model call at index `after` of its run (-1: before the first)."""

    after: int
    target: Agent[Any]


@dataclass(slots=True, eq=False)
class Turn:
    """The runs that a user message led to. `run_config` is laid over that of every run made meanwhile.

    `current` is given the agent that somebody wants to run, and tells the one that runs.
    """

    user: str
    run_config: RunConfig | None = None
    runs: list[Recording] = field(default_factory=list)
    current: Callable[[Agent[Any]], Agent[Any]] = lambda agent: agent


@dataclass(slots=True, eq=False)
class Recording:
    """One run of the SDK's loop. `call_id` is the call of `parent` it was made in, None when it was made in none.

    `after` is the number of answers that `parent` had from its model when this run started. A run that is resumed
    goes on in the recording of the run it resumes.
    """

    agent: Agent[Any]
    input: Any
    parent: Recording | Turn
    call_id: str | None = None
    after: int = 0
    streamed: bool = False
    started: float = field(default_factory=time.perf_counter)
    ended: float | None = None
    model_calls: list[SeenModelCall] = field(default_factory=list)
    tool_calls: dict[str, SeenToolCall] = field(default_factory=dict)
    handoffs: list[SeenHandoff] = field(default_factory=list)
    runs: list[Recording] = field(default_factory=list)
    context: RunContextWrapper[Any] | None = None
    result: Any = None
    raised: BaseException | None = None

    @property
    def run_config(self) -> RunConfig | None:
        """What is laid over the run config of every run made inside this one."""
        return self.parent.run_config

    @property
    def current(self) -> Callable[[Agent[Any]], Agent[Any]]:
        """Which agent runs in the place of one that is wanted, in this turn."""
        return self.parent.current

    @property
    def speaking(self) -> str:
        """The name of the agent whose turn it is."""
        return str((self.model_calls[-1].agent if self.model_calls else self.agent).name)

    @property
    def interrupted(self) -> bool:
        """Whether the run waits for an approval."""
        return bool(getattr(self.result, "interruptions", None))

    @property
    def error(self) -> BaseException | None:
        """What ended the run early. A streamed run tells it when its stream is read to the end."""
        if self.raised is not None or self.result is None:
            return self.raised
        stored: BaseException | None = getattr(self.result, "_stored_exception", None)
        return stored or getattr(self.result, "run_loop_exception", None)

    def items(self) -> list[Any]:
        """The SDK's own items of the run, as far as it tells them."""
        teller = self.result if self.result is not None else getattr(self.raised, "run_data", None)
        return [item for item in getattr(teller, "new_items", ()) if isinstance(item, RunItemBase)]

    def made_in(self, call_id: str | None) -> list[Recording]:
        """The runs made in one call, in the order they started."""
        return [each for each in self.runs if call_id is not None and each.call_id == call_id]

    def answers(self) -> int:
        """How many answers the run has had from its model."""
        return sum(call.response is not None for call in self.model_calls)


def begin(parent: Recording | Turn, agent: Agent[Any], given: Any, call_id: str | None, *, streamed: bool) -> Recording:
    """A recording of the run that starts now, which is an interrupted one's when that is what goes on."""
    if isinstance(given, RunState):
        waiting = [each for each in parent.runs if each.call_id == call_id and each.interrupted]
        asked_the_same = [each for each in waiting if input_text(each.input) == input_text(given)]
        if waiting:
            earlier = (asked_the_same or waiting)[0]
            earlier.result = earlier.raised = earlier.ended = None
            return earlier
    after = parent.answers() if isinstance(parent, Recording) else 0
    recording = Recording(agent, given, parent, call_id, after, streamed)
    parent.runs.append(recording)
    return recording
