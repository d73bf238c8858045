"""An application full of chance replays the same 50 times of 50, and an edit of one word is found all the same.

    python benchmarks/drift.py [--runs 50]

A desk opens tickets with random ids, which come back in later requests and in the instructions of both agents (they are
made anew for each request); a specialist takes over; a guardrail agent runs beside the desk and trips in one of three
scenarios, which cancels the desk's call in flight. Recorded once over real HTTP; then the server is switched off.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents import Agent, GuardrailFunctionOutput, InputGuardrail, RunContextWrapper, Runner, function_tool
from isolation import served
from pydantic import TypeAdapter
from starlette.responses import JSONResponse, Response

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
    from collections.abc import Mapping

    from starlette.requests import Request

    from harness.core.results import Trial

SAID = ("open a ticket", "open another ticket", "something forbidden")
EDITS = {"Desk": "Be kind", "Expert": "Close it", "Guard": "Say yes or no"}
_TRACE = TypeAdapter(Trace)
_MADE_UP = re.compile(r"[0-9a-f]{32}")


@dataclass(slots=True)
class Ticket:
    """What a trial's tools work on."""

    id: str = "none yet"


async def model(http: Request) -> Response:
    """The model server: a guardrail that is quicker than the desk."""
    body = json.loads(await http.body())
    said, outputs = str(body["input"]), [e["output"] for e in body["input"] if e.get("type") == "function_call_output"]
    who = body["instructions"].partition("\n")[0]
    await asyncio.sleep(0.02 if who == "GUARD" else 0.1)
    made_up, call = uuid.uuid4().hex, None
    if who == "GUARD":
        text = "yes" if "forbidden" in said else "no"
    elif who == "DESK":
        call, text = ("transfer_to_expert" if outputs else "open_ticket"), ""
    else:
        call, text = (None if "done" in outputs[-1] else "close_ticket"), f"closed: {outputs[-1]}"
    item: dict[str, Any] = {"id": f"i_{made_up}", "status": "completed"}
    if call:
        given = re.findall(r"T-[0-9a-f]{32}", body["instructions"])
        arguments = json.dumps({"ticket": given[0]} if call == "close_ticket" else {})
        item |= {"type": "function_call", "call_id": f"call_{made_up}", "name": call, "arguments": arguments}
    else:
        content = [{"type": "output_text", "text": text, "annotations": []}]
        item |= {"type": "message", "role": "assistant", "content": content}
    return JSONResponse({"id": f"resp_{made_up}", "output": [item]})


def system(edits: Mapping[str, str] = {}) -> System:
    """The agents; `edits` takes the place of the words of `EDITS`."""
    words = EDITS | edits

    @function_tool
    def open_ticket(context: RunContextWrapper[Ticket]) -> str:
        """Open a ticket."""
        context.context.id = f"T-{uuid.uuid4().hex}"
        return json.dumps({"ticket": context.context.id, "key": uuid.uuid4().hex})

    @function_tool
    def close_ticket(context: RunContextWrapper[Ticket], ticket: str) -> str:
        """Close a ticket."""
        return f"done with {ticket}" if ticket == context.context.id else f"unknown: {ticket}"

    def told(name: str) -> Any:
        def instructions(context: RunContextWrapper[Ticket], _: Agent[Ticket]) -> str:
            return f"{name.upper()}\nThe ticket is {context.context.id}.\n{words[name]}."

        return instructions

    guard = Agent[Any](name="Guard", instructions=f"GUARD\n{words['Guard']}.", model="m")

    async def check(_: RunContextWrapper[Any], __: Agent[Any], said: Any) -> GuardrailFunctionOutput:
        found = await Runner.run(guard, said)
        return GuardrailFunctionOutput(None, tripwire_triggered=found.final_output == "yes")

    expert = Agent[Any](name="Expert", instructions=told("Expert"), model="m", tools=[close_ticket])
    return System(
        entry=Agent[Any](
            name="Desk",
            instructions=told("Desk"),
            model="m",
            tools=[open_ticket],
            handoffs=[expert],
            input_guardrails=[InputGuardrail[Any](guardrail_function=check)],
        ),
        context=lambda _: Ticket(),
    )


async def run(folder: Path, made: System, url: str | None = None) -> list[Trial]:
    """Every scenario, side by side."""
    conditions = Conditions(system="x:y", mode=Mode.RECORD if url else Mode.REPLAY, endpoint=url)
    live = read_graph(made)

    async def one(number: int, said: str) -> Trial:
        scenario = Scenario(id=f"s{number}", location=Location(file="x"), conversation=(Turn(user=said),))
        return await run_trial(
            TrialSpec(scenario=scenario, index=0, cassette=folder / f"{number}.yaml"), conditions, live
        )

    return list(await asyncio.gather(*(one(number, said) for number, said in enumerate(SAID))))


def plain(trial: Trial) -> str:
    """The trace, with what tools made up replaced by the order in which it appears."""
    assert trial.error is None, trial.error
    numbers: dict[str, str] = {}
    text = _TRACE.dump_json(trial.trace).decode()
    return _MADE_UP.sub(lambda found: numbers.setdefault(found.group(), f"#{len(numbers)}"), text)


async def measure(runs: int, folder: Path) -> None:
    """Record, replay again and again, then edit a word of each agent."""
    async with served(model) as url:
        with prepared(Mode.RECORD, url):
            recorded = [plain(each) for each in await run(folder, system(), url)]
    assert "tripped" in recorded[2]
    drifted = same = 0
    with prepared(Mode.REPLAY, None), egress.guarded():
        for _ in range(runs):
            replayed = await run(folder, system())
            same += [plain(each) for each in replayed] == recorded
            assert all(each.traffic.live == 0 and each.cassette and not each.cassette.unused for each in replayed)
            drifted += sum(bool(each.cassette and each.cassette.drift) for each in replayed)
        print(f"{same} of {runs} replays the same, {len(SAID)} scenarios each; {drifted} trials by drift")
        for name, words in EDITS.items():
            edited = await run(folder, system({name: words.replace(words.split()[-1], "otherwise")}))
            found = next(each.error for each in edited if each.error is not None)
            assert f"stale: {name}.instructions line {2 if name == 'Guard' else 3} changed" in found.message, found
            print(f"  {name}: {found.message}")


def main() -> None:
    """Prove it."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--runs", type=int, default=50)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as name, router.installed(), capture.installed():
        asyncio.run(measure(options.runs, Path(name)))


if __name__ == "__main__":
    main()
