"""What real agent systems do to a recording: over real HTTP, against a server with ids and delays of its own."""

from __future__ import annotations

import asyncio
import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from agents import (
    Agent,
    GuardrailFunctionOutput,
    InputGuardrail,
    InputGuardrailTripwireTriggered,
    OpenAIProvider,
    RunConfig,
    RunContextWrapper,
    Runner,
    function_tool,
    set_tracing_disabled,
)
from openai import AsyncOpenAI
from starlette.responses import JSONResponse

from harness.cassettes.replay import client
from harness.cassettes.router import TapeOptions, playing
from harness.core.results import Mode
from harness.errors import CassetteMissError, CassetteStaleError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.cassettes.provenance import Provenance
    from harness.cassettes.tape import Tape

NOWHERE = "http://127.0.0.1:9/v1"
HELD_SECONDS = 1.0


@pytest.fixture(autouse=True)
def _no_tracing() -> Iterator[None]:
    set_tracing_disabled(True)
    yield
    set_tracing_disabled(False)


@dataclass(slots=True)
class Desk:
    """A trial's context."""

    ticket: str = "none"


def _config(api: AsyncOpenAI) -> RunConfig:
    return RunConfig(model_provider=OpenAIProvider(openai_client=api), tracing_disabled=True)


def _outputs(body: dict[str, Any]) -> list[str]:
    said = body["input"] if isinstance(body["input"], list) else []
    return [item["output"] for item in said if item.get("type") == "function_call_output"]


async def _run(agent: Agent[Any], tape: Tape, url: str) -> str:
    async with client(tape, url, "no-key") as api:
        try:
            result = await Runner.run(agent, "hello", context=Desk(), run_config=_config(api))
        except InputGuardrailTripwireTriggered as tripped:
            return f"tripped: {tripped.guardrail_result.output.output_info}"
        return str(result.final_output)


async def _record(agent: Agent[Any], path: Path, provenance: Provenance, url: str) -> str:
    with playing(path, Mode.RECORD, provenance) as tape:
        said = await _run(agent, tape, url)
    assert tape.problems == ()
    return said


async def _replay(
    agent: Agent[Any], path: Path, provenance: Provenance, options: TapeOptions | None = None
) -> tuple[str, Tape]:
    with playing(path, Mode.REPLAY, provenance, options or TapeOptions()) as tape:
        said = await _run(agent, tape, NOWHERE)
    return said, tape


def _guarded(tools: list[Any], instructions: Any, url: str) -> Agent[Any]:
    """Its guardrail is an agent that runs without the run's configuration: through the application's own client."""
    guard = Agent[Any](name="Guard", instructions="GUARD")

    async def check(_: RunContextWrapper[Any], __: Agent[Any], said: Any) -> GuardrailFunctionOutput:
        async with AsyncOpenAI(base_url=url, api_key="its-own", max_retries=0) as api:
            result = await Runner.run(guard, said, run_config=_config(api))
        return GuardrailFunctionOutput(result.final_output, tripwire_triggered="bad" in str(result.final_output))

    guardrail = InputGuardrail[Any](guardrail_function=check)
    return Agent[Any](name="Entry", instructions=instructions, tools=tools, input_guardrails=[guardrail])


async def test_a_guardrail_agent_and_the_entry_agent_get_their_own_answers(
    tmp_path: Path, provenance: Provenance, serving: Any
) -> None:
    with serving(lambda body: f"for {body['instructions']}", slowest=0.02) as model:
        agent = _guarded([], "ENTRY", model.url)
        assert await _record(agent, tmp_path / "x.yaml", provenance, model.url) == "for ENTRY"
    for _ in range(5):
        said, tape = await _replay(agent, tmp_path / "x.yaml", provenance)
        assert (said, tape.traffic.replayed, tape.problems) == ("for ENTRY", 2, ())


def _ticketing(url: str, *, changed: str = "") -> Agent[Any]:
    """A tool makes a random id, which comes back in later bodies and in dynamic instructions; a guardrail may trip."""

    @function_tool
    def open_ticket(context: RunContextWrapper[Desk]) -> str:
        context.context.ticket = f"T-{uuid.uuid4().hex[:8]}"
        return json.dumps({"ticket": context.context.ticket, "key": str(uuid.uuid4())})

    @function_tool
    def read_ticket(context: RunContextWrapper[Desk], ticket: str) -> str:
        return "known" if ticket == context.context.ticket else f"unknown ticket {ticket}"

    def instructions(context: RunContextWrapper[Desk], _: Agent[Desk]) -> str:
        return f"ENTRY\nThe ticket is {context.context.ticket}.\nBe kind{changed}."

    return _guarded([open_ticket, read_ticket], instructions, url)


def _ticket_desk(body: dict[str, Any]) -> Any:
    if body["instructions"] == "GUARD":
        return "fine"
    outputs = _outputs(body)
    if not outputs:
        return [("open_ticket", {})]
    ticket = json.loads(outputs[0])["ticket"]
    return [("read_ticket", {"ticket": ticket})] if len(outputs) == 1 else f"{ticket} is {outputs[1]}"


