"""Running agents with models of our own, and looking at the trace of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from agents import Agent, Model, ModelResponse, RunConfig, Runner, Usage, set_trace_processors
from openai.types.responses.response_usage import InputTokensDetails, OutputTokensDetails

from harness.core.results import Mode
from harness.core.scenario import Location, Scenario, Turn
from harness.execution.capture import Capture, installed
from harness.execution.environment import prepared
from harness.execution.spec import TrialSpec
from harness.system.graph import LiveGraph, read_graph
from harness.system.loading import System, load_system

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from agents.items import TResponseOutputItem, TResponseStreamEvent

    from harness.core.trace import AgentRun, Trace

Answer = Callable[[list[Any]], "list[TResponseOutputItem]"]


@dataclass
class Answering(Model):
    """A model that answers any number of requests at once, each from its own input alone."""

    answer: Answer
    delay: float = 0.0
    tokens: int = 10

    async def get_response(self, **request: Any) -> ModelResponse:  # type: ignore[override]  # the SDK calls by keyword
        await asyncio.sleep(self.delay)
        given = request["input"]
        items = [{"role": "user", "content": given}] if isinstance(given, str) else given
        usage = Usage(
            requests=1,
            input_tokens=self.tokens,
            output_tokens=1,
            total_tokens=self.tokens + 1,
            input_tokens_details=InputTokensDetails(cached_tokens=2, cache_write_tokens=0),
            output_tokens_details=OutputTokensDetails(reasoning_tokens=1),
        )
        return ModelResponse(output=self.answer(items), usage=usage, response_id=f"resp_{len(items)}")

    def stream_response(self, *given: Any, **request: Any) -> AsyncIterator[TResponseStreamEvent]:
        raise NotImplementedError


@dataclass
class Session:
    """A capture around runs; `trace` is there once `done`."""

    graph: LiveGraph
    run_config: RunConfig | None = None
    raised: list[BaseException] = field(default_factory=list)

    async def run(self, given: Any = "hi", *, agent: Agent[Any] | None = None, **options: Any) -> Trace:
        """The trace of one turn with one run, whatever it raised."""
        capture = Capture(self.graph, self.run_config)
        with installed(), capture.turn(given if isinstance(given, str) else "..."):
            try:
                await Runner.run(agent or self.graph.system.entry, given, **options)
            except Exception as error:  # noqa: BLE001 - whatever a run raises, its trace is what a test looks at
                self.raised.append(error)
        return capture.finish()

    async def stream(self, given: Any = "hi", **options: Any) -> Trace:
        """The same with a streamed run."""
        capture = Capture(self.graph, self.run_config)
        with installed(), capture.turn(given):
            result = Runner.run_streamed(self.graph.system.entry, given, **options)
            try:
                async for _ in result.stream_events():
                    pass
            except Exception as error:  # noqa: BLE001 - whatever a run raises, its trace is what a test looks at
                self.raised.append(error)
        return capture.finish()


@pytest.fixture(autouse=True)
def _no_export() -> None:
    set_trace_processors([])


@pytest.fixture
def answering() -> type[Answering]:
    """A model that answers from its input alone."""
    return Answering


@pytest.fixture
def session() -> Callable[..., Session]:
    """A capture of runs of a system, given as its entry agent or whole."""

    def make(entry: Agent[Any] | System, run_config: RunConfig | None = None) -> Session:
        system = entry if isinstance(entry, System) else System(entry=entry)
        return Session(read_graph(system), run_config)

    return make


@pytest.fixture
def only_run() -> Callable[[Trace], AgentRun]:
    """The one run of a trace with one turn."""

    def get(trace: Trace) -> AgentRun:
        ((run,),) = (turn.runs for turn in trace.turns)
        return run

    return get


@pytest.fixture
def clinic_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], LiveGraph]:
    """Someone else's application, `tests/data/clinic.py`, in a variant."""
    monkeypatch.syspath_prepend("tests/data")

    def load(variant: str | None) -> LiveGraph:
        with prepared(Mode.REPLAY, None):
            return read_graph(load_system("clinic:build", variant))

    return load


@pytest.fixture
def clinic(clinic_of: Callable[[str | None], LiveGraph]) -> LiveGraph:
    """Someone else's application, `tests/data/clinic.py`."""
    return clinic_of(None)


@pytest.fixture
def plan(tmp_path: Path) -> Callable[..., TrialSpec]:
    """A trial of a scenario: `plan(user, *, id, more=further user messages, index, **fields of Scenario)`."""

    def make(user: str, *, id: str = "case", more: tuple[str, ...] = (), index: int = 0, **details: Any) -> TrialSpec:  # noqa: A002 - the scenario's word
        turns = tuple(Turn(user=each) for each in (user, *more))
        scenario = Scenario(id=id, location=Location(file="clinic.yaml"), conversation=turns, **details)
        return TrialSpec(scenario=scenario, index=index, cassette=tmp_path / "cassettes" / f"{id}.{index}.yaml")

    return make
