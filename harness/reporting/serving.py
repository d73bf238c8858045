"""Reports over HTTP, for this machine only: the list of runs loads again by itself when one is added."""

from __future__ import annotations

import errno
import logging
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from harness.core.files import moment_of
from harness.errors import UsageError
from harness.reporting.history import past_runs
from harness.reporting.html.index import render_index

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.requests import Request
    from starlette.types import ASGIApp, Scope

LOOPBACK = "127.0.0.1"
_NAMES = [LOOPBACK, "localhost"]
"""What a request may call this server: a page elsewhere that resolves its own name to loopback gets nothing."""

_FRESH = {"cache-control": "no-cache"}
_STOP_SECONDS = 5


class _Files(StaticFiles):
    """Files that may be written again while they are looked at."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(_FRESH)
        return response


def create_app(folder: Path) -> ASGIApp:
    """The runs below `folder`: their list at `/`, what stands for its state at `/state`, everything else as it is."""

    def runs(_: Request) -> Response:
        return HTMLResponse(render_index(past_runs(folder), live=True), headers=_FRESH)

    def state(_: Request) -> Response:
        return PlainTextResponse(state_of(folder), headers=_FRESH)

    routes = [
        Route("/", runs),
        Route("/index.html", runs),
        Route("/state", state),
        Mount("/", _Files(directory=folder, html=True, check_dir=False)),
    ]
    return Starlette(routes=routes, middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=_NAMES)])


def state_of(folder: Path) -> str:
    """A text that differs whenever a run was added, removed or reported again."""
    found = ((path.parent.name, moment_of(path)) for path in sorted(folder.glob("*/summary.json")))
    return ";".join(f"{name}:{moment}" for name, moment in found if moment is not None)


def _listener(port: int) -> socket.socket:
    try:
        return socket.create_server((LOOPBACK, port), backlog=128)
    except OSError as error:
        why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be opened: {error.strerror}"
        raise UsageError(f"port {port} {why}", hint="--port 0 picks a free one") from error


@contextmanager
def serving(folder: Path, port: int = 0) -> Iterator[tuple[str, threading.Thread]]:
    """Serve `folder` in a thread, on loopback; yields the address and the thread, which ends with the block.

    Port 0 picks a free one. Raises UsageError when the port cannot be had.
    """
    with _listener(port) as listener:
        config = uvicorn.Config(
            create_app(folder), ws="none", lifespan="off", timeout_graceful_shutdown=1, log_level=logging.ERROR
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), name="reports", daemon=True)
        thread.start()
        try:
            yield f"http://{LOOPBACK}:{listener.getsockname()[1]}/", thread
        finally:
            server.should_exit = True
            thread.join(_STOP_SECONDS)