async def test_random_ids_in_outputs_and_instructions_replay_and_are_reported(
    tmp_path: Path, provenance: Provenance, serving: Any
) -> None:
    with serving(_ticket_desk) as model:
        agent = _ticketing(model.url)
        await _record(agent, tmp_path / "x.yaml", provenance, model.url)
    tickets = set()
    for _ in range(10):
        said, tape = await _replay(agent, tmp_path / "x.yaml", provenance)
        assert tape.problems == ()
        assert said.endswith("is known"), "the recorded call is made with this run's id"
        assert tape.use is not None
        assert len(tape.use.drift) == 2
        tickets.add(said)
    assert len(tickets) == 10


async def test_strict_refuses_what_only_fits_by_drift(tmp_path: Path, provenance: Provenance, serving: Any) -> None:
    with serving(_ticket_desk) as model:
        agent = _ticketing(model.url)
        await _record(agent, tmp_path / "x.yaml", provenance, model.url)
    with pytest.raises((CassetteMissError, CassetteStaleError)):
        await _replay(agent, tmp_path / "x.yaml", provenance, TapeOptions(strict=True))


async def test_a_changed_word_in_dynamic_instructions_is_stale_all_the_same(
    tmp_path: Path, provenance: Provenance, serving: Any
) -> None:
    with serving(_ticket_desk) as model:
        await _record(_ticketing(model.url), tmp_path / "x.yaml", provenance, model.url)
        edited = _ticketing(model.url, changed=" and brief")
    with pytest.raises(CassetteStaleError, match=r"instructions line 3 changed .*and brief"):
        await _replay(edited, tmp_path / "x.yaml", provenance)


@pytest.mark.parametrize("in_a_tool", [False, True])
async def test_the_call_that_a_tripped_guardrail_cancels_is_cancelled_again(
    tmp_path: Path, provenance: Provenance, serving: Any, *, in_a_tool: bool
) -> None:
    held = asyncio.Event()

    @function_tool
    async def look_up() -> str:
        return "found"

    async def decide(body: dict[str, Any]) -> Any:
        if body["instructions"] == "GUARD":
            await asyncio.sleep(0.2)
            return "bad words"
        if in_a_tool and not _outputs(body):
            return [("look_up", {})]
        await asyncio.wait_for(held.wait(), HELD_SECONDS)
        return "too late"

    with serving(decide) as model:
        agent = _guarded([look_up], "ENTRY", model.url)
        recorded = await _record(agent, tmp_path / "x.yaml", provenance, model.url)
    assert recorded == "tripped: bad words"
    for _ in range(5):
        said, tape = await _replay(agent, tmp_path / "x.yaml", provenance)
        assert (said, tape.problems) == (recorded, ())


