"""200 trials recorded at once and replayed at once, 20 times, with random delays: every trace is the same.

    python benchmarks/isolation.py [--trials 200] [--rounds 20]

Each trial asks five times (an agent twice, its guardrail agent beside it, a tool's HTTP call, a helper) with its own
words, so that an answer of another trial's would show in its trace. The server answers over real HTTP in random order,
and is gone in replay.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import socket
import ssl
import tempfile
import time
import uuid
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import uvicorn
from agents import Agent, GuardrailFunctionOutput, InputGuardrail, RunContextWrapper, Runner, function_tool
from pydantic import TypeAdapter
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.cassettes import egress, router
from harness.core.results import Mode
from harness.core.scenario import Location, Scenario, Turn
from harness.core.trace import Trace
from harness.execution import capture
from harness.execution.environment import prepared
from harness.execution.spec import Conditions, TrialSpec
from harness.execution.trial import run_trial
from harness.system.graph import read_graph
from harness.system.loading import System

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from starlette.requests import Request

    from harness.core.results import Trial
    from harness.system.graph import LiveGraph

SLOWEST = 0.05
CERTIFICATES = ssl.create_default_context()
_TRACE = TypeAdapter(Trace)


async def model(http: Request) -> Response:
    """A model server: ids of its own making, answers in any order."""
    body = json.loads(await http.body())
    await asyncio.sleep(random.uniform(0, SLOWEST))  # noqa: S311 - a delay is no secret
    outputs = [each["output"] for each in body["input"] if each.get("type") == "function_call_output"]
    said = body["input"][0]["content"]
    made_up = uuid.uuid4().hex
    if body["instructions"] == "ENTRY" and not outputs:
        names = (("fetch", {"what": said}), ("help", {"input": said}))
        output: list[Any] = [
            {"type": "function_call", "id": f"fc_{made_up}{number}", "call_id": f"call_{made_up}{number}", "name": name}
            | {"arguments": json.dumps(arguments), "status": "completed"}
            for number, (name, arguments) in enumerate(names)
        ]
    else:
        content = [{"type": "output_text", "text": f"{body['instructions']} {said} {outputs}", "annotations": []}]
        message = {"type": "message", "id": f"msg_{made_up}", "role": "assistant", "status": "completed"}
        output = [message | {"content": content}]
    return JSONResponse({"id": f"resp_{made_up}", "output": output})


async def tool(http: Request) -> Response:
    """A service that a tool calls."""
    await asyncio.sleep(random.uniform(0, SLOWEST))  # noqa: S311 - a delay is no secret
    return JSONResponse({"said": http.url.path})


@asynccontextmanager
async def served(answer: Callable[[Request], Awaitable[Response]]) -> AsyncIterator[str]:
    """Both on a free port of this machine, in this loop, while the block runs: a thread would wait for its turn."""
    app = Starlette(routes=[Route("/v1/responses", answer, methods=["POST"]), Route("/v1/tool/{rest:path}", tool)])
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(2048)
        config = uvicorn.Config(app, log_level="critical", ws="none", lifespan="off", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve([listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        finally:
            server.should_exit = True
            await serving


def system(url: str) -> System:
    """An agent with a guardrail agent, a tool that makes an HTTP call, and a helper."""
    guard = Agent[Any](name="Guard", instructions="GUARD", model="m")

    async def check(_: RunContextWrapper[Any], __: Agent[Any], said: Any) -> GuardrailFunctionOutput:
        found = await Runner.run(guard, said)
        return GuardrailFunctionOutput(found.final_output, tripwire_triggered=False)

    @function_tool
    async def fetch(what: str) -> str:
        """Ask a service."""
        async with httpx2.AsyncClient(timeout=600, verify=CERTIFICATES) as api:
            return (await api.get(f"{url}/tool/{what}")).text

    helper = Agent[Any](name="Helper", instructions="HELPER", model="m").as_tool("help", "Helps.")
    guardrail = InputGuardrail[Any](guardrail_function=check)
    return System(
        entry=Agent[Any](
            name="Entry", instructions="ENTRY", model="m", tools=[fetch, helper], input_guardrails=[guardrail]
        )
    )


async def run_all(live: LiveGraph, folder: Path, trials: int, url: str | None = None) -> Sequence[Trial]:
    """All trials at once."""

    async def one(number: int) -> Trial:
        said = Turn(user=f"word{number}")
        scenario = Scenario(id=f"t{number}", location=Location(file="x"), conversation=(said,))
        spec = TrialSpec(scenario=scenario, index=0, cassette=folder / f"{number}.yaml")
        return await run_trial(spec, Conditions(system="x:y", mode=mode, endpoint=url, timeout=600), live)

    mode = Mode.RECORD if url else Mode.REPLAY
    return await asyncio.gather(*(one(number) for number in range(trials)))


def plain(trial: Trial, number: int) -> bytes:
    """The trace, once it is known to be this trial's own and whole."""
    assert trial.error is None, trial.error
    text = _TRACE.dump_json(trial.trace)
    words = {word for word in text.decode().replace("/", " ").replace('"', " ").split() if word.startswith("word")}
    assert {word.strip("'\\}],") for word in words} == {f"word{number}"}, words
    return text


async def measure(trials: int, rounds: int) -> None:
    """Record once a round, replay once a round."""
    with router.installed(), capture.installed():
        for number in range(1, rounds + 1):
            started = time.perf_counter()
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                async with served(model) as url:
                    live = read_graph(system(url))
                    with prepared(Mode.RECORD, url):
                        recorded = await run_all(live, folder, trials, url)
                with prepared(Mode.REPLAY, None), egress.guarded():
                    replayed = await run_all(live, folder, trials)
            for place, (one, other) in enumerate(zip(recorded, replayed, strict=True)):
                assert plain(one, place) == plain(other, place), f"trial {place} differs"
                assert (one.traffic.live, other.traffic.replayed, other.traffic.live) == (5, 5, 0)
            print(f"round {number}: {trials} traces the same, {time.perf_counter() - started:.1f} s", flush=True)


def main() -> None:
    """Prove it."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--trials", type=int, default=200)
    asked.add_argument("--rounds", type=int, default=20)
    options = asked.parse_args()
    asyncio.run(measure(options.trials, options.rounds))


if __name__ == "__main__":
    main()
