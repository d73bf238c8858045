"""What a replayed trial costs: the SDK's own floor, plain vcrpy, and the harness, side by side in one run.

    python benchmarks/replay.py [--trials 20] [--calls 5 50 500]

The system is one agent that calls a function tool until its cassette is used up, in conversations of five model calls:
so many as it takes (a new conversation begins with an empty history, as a new turn about something else would).
Floor: the SDK with a scripted model in memory. Plain vcrpy: `use_cassette` around a client of its own, matching on the
body, as its documentation shows. Harness: `playing` around its client. CPU time, because a machine may be shared; the
middle of several rounds, because it may be shared unevenly. Loading the cassette is part of a trial for both. Plain
vcrpy gets one trial without a warm-up: of 500 calls it takes more than a minute.

Then what one look-up costs (a request made comparable, found, and its answer given) in cassettes of growing length,
whose interactions are all of the same size: loading is not part of it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import vcr
from agents import Agent, OpenAIProvider, RunConfig, Runner, function_tool, set_tracing_disabled
from agents.testing import ModelStep, ScriptedModel, assistant_message, function_call
from openai import AsyncOpenAI
from vcr.request import Request

from harness.cassettes import store
from harness.cassettes.provenance import Provenance
from harness.cassettes.replay import client
from harness.cassettes.router import installed, playing
from harness.core.graph import AgentGraph, AgentNode, ToolNode
from harness.core.results import Mode, Versions
from harness.core.trace import AgentRef, Layer

CALLS_A_CONVERSATION = 5
ROUNDS = 5
URL = "http://127.0.0.1:9/v1"
INSTRUCTIONS = "You are the billing specialist.\n" + "Check the account before you change anything.\n" * 12

Trial = Callable[[], Awaitable[None]]


@function_tool
def look_up(account: str, detail: str) -> str:
    """Look an account up in the billing system, with the detail that is asked for."""
    return json.dumps({"account": account, "detail": detail, "balance": 120.5, "plan": "team", "currency": "USD"})


@function_tool
def refund(account: str, amount: float, reason: str) -> str:
    """Refund an amount to the account and say why."""
    return f"{amount} to {account}: {reason}"


AGENT = Agent[Any](name="Billing", instructions=INSTRUCTIONS, tools=[look_up, refund], model="gpt-4o")
ARGUMENTS = '{"account": "C-1042", "detail": "plan"}'


def conversations(calls: int) -> int:
    """How many conversations make so many model calls."""
    return max(1, calls // CALLS_A_CONVERSATION)


def provenance() -> Provenance:
    """The one agent, as plain data."""
    node = AgentNode(
        ref=AgentRef(name="Billing", layer=Layer.TRIAGE), instructions=INSTRUCTIONS, tools=(ToolNode(name="look_up"),)
    )
    return Provenance.of(AgentGraph(entry="Billing", agents=(node,)), Versions())


async def converse(config: RunConfig, calls: int) -> None:
    """All conversations of a trial."""
    for number in range(conversations(calls)):
        result = await Runner.run(AGENT, f"What is my plan? ({number})", run_config=config)
        assert result.final_output == f"done {number}"


def answer(request: httpx2.Request) -> httpx2.Response:
    """What a model would say: four calls, then an answer."""
    body = json.loads(request.content)
    said, made = body["input"], sum(item.get("type") == "function_call" for item in body["input"])
    number = said[0]["content"].split("(")[1].rstrip(")")
    if made < CALLS_A_CONVERSATION - 1:
        call = {"type": "function_call", "name": "look_up", "arguments": ARGUMENTS, "status": "completed"}
        item = call | {"call_id": f"call_{made}", "id": f"fc_{made}"}
    else:
        content = [{"type": "output_text", "text": f"done {number}", "annotations": []}]
        item = {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": content}
    usage = {"input_tokens": 90, "output_tokens": 9, "total_tokens": 99}
    details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
    head = {"id": f"resp_{made}", "object": "response", "created_at": 1, "model": "gpt-4o", "status": "completed"}
    return httpx2.Response(200, json=head | {"output": [item], "usage": usage | details, "tools": []})


def provider(api: AsyncOpenAI) -> RunConfig:
    """Every call through this client."""
    return RunConfig(model_provider=OpenAIProvider(openai_client=api), tracing_disabled=True)


def floor(calls: int) -> Trial:
    """The SDK's own loop, without HTTP, without a client, without a cassette."""

    async def trial() -> None:
        for number in range(conversations(calls)):
            made = [function_call("look_up", json.loads(ARGUMENTS), call_id=f"c{each}") for each in range(4)]
            steps = [ModelStep(output=[each]) for each in made] + [
                ModelStep(output=[assistant_message(f"done {number}")])
            ]
            result = await Runner.run(
                AGENT,
                f"What is my plan? ({number})",
                run_config=RunConfig(model=ScriptedModel(steps), tracing_disabled=True),
            )
            assert result.final_output == f"done {number}"

    return trial