async def test_the_official_address_adds_a_random_cache_key_which_does_not_count(
    tmp_path: Path, provenance: Provenance
) -> None:
    asked: list[dict[str, Any]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(json.loads(request.content))
        content = [{"type": "output_text", "text": "hi", "annotations": []}]
        message = {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": content}
        return httpx2.Response(200, json={"id": "r", "output": [message]})

    async def run(mode: Mode) -> Tape:
        local = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
        with playing(tmp_path / "x.yaml", mode, provenance) as tape:
            async with AsyncOpenAI(api_key="no-key", http_client=local) as api:
                result = await Runner.run(Agent(name="A", instructions="I"), "hello", run_config=_config(api))
        assert result.final_output == "hi"
        return tape

    await run(Mode.RECORD)
    assert asked[0]["prompt_cache_key"]
    tape = await run(Mode.REPLAY)
    assert (len(asked), tape.traffic.replayed, tape.problems) == (1, 1, ())


async def test_a_miss_inside_a_helper_stays_a_problem_though_the_run_goes_on(
    tmp_path: Path, provenance: Provenance, serving: Any
) -> None:
    def system(helper: str) -> Agent[Any]:
        tool = Agent[Any](name="Helper", instructions=helper).as_tool("help", "Helps.")
        return Agent[Any](name="Entry", instructions="ENTRY", tools=[tool])

    def decide(body: dict[str, Any]) -> Any:
        if body["instructions"] == "HELPER":
            return "helped"
        return "done" if _outputs(body) else [("help", {"input": "this"})]

    with serving(decide) as model:
        assert await _record(system("HELPER"), tmp_path / "x.yaml", provenance, model.url) == "done"
    with (
        playing(tmp_path / "x.yaml", Mode.REPLAY, provenance) as tape,
        pytest.raises(CassetteMissError, match="An error occurred"),
    ):
        await _run(system("HELPER, and be quick"), tape, NOWHERE)
    assert isinstance(tape.problems[0], CassetteStaleError)
    assert "instructions line 1" in str(tape.problems[0])


async def test_the_same_request_twice_is_answered_in_recorded_order(
    tmp_path: Path, provenance: Provenance, serving: Any
) -> None:
    answers = iter(["first", "second"])

    async def twice(tape: Tape, url: str) -> list[str]:
        return [await _run(Agent[Any](name="A", instructions="I"), tape, url) for _ in range(2)]

    with serving(lambda _: next(answers)) as model, playing(tmp_path / "x.yaml", Mode.RECORD, provenance) as tape:
        assert await twice(tape, model.url) == ["first", "second"]
    with playing(tmp_path / "x.yaml", Mode.REPLAY, provenance) as tape:
        assert await twice(tape, NOWHERE) == ["first", "second"]
        with pytest.raises(CassetteMissError, match="recorded 2 times and is asked once more"):
            await _run(Agent[Any](name="A", instructions="I"), tape, NOWHERE)


async def test_parallel_siblings_that_ask_the_same_get_a_consistent_run(
    tmp_path: Path, provenance: Provenance, serving: Any
) -> None:
    """Two helpers at once, the same request each, different answers that come in any order, two calls each."""

    @function_tool
    def look() -> str:
        return "seen"

    helper = Agent[Any](name="Helper", instructions="HELPER", tools=[look]).as_tool("help", "Helps.")
    agent = Agent[Any](name="Entry", instructions="ENTRY", tools=[helper])

    def decide(body: dict[str, Any]) -> Any:
        outputs = _outputs(body)
        if body["instructions"] == "HELPER":
            return f"answer {uuid.uuid4().hex}" if outputs else [("look", {})]
        return " | ".join(outputs) if outputs else [("help", {"input": "the same"}), ("help", {"input": "the same"})]

    with serving(decide, slowest=0.03) as model:
        for number in range(5):
            path = tmp_path / f"{number}.yaml"
            recorded = await _record(agent, path, provenance, model.url)
            for _ in range(4):
                said, tape = await _replay(agent, path, provenance, TapeOptions(strict=True))
                assert (said, tape.problems, tape.traffic.replayed) == (recorded, (), 6)


@pytest.mark.parametrize("gzip", [False, True])
@pytest.mark.parametrize("streamed", [False, True])
async def test_streams_and_compressed_answers_replay(
    tmp_path: Path, provenance: Provenance, serving: Any, *, gzip: bool, streamed: bool
) -> None:
    agent = Agent[Any](name="A", instructions="I")

    async def run(tape: Tape, url: str) -> str:
        if not streamed:
            return await _run(agent, tape, url)
        async with client(tape, url, "no-key") as api:
            result = Runner.run_streamed(agent, "hello", run_config=_config(api))
            async for _ in result.stream_events():
                pass
            return str(result.final_output)

    with (
        serving(lambda _: "compress me " * 20, gzip=gzip) as model,
        playing(tmp_path / "x.yaml", Mode.RECORD, provenance) as tape,
    ):
        recorded = await run(tape, model.url)
    assert "compress me" in (tmp_path / "x.yaml").read_text(encoding="utf-8")
    with playing(tmp_path / "x.yaml", Mode.REPLAY, provenance) as tape:
        assert await run(tape, NOWHERE) == recorded
    assert (tape.traffic.replayed, tape.problems) == (1, ())


async def test_a_request_that_was_refused_and_tried_again_replays_its_final_answer(
    tmp_path: Path, provenance: Provenance, serving: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = JSONResponse({"error": {"message": "slow down"}}, status_code=429, headers={"retry-after-ms": "1"})
    answers = iter([busy, "at last"])
    agent = Agent[Any](name="A", instructions="I")
    with serving(lambda _: next(answers)) as model:
        assert await _record(agent, tmp_path / "x.yaml", provenance, model.url) == "at last"

    async def no_sleep(seconds: float) -> None:
        raise AssertionError(f"slept {seconds}")

    monkeypatch.setattr("openai._base_client.anyio.sleep", no_sleep)
    said, tape = await _replay(agent, tmp_path / "x.yaml", provenance)
    assert (said, tape.traffic.replayed, tape.use and tape.use.total) == ("at last", 1, 1)


async def test_several_turns_replay(tmp_path: Path, provenance: Provenance, serving: Any) -> None:
    agent = Agent[Any](name="A", instructions="I")

    async def talk(tape: Tape, url: str) -> list[str]:
        said: list[Any] = []
        answers = []
        async with client(tape, url, "no-key") as api:
            for turn in ("one", "two", "three"):
                result = await Runner.run(agent, [*said, {"role": "user", "content": turn}], run_config=_config(api))
                said = result.to_input_list()
                answers.append(str(result.final_output))
        return answers

    with (
        serving(lambda body: f"{len(body['input'])} items") as model,
        playing(tmp_path / "x.yaml", Mode.RECORD, provenance) as tape,
    ):
        recorded = await talk(tape, model.url)
    with playing(tmp_path / "x.yaml", Mode.REPLAY, provenance) as tape:
        assert await talk(tape, NOWHERE) == recorded == ["1 items", "3 items", "5 items"]
    assert tape.problems == ()
