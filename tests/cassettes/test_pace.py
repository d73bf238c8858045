"""Calls cancelled at any moment, and calls that run together: a replay gives the trace that was recorded."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from agents import (
    Agent,
    GuardrailFunctionOutput,
    InputGuardrail,
    OpenAIResponsesModel,
    RunContextWrapper,
    Runner,
    function_tool,
)
from openai import AsyncOpenAI
from pydantic import TypeAdapter
from starlette.responses import JSONResponse

from harness.cassettes import store
from harness.core.results import Mode, Trial
from harness.core.scenario import Location, Scenario, Turn
from harness.core.trace import Trace, runs_of
from harness.execution.environment import prepared
from harness.execution.spec import Conditions, TrialSpec
from harness.execution.trial import run_trial
from harness.system.graph import read_graph
from harness.system.loading import System

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

_TRACE = TypeAdapter(Trace)
NOWHERE = "http://127.0.0.1:9/v1"
NO_SUCH_TOOL: list[tuple[str, dict[str, Any]]] = [("no_such_tool", {})]

Build = Callable[[str], Agent[Any]]
"""From the address of the model server to the entry agent."""


async def _trial(entry: Agent[Any], path: Path, mode: Mode, url: str | None) -> Trial:
    scenario = Scenario(id="case", location=Location(file="x"), conversation=(Turn(user="hello"),))
    with prepared(mode, url):
        live = read_graph(System(entry=entry))
        spec = TrialSpec(scenario=scenario, index=0, cassette=path)
        return await run_trial(spec, Conditions(system="x:y", mode=mode, endpoint=url), live)


def _plain(trial: Trial) -> str:
    return _TRACE.dump_json(trial.trace).decode()


async def _same_trace(model: Any, build: Build, path: Path, replays: int = 3) -> Trial:
    """Record, then replay with the application's own clients sent nowhere."""
    recorded = await _trial(build(model.url), path, Mode.RECORD, model.url)
    assert recorded.error is None
    asked = len(model.asked)
    for _ in range(replays):
        replayed = await _trial(build(NOWHERE), path, Mode.REPLAY, None)
        assert replayed.error is None
        assert _plain(replayed) == _plain(recorded)
    assert len(model.asked) == asked
    return recorded


def _outputs(body: dict[str, Any]) -> list[str]:
    said = body["input"] if isinstance(body["input"], list) else []
    return [item["output"] for item in said if item.get("type") == "function_call_output"]


def _guardrail(
    instructions: str = "GUARD",
    model: Callable[[], Any] = lambda: "m",
    *,
    streamed: bool = False,
    before: Callable[[], Any] | None = None,
) -> InputGuardrail[Any]:
    async def check(_: RunContextWrapper[Any], __: Agent[Any], said: Any) -> GuardrailFunctionOutput:
        if before is not None:
            await before()
        guard = Agent[Any](name="Guard", instructions=instructions, model=model())
        if streamed:
            stream = Runner.run_streamed(guard, said)
            async for _event in stream.stream_events():
                pass
            found: Any = stream
        else:
            found = await Runner.run(guard, said)
        return GuardrailFunctionOutput(found.final_output, tripwire_triggered="bad" in str(found.final_output))

    return InputGuardrail(guardrail_function=check)


def _entry(*guardrails: InputGuardrail[Any], tools: Any = (), instructions: Any = "ENTRY") -> Agent[Any]:
    return Agent[Any](
        name="Entry", instructions=instructions, model="m", tools=list(tools), input_guardrails=list(guardrails)
    )


_clients: list[httpx2.AsyncClient] = []


@pytest.fixture(autouse=True)
async def _closed() -> AsyncIterator[None]:
    yield
    while _clients:
        await _clients.pop().aclose()


def _hooked(url: str, **hooks: Callable[[Any], Any]) -> OpenAIResponsesModel:
    """A model with a client of its own, which calls `request` before it sends and `response` when it has an answer."""
    http = httpx2.AsyncClient(event_hooks={name: [hook] for name, hook in hooks.items()})
    _clients.append(http)
    return OpenAIResponsesModel("m", AsyncOpenAI(base_url=url, api_key="its-own", max_retries=1, http_client=http))


