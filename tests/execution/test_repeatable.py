from __future__ import annotations

import asyncio
import random
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from agents import Agent, Tool, function_tool

from harness.cassettes import store
from harness.core.results import Mode, Trial
from harness.execution.spec import Conditions, TrialSpec
from harness.execution.trial import run_trial
from harness.execution.turnstile import entered
from harness.standin.server import running
from harness.system.graph import LiveGraph, read_graph
from harness.system.loading import System

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Plan = Callable[..., TrialSpec]

MOMENT = "2020-02-29T12:00:00+00:00"
SCRIPT = """
rules:
  - when: {not_called: draw}
    calls: [draw: {}]
  - when: {}
    reply: Drawn.
"""


@function_tool
async def draw() -> str:
    """Draw a number and look at the clock, before and after a pause."""
    before = time.time()
    await asyncio.sleep(0.02)
    return f"{random.random()} at {datetime.now(UTC).isoformat()}, {time.time() - before:.3f}"  # noqa: S311 - no secret


@pytest.fixture
def lottery() -> LiveGraph:
    return read_graph(System(entry=Agent(name="Lottery", instructions="Draw.", tools=[draw])))


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    script = tmp_path / "script.yaml"
    script.write_text(SCRIPT, encoding="utf-8")
    with running(script) as endpoint:
        yield endpoint


def _conditions(mode: Mode, endpoint: str | None = None, **given: Any) -> Conditions:
    return Conditions(system="lottery:system", mode=mode, endpoint=endpoint, **given)


def _drawn(trial: Trial) -> str:
    assert trial.error is None, trial.error
    steps = trial.trace.turns[0].runs[0].steps
    return next(str(step.output) for step in steps if step.kind == "tool_call")


async def test_a_seed_and_a_clock_are_kept_and_replayed(plan: Plan, lottery: LiveGraph, url: str) -> None:
    spec = plan("draw", seed=7, clock=MOMENT)
    recorded = await run_trial(spec, _conditions(Mode.RECORD, url), lottery)
    assert f"at {MOMENT}, 0.000" in _drawn(recorded)
    described = store.load(spec.cassette).described
    assert (described["seed"], described["clock"]) == (7, MOMENT)
    assert str(described["recorded_at"]) > "2025"
    again = await run_trial(plan("draw"), _conditions(Mode.REPLAY), lottery)
    assert _drawn(again) == _drawn(recorded)
    assert again.cassette is not None
    assert again.cassette.drift == ()


async def test_the_clock_of_the_recording_can_be_kept(plan: Plan, lottery: LiveGraph, url: str) -> None:
    recorded = await run_trial(plan("draw"), _conditions(Mode.RECORD, url, clock="recorded"), lottery)
    await asyncio.sleep(1.1)
    again = await run_trial(plan("draw"), _conditions(Mode.REPLAY), lottery)
    assert _drawn(again).split(" at ")[1] == _drawn(recorded).split(" at ")[1]


async def test_trials_of_one_seed_draw_each_their_own(plan: Plan, lottery: LiveGraph, url: str) -> None:
    conditions = _conditions(Mode.LIVE, url, seed=7)
    specs = [plan("draw"), plan("draw"), plan("draw", index=1), plan("draw", id="other")]
    drawn = [_drawn(trial).split()[0] for trial in [await run_trial(each, conditions, lottery) for each in specs]]
    assert drawn[0] == drawn[1]
    assert len(set(drawn)) == 3


async def test_chance_and_clock_are_given_back(plan: Plan, lottery: LiveGraph, url: str) -> None:
    before = random.getstate()
    await run_trial(plan("draw", seed=7, clock=MOMENT), _conditions(Mode.LIVE, url), lottery)
    assert random.getstate() == before
    assert datetime.now(UTC).year > 2020


async def test_trials_side_by_side_with_and_without_a_clock_do_not_touch_each_other(
    plan: Plan, lottery: LiveGraph, url: str
) -> None:
    fixed = [plan("draw", id=f"fixed-{number}", seed=number, clock=MOMENT) for number in range(4)]
    free = [plan("draw", id=f"free-{number}") for number in range(4)]
    specs = [each for pair in zip(fixed, free, strict=True) for each in pair]
    conditions = _conditions(Mode.LIVE, url)
    trials = await asyncio.gather(*(run_trial(each, conditions, lottery) for each in specs))
    for trial in trials:
        assert (MOMENT in _drawn(trial)) is trial.scenario.startswith("fixed"), trial.scenario


async def test_a_timeout_holds_while_the_clock_stands(plan: Plan, url: str) -> None:
    @function_tool(name_override="draw")
    async def stuck() -> str:
        """Never come back."""
        await asyncio.sleep(60)
        return ""

    graph = read_graph(System(entry=Agent(name="Lottery", instructions="Draw.", tools=[stuck])))
    trial = await run_trial(plan("draw", clock=MOMENT), _conditions(Mode.LIVE, url, timeout=0.5), graph)
    assert trial.error is not None
    assert trial.error.type == "TrialTimeoutError"


