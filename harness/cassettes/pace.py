"""When an answer is handed over: one at a time, and each only when what came of the one before has settled.

Two answers in one turn of the event loop race: which run goes on first, and so which step of another it still stops,
would be chance. With a pause between them each step of a run is either behind or ahead of every answer, and the
order of answers is all that a recording has to keep. Pauses are counted in turns of the loop, not in time: a busy
machine makes them longer, never too short.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from harness.core.results import Mode

if TYPE_CHECKING:
    from harness.cassettes.call import Call
    from harness.cassettes.tape import Tape

ROUNDS = 50
"""Turns of the loop without an event after which a trial has settled. From an answer to the next request the SDK takes
fewer than half as many."""

PATIENCE_SECONDS = 5.0
"""How long an answer waits for the calls that were asked before it in the recording. An application that was changed
may never ask them."""

LIMIT_SECONDS = 30.0
"""How long a call that was cancelled in the recording waits to be cancelled again."""

_GLANCE_SECONDS = 0.001


async def settled(tape: Tape) -> None:
    """Until nothing is asked or answered any more but by calls that are under way."""
    seen = -1
    while seen != tape.course.happened:
        seen = tape.course.happened
        for _ in range(ROUNDS):
            await asyncio.sleep(0)


async def turn(tape: Tape, call: Call) -> None:
    """Until `call` may go on. Raises what `Tape.not_cancelled` gives when it should be cancelled and is not."""
    if tape.was_cancelled(call):
        await _cancelled_again(tape, call)
    elif call.place is None:
        await _last(tape, call)
    else:
        await _in_order(tape, call)


async def _in_order(tape: Tape, call: Call) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    await settled(tape)
    while not tape.is_next(call):
        await asyncio.sleep(_GLANCE_SECONDS)
        await settled(tape)
        if time.monotonic() > deadline:
            tape.course.waive()


async def _cancelled_again(tape: Tape, call: Call) -> None:
    """While a recording is made, what cancelled the call then may not come again: it is asked when all is quiet."""
    if tape.mode is Mode.REPLAY:
        await asyncio.sleep(LIMIT_SECONDS)
        raise tape.not_cancelled(LIMIT_SECONDS)
    await _quiet(tape)
    call.place = None


async def _last(tape: Tape, call: Call) -> None:
    """A call without a recording may be one that was cancelled before it was sent: all others are answered first."""
    tape.missing.add(call)
    try:
        await _quiet(tape)
    finally:
        tape.missing.discard(call)


async def _quiet(tape: Tape) -> None:
    await settled(tape)
    while tape.to_be_answered():
        await asyncio.sleep(_GLANCE_SECONDS)
        await settled(tape)
