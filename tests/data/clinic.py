"""Someone else's application: written without a thought of the harness."""

from dataclasses import dataclass, field

from agents import (
    Agent,
    GuardrailFunctionOutput,
    ModelSettings,
    RunContextWrapper,
    Runner,
    function_tool,
    handoff,
    input_guardrail,
)
from openai import AsyncOpenAI
from pydantic import BaseModel

from harness.system.loading import System

client = AsyncOpenAI()  # asks for a key as soon as this module is imported
closed = []


@dataclass
class Visit:
    patient: str = "Ada"
    prescribed: list = field(default_factory=list)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        closed.append(self.patient)


class Triage(BaseModel):
    emergency: bool


gatekeeper = Agent(name="Gatekeeper", instructions="GATEKEEPER: is it an emergency?", output_type=Triage)


@input_guardrail
async def no_emergencies(context, agent, given):
    found = await Runner.run(gatekeeper, given, context=context.context)
    return GuardrailFunctionOutput(output_info=None, tripwire_triggered=found.final_output.emergency)


@function_tool(needs_approval=True)
async def prescribe(context: RunContextWrapper[Visit], drug: str) -> str:
    """Prescribe a drug."""
    context.context.prescribed.append(drug)
    return f"prescribed {drug}"


@function_tool
async def summarise(text: str) -> str:
    """Summarise with a client of its own, streamed."""
    async with AsyncOpenAI() as own:
        stream = await own.responses.create(model="small", instructions="SUMMARISER", input=text, stream=True)
        return "".join([event.delta async for event in stream if event.type == "response.output_text.delta"])


@function_tool
async def leaflet(drug: str) -> str:
    """Find a leaflet by an agent run by hand."""
    return (await Runner.run(librarian, drug)).final_output


librarian = Agent(name="Librarian", instructions="LIBRARIAN", model="small")
pharmacist = Agent(name="Pharmacist", instructions="PHARMACIST", model="small", tools=[leaflet])


def greeting(context, agent):
    return f"RECEPTION of {context.context.patient}"


ward = Agent(
    name="Nurse",
    instructions="WARD NURSE",
    tools=[prescribe, pharmacist.as_tool("ask_pharmacist", "Ask about a drug")],
)
office = Agent(name="Nurse", instructions="OFFICE NURSE", tools=[summarise], model_settings=ModelSettings(temperature=0))
reception = Agent(
    name="Reception",
    instructions=greeting,
    handoffs=[
        handoff(ward, tool_name_override="to_ward"),
        handoff(office, tool_name_override="to_office"),
    ],
    input_guardrails=[no_emergencies],
)


def arrive(values):
    return Visit(**values)


def build(variant):
    """The whole clinic; a variant's name is what the pharmacist is told besides."""
    pharmacist.instructions = f"PHARMACIST {variant or ''}".strip()
    return System(entry=reception, context=arrive, state=lambda visit: {"prescribed": visit.prescribed})


def dying(variant):
    """A clinic with a tool that takes its process down."""
    import os

    @function_tool
    def crash() -> str:
        os._exit(3)

    return System(entry=Agent(name="Reception", instructions="CRASHING", tools=[crash]))
