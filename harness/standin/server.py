"""The stand-in as a web server: both APIs, the list of models, a page that says what it is."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from harness.errors import UsageError
from harness.standin import policy
from harness.standin.faults import DroppedResponse, Failure, Faults, Rejections
from harness.standin.reply import Reply
from harness.standin.request import BadRequestError, Request
from harness.standin.script import Script, Scripted, load_script
from harness.standin.wire import chat, responses
from harness.standin.wire.body import CREATED, identifier, mapping

if TYPE_CHECKING:
    from starlette.requests import Request as HttpRequest
    from starlette.types import ASGIApp


HEADER = "x-harness-stand-in"
ABOUT = "stand-in: a server for evaluating the harness, not a model\n"
MODEL = "stand-in"
_STOP_SECONDS = 5
_GZIP_FROM_BYTES = 200
_ERROR_TYPES = {401: "authentication_error", 429: "rate_limit_error"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Api:
    """How one API reads requests and writes answers."""

    read: Callable[[Mapping[str, Any]], Request]
    write: Callable[[Request, Reply], dict[str, Any]]
    events: Callable[[Request, Reply], Iterator[str]]


_RESPONSES = _Api(read=responses.read, write=responses.write, events=responses.events)
_CHAT = _Api(read=chat.read, write=chat.write, events=chat.events)


def create_app(*, script: Script | Path | None = None, faults: Faults | None = None, gzip: bool = False) -> ASGIApp:
    """The server as an ASGI application.

    Without a script the policy decides. With `gzip`, answers are compressed for clients that accept it. Raises
    `UsageError` when the script cannot be used.
    """
    desk = _Desk(script=load_script(script) if isinstance(script, Path) else script, faults=faults or Faults())
    routes = [
        Route("/", _about),
        Route("/v1/models", _models),
        Route("/v1/models/{name}", _model),
        Route("/v1/responses", partial(desk.answer, _RESPONSES), methods=["POST"]),
        Route("/v1/chat/completions", partial(desk.answer, _CHAT), methods=["POST"]),
    ]
    squeeze = [Middleware(GZipMiddleware, minimum_size=_GZIP_FROM_BYTES)] if gzip else []
    return Starlette(routes=routes, middleware=squeeze, exception_handlers={HTTPException: _refused})


class _Desk:
    """Answers requests: trouble first, then the script or the policy."""

    def __init__(self, *, script: Script | None, faults: Faults) -> None:
        self.script = script
        self.faults = faults
        self.rejections = Rejections(faults)

    async def answer(self, api: _Api, http: HttpRequest) -> Response:
        """The answer to one request."""
        try:
            request = api.read(mapping(json.loads(await http.body()), "the body"))
        except (BadRequestError, json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
            return _error(400, f"{error}", param=getattr(error, "param", None))
        rejected = self.rejections.failure(request.digest)
        decided = Scripted(answer=rejected) if rejected else self._decide(request)
        await asyncio.sleep(self.faults.delay(request.digest) + decided.delay)
        answer = decided.answer or policy.decide(request)
        return _failed(answer) if isinstance(answer, Failure) else _answered(api, request, answer)

    def _decide(self, request: Request) -> Scripted:
        return self.script.decide(request) if self.script is not None else Scripted(answer=None)


def _answered(api: _Api, request: Request, reply: Reply) -> Response:
    headers = {HEADER: "1", "x-request-id": identifier("req", request.digest)}
    if request.stream:
        return StreamingResponse(api.events(request, reply), media_type="text/event-stream", headers=headers)
    return JSONResponse(api.write(request, reply), headers=headers)


def _failed(failure: Failure) -> Response:
    if failure.drop:
        return DroppedResponse(headers={HEADER: "1"})
    return _error(failure.status, failure.message)


def _error(status: int, message: str, *, param: str | None = None) -> Response:
    kind = _ERROR_TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")  # noqa: PLR2004
    body = {"error": {"message": message, "type": kind, "param": param, "code": None}}
    return JSONResponse(body, status_code=status, headers={HEADER: "1"})


async def _refused(http: HttpRequest, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _error(status, f"the stand-in does not know {http.method} {http.url.path}")


async def _about(_: HttpRequest) -> Response:
    return PlainTextResponse(ABOUT, headers={HEADER: "1"})


def _model_entry(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": CREATED, "owned_by": "harness stand-in"}


async def _models(_: HttpRequest) -> Response:
    return JSONResponse({"object": "list", "data": [_model_entry(MODEL)]}, headers={HEADER: "1"})


async def _model(http: HttpRequest) -> Response:
    return JSONResponse(_model_entry(http.path_params["name"]), headers={HEADER: "1"})


@contextmanager
def running(
    script: Script | Path | None = None,
    latency: float = 0.0,
    *,
    faults: Faults | None = None,
    gzip: bool = False,
    port: int = 0,
) -> Iterator[str]:
    """A stand-in in a thread of this process, on a loopback port; yields its base URL, `http://127.0.0.1:PORT/v1`.

    The port is `port` where that one is free, else any.

    `latency` in seconds is short for `Faults(latency=...)` and gives way to `faults`. The thread has ended when the
    block is left. Raises `UsageError` when the script cannot be used.
    """
    app = create_app(script=script, faults=faults or Faults(latency=latency), gzip=gzip)
    with socket.socket() as listener:
        _bind(listener, port)
        # Clients that come before the thread is ready wait in the backlog instead of being refused.
        listener.listen(1024)
        server = uvicorn.Server(_config(app, log_level=logging.CRITICAL))
        thread = threading.Thread(target=server.run, args=([listener],), name="stand-in", daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        finally:
            server.should_exit = True
            thread.join(_STOP_SECONDS)


def _bind(listener: socket.socket, port: int) -> None:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.bind(("127.0.0.1", 0))


def serve(
    host: str = "127.0.0.1",
    port: int = 8765,
    *,
    script: Path | None = None,
    latency: float = 0.0,
    on_ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve until interrupted; port 0 picks a free one. `on_ready` is told the base URL before the first request.

    Raises `UsageError` when the script cannot be used or the address is not to be had.
    """
    app = create_app(script=script, faults=Faults(latency=latency))
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"cannot listen on {host}:{port}: {reason}", hint="--port 0 picks a free one") from error
    with listener:
        shown = f"[{host}]" if ":" in host else host
        on_ready(f"http://{shown}:{listener.getsockname()[1]}/v1")
        uvicorn.Server(_config(app, log_level=logging.WARNING)).run([listener])


def _config(app: ASGIApp, **options: Any) -> uvicorn.Config:
    return uvicorn.Config(app, ws="none", lifespan="off", timeout_graceful_shutdown=1, **options)