async def _for_ever(_: Any = None) -> None:
    await asyncio.Event().wait()


async def test_a_call_cancelled_before_it_was_sent_is_no_miss(tmp_path: Path, serving: Any) -> None:
    """The entry agent's run fails while the guardrail's client has not sent its request yet; in replay it would."""

    def build(url: str) -> Agent[Any]:
        return _entry(_guardrail(model=lambda: _hooked(url, **({} if url == NOWHERE else {"request": _for_ever}))))

    with serving(lambda body: "fine" if body["instructions"] == "GUARD" else NO_SUCH_TOOL) as model:
        recorded = await _same_trace(model, build, tmp_path / "x.yaml")
    assert [body["instructions"] for body in model.asked] == ["ENTRY"]
    assert sorted(run.agent.name for run in runs_of(recorded.trace)) == ["Entry", "Guard"]


async def test_a_call_cancelled_when_its_answer_was_there_but_not_read(tmp_path: Path, serving: Any) -> None:
    arrived = asyncio.Event()

    async def hold(_: Any) -> None:
        arrived.set()
        await _for_ever()

    async def decide(body: dict[str, Any]) -> Any:
        if body["instructions"] == "GUARD":
            return "fine"
        while not arrived.is_set():  # noqa: ASYNC110 - set in another loop
            await asyncio.sleep(0.01)
        return NO_SUCH_TOOL

    def build(url: str) -> Agent[Any]:
        return _entry(_guardrail(model=lambda: _hooked(url, **({} if url == NOWHERE else {"response": hold}))))

    with serving(decide) as model:
        await _same_trace(model, build, tmp_path / "x.yaml")
    cassette = store.load(tmp_path / "x.yaml")
    assert (len(cassette.interactions), len(cassette.cancelled)) == (1, 1)


async def test_a_call_cancelled_while_its_client_waited_to_try_again(tmp_path: Path, serving: Any) -> None:
    refused = asyncio.Event()
    busy = JSONResponse({"error": {"message": "slow down"}}, status_code=429, headers={"retry-after": "20"})

    async def decide(body: dict[str, Any]) -> Any:
        if body["instructions"] == "GUARD":
            refused.set()
            return busy
        await refused.wait()
        await asyncio.sleep(0.2)
        return NO_SUCH_TOOL

    with serving(decide) as model:
        await _same_trace(model, lambda _: _entry(_guardrail()), tmp_path / "x.yaml")
    assert [each.number for each in store.load(tmp_path / "x.yaml").cancelled]


def _watched(*tools: Any) -> Agent[Any]:
    """An entry agent whose tool runs an agent beside another that watches it, and stops it when that one says so."""
    inner = Agent[Any](name="Inner", instructions="INNER", model="m", tools=list(tools))
    guard = Agent[Any](name="Guard", instructions="GUARD", model="m")

    @function_tool
    async def ask_inner() -> str:
        work, watch = (asyncio.create_task(Runner.run(each, "look")) for each in (inner, guard))
        done, _ = await asyncio.wait([work, watch], return_when=asyncio.FIRST_COMPLETED)
        if work in done:
            return str(work.result().final_output)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        return f"stopped: {watch.result().final_output}"

    return _entry(tools=[ask_inner])


@pytest.mark.parametrize("steps", [0, 1, 2])
async def test_an_agent_is_stopped_after_the_same_step(tmp_path: Path, serving: Any, steps: int) -> None:
    """The watching agent answers when the other made so many calls; in replay both answers are there at once."""
    made = asyncio.Semaphore(0)

    @function_tool
    async def step() -> str:
        return "done"

    async def decide(body: dict[str, Any]) -> Any:
        if body["instructions"] == "ENTRY":
            return _outputs(body)[0] if _outputs(body) else [("ask_inner", {})]
        if body["instructions"] == "GUARD":
            for _ in range(steps + 1):
                await asyncio.wait_for(made.acquire(), 5)
            return "bad words"
        made.release()
        if len(_outputs(body)) == steps:
            await asyncio.sleep(2)
        return [("step", {})]

    with serving(decide) as model:
        recorded = await _same_trace(model, lambda _: _watched(step), tmp_path / "x.yaml")
    assert _plain(recorded).count('"tool":"step"') == steps
    assert "stopped" in _plain(recorded)


