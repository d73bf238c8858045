from __future__ import annotations

import asyncio
import inspect
import json
import random
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from harness.cassettes.provenance import Provenance
from harness.core.graph import AgentGraph, AgentNode, ToolNode
from harness.core.results import Versions
from harness.core.trace import AgentRef, Layer
from harness.standin.server import running

if TYPE_CHECKING:
    from starlette.requests import Request

INSTRUCTIONS = "You help.\nBe brief."

Decide = Callable[[dict[str, Any]], Any]
"""From a request's body to a text, a list of (tool, arguments), or a ready response; may be a coroutine function."""


@pytest.fixture
def provenance() -> Provenance:
    node = AgentNode(
        ref=AgentRef(name="Desk", layer=Layer.TRIAGE), instructions=INSTRUCTIONS, tools=(ToolNode(name="find"),)
    )
    return Provenance.of(AgentGraph(entry="Desk", agents=(node,)), Versions(harness="1", sdk="2"))


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    with running(latency=0.01) as url:
        yield url


@dataclass(slots=True)
class Model:
    """A model server that answers as it is told to, with ids of its own making and a random delay (seconds)."""

    decide: Decide
    slowest: float = 0.0
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def responses(self, http: Request) -> Response:
        body = json.loads(await http.body())
        self.asked.append(body)
        await asyncio.sleep(random.uniform(0, self.slowest))  # noqa: S311 - a delay is no secret
        decided = self.decide(body)
        if inspect.isawaitable(decided):
            decided = await decided
        return decided if isinstance(decided, Response) else _written(decided, stream=bool(body.get("stream")))

    async def tool(self, http: Request) -> Response:
        """An HTTP service that tools call: says how it was asked, or is slow or fails as it was asked to."""
        await asyncio.sleep(float(http.query_params.get("seconds", random.uniform(0, self.slowest))))  # noqa: S311 - a delay is no secret
        status = int(http.query_params.get("status", "200"))
        told = {"path": http.url.path, "method": http.method, "said": (await http.body()).decode(), "long": "x" * 2000}
        return JSONResponse(told, status_code=status, headers={"set-cookie": "session=abcdefgh12345"})


def _written(decided: Any, *, stream: bool) -> Response:
    made_up = uuid.uuid4().hex
    if isinstance(decided, str):
        content = [{"type": "output_text", "text": decided, "annotations": []}]
        output: list[Any] = [
            {"type": "message", "id": f"msg_{made_up}", "role": "assistant", "status": "completed", "content": content}
        ]
    else:
        output = [
            {
                "type": "function_call",
                "id": f"fc_{made_up}{number}",
                "call_id": f"call_{made_up}{number}",
                "name": name,
                "arguments": json.dumps(arguments),
                "status": "completed",
            }
            for number, (name, arguments) in enumerate(decided)
        ]
    response = {
        "id": f"resp_{made_up}",
        "object": "response",
        "created_at": 1,
        "model": "m",
        "status": "completed",
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": 3,
            "output_tokens": 2,
            "total_tokens": 5,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens_details": {"reasoning_tokens": 0},
        },
    }
    if not stream:
        return JSONResponse(response)
    event = json.dumps({"type": "response.completed", "sequence_number": 1, "response": response})
    return PlainTextResponse(f"event: response.completed\ndata: {event}\n\n", media_type="text/event-stream")


@contextmanager
def _served(decide: Decide, slowest: float = 0.0, *, gzip: bool = False) -> Iterator[Model]:
    model = Model(decide, slowest)
    routes = [
        Route("/v1/responses", model.responses, methods=["POST"]),
        Route("/tool/{rest:path}", model.tool, methods=["GET", "POST"]),
    ]
    squeeze = [Middleware(GZipMiddleware, minimum_size=10)] if gzip else []
    app = Starlette(routes=routes, middleware=squeeze)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(2048)
        model.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        config = uvicorn.Config(app, log_level="critical", ws="none", lifespan="off", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield model
        finally:
            server.should_exit = True
            thread.join(5)


@pytest.fixture
def serving() -> Callable[..., AbstractContextManager[Model]]:
    """`serving(decide, slowest=0.0, gzip=False)`: a model server, and a service for tools at its `/tool/`."""
    return _served