def plain(path: Path, calls: int) -> Trial:
    """Plain vcrpy, as its documentation shows it."""

    async def trial() -> None:
        with vcr.use_cassette(str(path), record_mode="none", match_on=["method", "uri", "body"]):
            async with AsyncOpenAI(base_url=URL, api_key="x", max_retries=0) as api:
                await converse(provider(api), calls)

    return trial


def harness(path: Path, calls: int) -> Trial:
    """The harness, patch and all."""
    made_with = provenance()

    async def trial() -> None:
        with playing(path, Mode.REPLAY, made_with) as tape:
            async with client(tape, URL) as api:
                await converse(provider(api), calls)
        assert tape.traffic.replayed == conversations(calls) * CALLS_A_CONVERSATION

    return trial


async def record(path: Path, calls: int) -> None:
    """The cassette that both replay."""
    local = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    with playing(path, Mode.RECORD, provenance()) as tape:
        async with AsyncOpenAI(base_url=URL, api_key="x", http_client=local) as api:
            await converse(provider(api), calls)
    assert tape.saved == path, tape.problems


async def milliseconds(trial: Trial, trials: int, rounds_wanted: int = ROUNDS) -> float:
    """CPU time of one trial: the middle of several rounds."""
    if rounds_wanted > 1:
        await trial()
    rounds = []
    for _ in range(rounds_wanted):
        started = time.process_time()
        for _ in range(trials):
            await trial()
        rounds.append((time.process_time() - started) / trials * 1000)
    return statistics.median(rounds)


async def measure(calls: int, trials: int, folder: Path) -> None:
    """One line of the table."""
    path = folder / f"{calls}.yaml"
    await record(path, calls)
    base = await milliseconds(floor(calls), trials)
    with installed():
        ours = await milliseconds(harness(path, calls), trials)
    theirs = await milliseconds(plain(path, calls), 1, 1)
    kilobytes = path.stat().st_size / 1024
    columns = (
        f"{calls:>5} calls {kilobytes:>7.0f} kB",
        f"floor {base:>8.2f} ms",
        f"vcrpy {theirs:>8.2f} ms ({theirs / base:>5.2f}x)",
        f"harness {ours:>8.2f} ms ({ours / base:>4.2f}x)",
        f"a call: {base / calls:.2f} {theirs / calls:.2f} {ours / calls:.2f}",
    )
    print(" | ".join(columns))


LOOK_UPS = 200
LENGTHS = (5, 50, 500, 5000)


def asked(number: int) -> dict[str, Any]:
    """A request like no other, of the same size as every other."""
    said = {"role": "user", "content": f"What is my plan? ({number:06})"}
    return {"model": "gpt-4o", "include": [], "input": [said], "instructions": INSTRUCTIONS, "tools": []}


def long_cassette(length: int, folder: Path) -> Path:
    """A cassette with so many requests."""
    headers = {"content-type": ["application/json"]}
    answered = {"status": {"code": 200, "message": "OK"}, "headers": headers, "body": {"string": b'{"output": []}'}}
    requests = (Request("POST", f"{URL}/responses", json.dumps(asked(number)), {}) for number in range(length))
    path = folder / f"long-{length}.yaml"
    store.save(store.Cassette([store.Interaction(each, answered) for each in requests]), path)
    return path


def microseconds(path: Path, length: int) -> float:
    """CPU time of a look-up, over look-ups all through the cassette; its least, over several rounds."""
    numbers, rounds = range(0, length, max(1, length // LOOK_UPS)), []
    for _ in range(ROUNDS):
        with ExitStack() as stack:
            opened = [playing(path, Mode.REPLAY, provenance()) for _ in range(max(1, LOOK_UPS // len(numbers)))]
            tapes = [stack.enter_context(each) for each in opened]
            wanted = [(tape, asked(number)) for tape in tapes for number in numbers]
            started = time.process_time()
            for tape, body in wanted:
                call = tape.ask_plainly("/responses", body)
                assert call is not None
                tape.play(call)
            rounds.append((time.process_time() - started) / len(wanted) * 1e6)
    return min(rounds)


def look_ups(folder: Path) -> None:
    """A line for each length."""
    found = {length: microseconds(long_cassette(length, folder), length) for length in LENGTHS}
    for length, each in found.items():
        print(f"{length:>5} interactions | a look-up {each:>6.1f} us, {each / found[LENGTHS[0]]:.2f}x the shortest's")


async def main() -> None:
    """The table."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--trials", type=int, default=20)
    asked.add_argument("--calls", type=int, nargs="+", default=[5, 50, 500])
    options = asked.parse_args()
    set_tracing_disabled(True)
    with tempfile.TemporaryDirectory() as folder:
        for calls in options.calls:
            await measure(calls, max(1, options.trials * 5 // calls), Path(folder))
        look_ups(Path(folder))


if __name__ == "__main__":
    asyncio.run(main())