async def test_of_agents_that_race_the_same_one_wins(tmp_path: Path, serving: Any) -> None:
    """A tool runs two agents and takes the first answer; the slower one comes first in the order of asking."""
    runners = [Agent[Any](name=name, instructions=name, model="m") for name in ("Slow", "Fast")]

    @function_tool
    async def first() -> str:
        tasks = [asyncio.create_task(Runner.run(each, "run")) for each in runners]
        done, late = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for each in late:
            each.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return str(done.pop().result().final_output)

    async def decide(body: dict[str, Any]) -> Any:
        if body["instructions"] == "ENTRY":
            return _outputs(body)[0] if _outputs(body) else [("first", {})]
        await asyncio.sleep(0.3 if body["instructions"] == "Slow" else 0.05)
        return str(body["instructions"])

    with serving(decide) as model:
        recorded = await _same_trace(model, lambda _: _entry(tools=[first]), tmp_path / "x.yaml")
    assert "Fast" in _plain(recorded)


async def test_http_libraries_that_race_end_as_recorded(tmp_path: Path, serving: Any) -> None:
    aiohttp, httpx = pytest.importorskip("aiohttp"), pytest.importorskip("httpx")
    address = ""

    async def with_aiohttp() -> str:
        async with aiohttp.ClientSession() as api, api.get(f"{address}/slow?seconds=0.3") as response:
            return f"aiohttp {response.status}"

    async def with_httpx() -> str:
        async with httpx.AsyncClient() as api:
            return f"httpx {(await api.get(f'{address}/fast?seconds=0.05')).status_code}"

    @function_tool
    async def fetch() -> str:
        tasks = [asyncio.create_task(each()) for each in (with_aiohttp, with_httpx)]
        done, late = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for each in late:
            each.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return done.pop().result()

    with serving(lambda body: _outputs(body)[0] if _outputs(body) else [("fetch", {})]) as model:
        address = model.url.replace("/v1", "/tool")
        recorded = await _same_trace(model, lambda _: _entry(tools=[fetch]), tmp_path / "x.yaml")
    assert "httpx 200" in _plain(recorded)


async def test_an_edited_agent_whose_call_is_cancelled_again_is_stale_all_the_same(
    tmp_path: Path, serving: Any
) -> None:
    async def decide(body: dict[str, Any]) -> Any:
        await asyncio.sleep(0.1 if body["instructions"] == "GUARD" else 3)
        return "bad words"

    with serving(decide) as model:
        entry = _entry(_guardrail(), instructions="You help.\nBe brief and kind.")
        await _trial(entry, tmp_path / "x.yaml", Mode.RECORD, model.url)
    edited = _entry(_guardrail(), instructions="You help.\nBe brief and firm.")
    replayed = await _trial(edited, tmp_path / "x.yaml", Mode.REPLAY, None)
    assert replayed.error is not None
    assert 'Entry.instructions line 2 changed ("brief and kind." -> "brief and firm.")' in replayed.error.message


