"""One patch of the HTTP libraries for the whole process, routed to the tape of the trial a request belongs to.

vcrpy's stubs ask an object whether it has an answer. That object is the same for all; it forwards to the tape that a
ContextVar names. ContextVars follow asyncio tasks, and here threads too, so that trials side by side do not mix.
"""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from itertools import chain
from typing import TYPE_CHECKING, Any

from vcr.patch import CassettePatcherBuilder

from harness.cassettes import pacing, threads
from harness.cassettes.options import PLAIN, TapeOptions
from harness.cassettes.tape import Tape
from harness.core.results import Mode
from harness.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from vcr.request import Request

    from harness.cassettes.provenance import Provenance

__all__ = ["PLAIN", "Tape", "TapeOptions", "installed", "playing"]

_tape: ContextVar[Tape | None] = ContextVar("harness_tape", default=None)


class _Router:
    """What vcrpy's stubs take for a cassette. Outside a trial requests pass untouched."""

    _path = "harness"
    custom_patches = ()
    skip_patchers = ()

    def can_play_response_for(self, request: Request) -> bool:
        """In replay always: a request without an answer is a miss, never a reason to go out."""
        tape = _tape.get()
        if tape is None:
            return False
        call = pacing.call_of(request, tape)
        pacing.wait_for(call, tape)
        return tape.mode is Mode.REPLAY or tape.is_answered(call)

    def play_response(self, request: Request) -> dict[str, Any]:
        """The recorded answer. Raises CassetteMissError."""
        tape = _tape.get()
        if tape is None:
            return {}
        call = pacing.call_of(request, tape)
        answer = tape.play(call)
        pacing.end_at_once(call, tape)
        return answer

    def append(self, request: Request, response: dict[str, Any]) -> None:
        """Take in an answer from the network."""
        tape = _tape.get()
        if tape is not None:
            call = pacing.call_of(request, tape)
            tape.take(call, response)
            pacing.end_at_once(call, tape)

    @property
    def write_protected(self) -> bool:
        """Never: what may not go out is refused by `play_response`."""
        return False

    def filter_request(self, request: Request) -> Request:
        """Every request counts."""
        return request

    def find_requests_with_most_matches(self, request: Request) -> list[Any]:
        """Asked by stubs that follow redirects; nothing is known beyond the exact match."""
        del request
        return []


def watched() -> Iterator[Any]:
    """Made when vcrpy's patches are in place: what is watched is what they put there."""
    yield from pacing.patches(current)


_lock = threading.Lock()
_depth = 0
_patches = ExitStack()


@contextmanager
def installed() -> Iterator[None]:
    """The HTTP libraries of this process go through tapes. May be entered again; the last to leave undoes it."""
    global _depth  # noqa: PLW0603 - the patch is one for the process, so its count is too
    with _lock:
        if _depth == 0:
            for patch in chain(threads.patches(), CassettePatcherBuilder(_Router()).build(), watched()):
                _patches.enter_context(patch)
        _depth += 1
    try:
        yield
    finally:
        with _lock:
            _depth -= 1
            if _depth == 0:
                _patches.close()


@contextmanager
def playing(
    path: Path, mode: Mode, provenance: Provenance, options: TapeOptions = PLAIN, borrow: Path | None = None
) -> Iterator[Tape]:
    """This trial's requests are answered from, or recorded to, the cassette at `path`, and answered from `borrow`.

    A recording is saved when the block ends without an exception. A cassette that is missing or damaged is a problem
    of the tape, so that the trial can be told errored.
    """
    tape = Tape(path, mode, provenance, options, borrow)
    with suppress(HarnessError):
        tape.open()
    token = _tape.set(tape)
    try:
        with installed():
            yield tape
    finally:
        _tape.reset(token)
    tape.close()


def current() -> Tape | None:
    """The tape of the trial that asks, None outside a trial."""
    return _tape.get()