async def test_a_clock_that_is_no_moment_is_told(plan: Plan, lottery: LiveGraph, url: str) -> None:
    trial = await run_trial(plan("draw"), _conditions(Mode.LIVE, url, clock="noon"), lottery)
    assert trial.error is not None
    assert "clock = 'noon' is no point in time" in trial.error.message


async def test_who_wants_to_be_alone_waits_for_the_others_and_is_then_alone() -> None:
    inside: set[str] = set()
    seen: list[tuple[str, set[str]]] = []

    async def visit(name: str, *, alone: bool) -> None:
        async with entered(alone=alone):
            inside.add(name)
            for _ in range(3):
                await asyncio.sleep(0.001)
                if alone:
                    seen.append((name, set(inside)))
            inside.discard(name)

    await asyncio.gather(*(visit(f"{number}", alone=number % 3 == 0) for number in range(12)))
    assert len(seen) == 12
    assert all(present == {name} for name, present in seen)


async def test_who_is_cancelled_while_waiting_holds_nobody_up() -> None:
    async with entered(alone=False):
        waiting = asyncio.create_task(_alone())
        await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        async with asyncio.timeout(1), entered(alone=False):
            pass
    async with asyncio.timeout(1):
        await _alone()


async def _alone() -> None:
    async with entered(alone=True):
        pass


class Till:
    """A tool whose effect must happen once."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def graph(self, **options: Any) -> LiveGraph:
        def charge() -> str:
            """Charge the card."""
            self.calls.append("charged")
            if "failure_error_function" in options:
                raise RuntimeError("no money")
            return f"receipt {uuid.uuid4()}"

        tool: Tool = function_tool(charge, name_override="draw", **options)
        agent = Agent(name="Lottery", instructions="Draw.", tools=[tool])
        return read_graph(System(entry=agent))


async def test_a_tool_that_must_not_run_again_answers_from_the_recording(plan: Plan, url: str) -> None:
    till = Till()
    spec = plan("draw", recorded_tools=True)
    recorded = await run_trial(spec, _conditions(Mode.RECORD, url), till.graph())
    again = await run_trial(spec, _conditions(Mode.REPLAY), till.graph())
    assert _drawn(again) == _drawn(recorded)
    assert again.trace == recorded.trace
    assert till.calls == ["charged"]
    assert again.cassette is not None
    assert again.cassette.drift == ()


async def test_a_recorded_failure_stays_one(plan: Plan, url: str) -> None:
    till = Till()
    graph = till.graph(failure_error_function=lambda _, error: f"sorry: {error}")
    spec = plan("draw", recorded_tools=True)
    recorded = await run_trial(spec, _conditions(Mode.RECORD, url), graph)
    again = await run_trial(spec, _conditions(Mode.REPLAY), graph)
    assert again.trace == recorded.trace
    assert till.calls == ["charged"]


async def test_the_output_that_ends_a_run_is_kept_too(plan: Plan, url: str) -> None:
    till = Till()
    graph = till.graph()
    graph.system.entry.tool_use_behavior = "stop_on_first_tool"
    spec = plan("draw", recorded_tools=True)
    recorded = await run_trial(spec, _conditions(Mode.RECORD, url), graph)
    again = await run_trial(spec, _conditions(Mode.REPLAY), graph)
    assert again.trace == recorded.trace
    assert till.calls == ["charged"]


async def test_a_recording_made_before_answers_with_what_the_model_was_told(plan: Plan, url: str) -> None:
    till = Till()
    await run_trial(plan("draw"), _conditions(Mode.RECORD, url), till.graph())
    again = await run_trial(plan("draw", recorded_tools=True), _conditions(Mode.REPLAY), till.graph())
    assert again.error is None
    assert till.calls == ["charged"]


async def test_an_output_that_nobody_kept_makes_the_trial_errored_and_runs_nothing(plan: Plan, url: str) -> None:
    till = Till()
    graph = till.graph()
    graph.system.entry.tool_use_behavior = "stop_on_first_tool"
    await run_trial(plan("draw"), _conditions(Mode.RECORD, url), graph)
    again = await run_trial(plan("draw", recorded_tools=True), _conditions(Mode.REPLAY), graph)
    assert again.error is not None
    assert "miss: draw must not run again" in again.error.message
    assert till.calls == ["charged"]


async def test_live_trials_run_every_tool(plan: Plan, url: str) -> None:
    till = Till()
    spec = plan("draw", recorded_tools=True)
    await run_trial(spec, _conditions(Mode.LIVE, url), till.graph())
    await run_trial(spec, _conditions(Mode.LIVE, url), till.graph())
    assert till.calls == ["charged", "charged"]