async def test_a_call_that_was_cancelled_matches_by_drift_too(tmp_path: Path, serving: Any) -> None:
    """Its body carries what a tool made anew in this run."""
    asked = asyncio.Event()

    @function_tool
    async def open_ticket() -> str:
        return json.dumps({"ticket": f"T-{uuid.uuid4().hex[:8]}"})

    async def decide(body: dict[str, Any]) -> Any:
        if body["instructions"] == "ENTRY":
            return _outputs(body)[0] if _outputs(body) else [("ask_inner", {})]
        if body["instructions"] == "GUARD":
            await asyncio.wait_for(asked.wait(), 5)
            return "bad words"
        if _outputs(body):
            asked.set()
            await asyncio.sleep(2)
        return [("open_ticket", {})]

    with serving(decide) as model:
        recorded = await _trial(_watched(open_ticket), tmp_path / "x.yaml", Mode.RECORD, model.url)
    assert recorded.error is None
    assert store.load(tmp_path / "x.yaml").cancelled
    replayed = await _trial(_watched(open_ticket), tmp_path / "x.yaml", Mode.REPLAY, None)
    assert replayed.error is None
    assert replayed.cassette is not None
    assert len(replayed.cassette.drift) == 1


async def test_a_trial_that_asked_nothing_is_a_recording(tmp_path: Path, serving: Any) -> None:
    def check(_: RunContextWrapper[Any], __: Agent[Any], ___: Any) -> GuardrailFunctionOutput:
        return GuardrailFunctionOutput("no", tripwire_triggered=True)

    guardrail = InputGuardrail[Any](guardrail_function=check, run_in_parallel=False)
    with serving(lambda _: "never asked") as model:
        await _same_trace(model, lambda _: _entry(guardrail), tmp_path / "x.yaml")
    assert model.asked == []


async def test_a_tool_whose_service_cannot_be_reached_leaves_no_recording_and_is_named(
    tmp_path: Path, serving: Any
) -> None:
    @function_tool
    def forecast() -> str:
        return httpx2.get("http://127.0.0.1:9/today").text

    def decide(body: dict[str, Any]) -> Any:
        return "No idea." if _outputs(body) else [("forecast", {})]

    with serving(decide) as model:
        trial = await _trial(_entry(tools=[forecast]), tmp_path / "x.yaml", Mode.RECORD, model.url)
    assert trial.error is not None
    assert trial.error.type == "UnansweredError"
    assert "the tool 'forecast' asked GET http://127.0.0.1:9/today" in trial.error.message
    assert "recorded_tools" in trial.error.hint
    assert not (tmp_path / "x.yaml").exists()


async def test_what_is_never_asked_any_more_holds_nobody_up_for_ever(
    tmp_path: Path, serving: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(str, slowest=0.05) as model:
        await _trial(_entry(_guardrail("A"), _guardrail("B")), tmp_path / "x.yaml", Mode.RECORD, model.url)
    assert "course: " in (tmp_path / "x.yaml").read_text(encoding="utf-8")
    monkeypatch.setattr("harness.cassettes.pace.PATIENCE_SECONDS", 0.05)
    replayed = await _trial(_entry(_guardrail("B")), tmp_path / "x.yaml", Mode.REPLAY, None)
    assert replayed.error is None
    assert replayed.traffic.replayed == 2


async def test_recording_again_asks_nothing_where_a_call_is_cancelled_again(tmp_path: Path, serving: Any) -> None:
    async def decide(body: dict[str, Any]) -> Any:
        await asyncio.sleep(0.05 if body["instructions"] == "GUARD" else 2)
        return "bad words"

    with serving(decide) as model:
        for _ in range(3):
            trial = await _trial(_entry(_guardrail()), tmp_path / "x.yaml", Mode.RECORD, model.url)
            assert trial.error is None
    assert len(model.asked) == 2


async def test_recording_again_asks_what_is_not_cancelled_any_more(tmp_path: Path, serving: Any) -> None:
    async def decide(body: dict[str, Any]) -> Any:
        await asyncio.sleep(0.05 if "GUARD" in body["instructions"] else 0.5)
        return "bad words" if body["instructions"] == "GUARD" else "fine"

    with serving(decide) as model:
        await _trial(_entry(_guardrail()), tmp_path / "x.yaml", Mode.RECORD, model.url)
        build: Build = lambda _: _entry(_guardrail("GUARD, and be kind"))  # noqa: E731 - one line says it
        recorded = await _same_trace(model, build, tmp_path / "x.yaml")
    assert "fine" in _plain(recorded)
