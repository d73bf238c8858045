"""What the bundled suite costs to replay: the SDK's own floor and the harness, on the same suite in one run.

    python benchmarks/replay_suite.py [--rounds 5]

Floor: the SDK with a model in memory that gives the very answers of the recordings, made before the clock starts; no
client, no cassette, no capture, no tracing. The application's own work is in both: a fresh database for each trial, the
tools that read and write it, and the end state read out of it. Harness: `run_trial` as `harness run` calls it, from
reading the cassette to the finished trace; then the same with scoring. CPU time for each trial, because a machine may
be shared; the middle of several rounds, because it may be shared unevenly.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import statistics
import time
from collections import deque
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents import Model, ModelProvider, ModelResponse, RunConfig, Usage
from openai.types.responses import Response

from harness.cassettes import egress, router, store
from harness.config import Settings
from harness.core.results import Mode
from harness.execution import capture
from harness.execution.contexts import end_state, fresh_context
from harness.execution.conversation import Setting, converse
from harness.execution.environment import prepared
from harness.execution.history import said_before
from harness.execution.planning import planned
from harness.execution.trial import run_trial
from harness.suite.loading import load_suite
from harness.system.graph import LiveGraph
from harness.system.variants import load_live
from harness.work import Agents, conditions_of, judging

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from harness.execution.spec import TrialSpec

SYSTEM = "agents_under_test.support:system"


@dataclass(slots=True)
class InMemory(Model, ModelProvider):
    """Gives the answers of one trial's recording in their order."""

    answers: deque[ModelResponse]

    def get_model(self, model_name: str | None) -> Model:
        """Itself, whatever the model."""
        del model_name
        return self

    async def get_response(self, **asked: Any) -> ModelResponse:  # type: ignore[override]  # the SDK calls by keyword
        """The next answer."""
        del asked
        return self.answers.popleft()

    def stream_response(self, *given: Any, **asked: Any) -> AsyncIterator[Any]:
        """Not needed: the suite does not stream."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Bare:
    """What a conversation is held in when nothing is captured."""

    graph: LiveGraph
    run_config: RunConfig

    @contextmanager
    def turn(self, user: str) -> Iterator[None]:
        """Nothing is noted."""
        del user
        yield


def answers(path: Path) -> list[ModelResponse]:
    """The recorded answers, ready to be given."""
    told = (json.loads(each.response["body"]["string"]) for each in store.load(path).interactions)
    return [_response(Response.model_validate(each)) for each in told]


def _response(response: Response) -> ModelResponse:
    usage = Usage(requests=1, input_tokens=1, output_tokens=1, total_tokens=2)
    return ModelResponse(output=response.output, usage=usage, response_id=response.id)


async def floor(spec: TrialSpec, live: LiveGraph, made: list[ModelResponse]) -> None:
    """One trial by the SDK alone."""
    provider = InMemory(deque(made))
    bare: Any = Bare(live, RunConfig(model_provider=provider, tracing_disabled=True))
    async with fresh_context(live.system, spec.scenario.context) as context:
        await converse(spec.scenario, Setting(capture=bare, context=context, said=said_before(spec, live.data)))
        await end_state(live.system, context)
    assert not provider.answers, f"{spec.key}: {len(provider.answers)} answers were not asked for"


async def milliseconds(work: Callable[[TrialSpec], Awaitable[object]], specs: list[TrialSpec]) -> float:
    """CPU time of a trial, over all of them."""
    gc.collect()  # what the column before left behind
    started = time.process_time()
    for spec in specs:
        await work(spec)
    return (time.process_time() - started) / len(specs) * 1000


async def measure(rounds: int) -> None:
    """Three lines: the floor, and twice the harness."""
    settings = Settings(system=SYSTEM)
    live = load_live(SYSTEM)
    conditions = conditions_of(settings, Agents(SYSTEM, live))
    specs = list(planned(Path("cassettes"), load_suite([Path("scenarios")]), 1))
    made = {spec.key: answers(spec.cassette) for spec in specs}
    scored = judging(settings, Agents(SYSTEM, live))

    async def bare(spec: TrialSpec) -> None:
        await floor(spec, live, made[spec.key])

    async def replay(spec: TrialSpec) -> None:
        trial = await run_trial(spec, conditions, live)
        assert trial.error is None, trial.error
        assert trial.traffic.replayed == len(made[spec.key])

    columns: dict[str, list[float]] = {"floor": [], "replay": [], "replay and score": []}
    for number in range(rounds + 1):
        found = [await milliseconds(work, specs) for work in (bare, replay, scored)]
        if number:  # the first round warms up
            for name, each in zip(columns, found, strict=True):
                columns[name].append(each)
    calls = sum(len(each) for each in made.values())
    print(f"{len(specs)} trials, {calls} model calls")
    for name, each in columns.items():
        ratio = statistics.median(one / base for one, base in zip(each, columns["floor"], strict=True))
        print(f"{name:>16}: {statistics.median(each):6.2f} ms a trial, {ratio:.2f}x the floor")


def main() -> None:
    """Measure with everything in place that a run has."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rounds", type=int, default=5)
    options = asked.parse_args()
    with ExitStack() as patches:
        for patch in (prepared(Mode.REPLAY, None), router.installed(), capture.installed(), egress.guarded()):
            patches.enter_context(patch)
        asyncio.run(measure(options.rounds))


if __name__ == "__main__":
    main()
