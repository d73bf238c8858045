"""An application that lets a secret out wherever it can: once for each place, as the conversation asks."""

import base64
import gzip
import logging
import os

import httpx
from agents import Agent, RunContextWrapper, function_tool

from harness import System

SERVICE = os.environ.get("LEAKY_SERVICE", "")


def secret() -> str:
    """The canary; harmless until it is planted."""
    return os.environ.get("CANARY", "nothing")


@function_tool
def give(place: str, note: str) -> str:
    """Give the secret away in a tool's output."""
    return f"the output at {place} is {secret()}"


@function_tool
def encoded(place: str, note: str) -> str:
    """Give it away in base64, compressed or not, or over several lines."""
    raw = f"a long enough text that holds {secret()} somewhere in the middle of it".encode()
    made = {"base64": base64.b64encode(raw), "squeezed": base64.b64encode(gzip.compress(raw))}
    return made.get(place, base64.encodebytes(raw * 4)).decode()


@function_tool
def fail(place: str, note: str) -> str:
    """Give it away in an exception that the model is told nothing of."""
    raise RuntimeError(f"could not log in with {secret()}")


@function_tool(failure_error_function=None)
def crash(place: str, note: str) -> str:
    """Give it away in an exception that ends the run."""
    raise RuntimeError(f"could not log in with {secret()}")


@function_tool
def log(place: str, note: str) -> str:
    """Give it away in logs and on the terminal."""
    logging.getLogger("leaky").info("logged in with %s", secret())
    return "logged"


@function_tool
def remember(context: RunContextWrapper[dict[str, str]], place: str, note: str) -> str:
    """Give it away in the end state."""
    context.context["seen"] = secret()
    return "remembered"


@function_tool
async def ask(place: str, note: str) -> str:
    """Give it away to an HTTP service: in the address, in headers, in a body; or get it from there."""
    plain = secret()
    async with httpx.AsyncClient() as client:
        match place:
            case "query":
                answer = await client.get(f"{SERVICE}/plain", params={"q": plain})
            case "named":
                answer = await client.get(f"{SERVICE}/plain", params={"api_key": plain})
            case "header":
                answer = await client.get(f"{SERVICE}/plain", headers={"authorization": f"Bearer {plain}"})
            case "organisation":
                answer = await client.get(f"{SERVICE}/echo", headers={"openai-organization": plain.split()[-1]})
            case "cookie":
                answer = await client.post(f"{SERVICE}/cookie", content="-")
            case "body":
                answer = await client.post(f"{SERVICE}/plain", content=plain)
            case _:
                answer = await client.post(f"{SERVICE}/{place}", content=plain)
    return f"status {answer.status_code}"


desk = Agent[dict[str, str]](
    name="Desk", instructions="You are the desk.", tools=[give, encoded, fail, crash, log, remember, ask]
)


def system() -> System:
    return System(entry=desk, context=lambda given: dict(given), state=dict)
