"""A trial whose chance and clock are those of its recording.

Both belong to the whole process, so such a trial has it to itself while it runs.
"""

from __future__ import annotations

import random
import sys
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

import time_machine

from harness.core.results import Mode
from harness.core.scenario import RECORDED
from harness.errors import UsageError
from harness.execution.turnstile import entered

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from harness.cassettes.router import Tape
    from harness.execution.spec import Conditions, TrialSpec

_SEED, _CLOCK = "seed", "clock"
_NUMPY_SEEDS = 2**32
_Value = TypeVar("_Value")


@asynccontextmanager
async def repeatable(spec: TrialSpec, conditions: Conditions, tape: Tape) -> AsyncIterator[None]:
    """The world that a trial runs in; with a seed or a clock it is alone in this process.

    What the recording keeps holds; else what the scenario says, else what holds for all. A new recording keeps it.
    Raises UsageError for a clock that is no point in time.
    """
    seed = _kept(tape, _SEED, spec.scenario.seed if spec.scenario.seed is not None else conditions.seed or None)
    clock = _kept(tape, _CLOCK, _moment(spec.scenario.clock or conditions.clock, tape.mode))
    world = {name: value for name, value in ((_SEED, seed), (_CLOCK, clock)) if value is not None}
    tape.facts |= world
    async with entered(alone=bool(world)):
        with ExitStack() as stack:
            if seed is not None:
                stack.enter_context(_seeded(f"{seed}/{spec.scenario.id}/{spec.index}"))
            if clock is not None:
                stack.enter_context(time_machine.travel(datetime.fromisoformat(clock), tick=False))
            yield


def _kept(tape: Tape, name: str, asked: _Value | None) -> _Value | None:
    kept: _Value | None = tape.fact(name)
    return asked if kept is None else kept


def _moment(asked: str, mode: Mode) -> str | None:
    """The moment at which the clock stands. `recorded` is now when a recording is made, and none when it runs live."""
    if not asked or (asked == RECORDED and mode is not Mode.RECORD):
        return None
    if asked == RECORDED:
        return datetime.now(UTC).isoformat(timespec="seconds")
    try:
        moment = datetime.fromisoformat(asked)
    except ValueError as error:
        raise UsageError(f"clock = {asked!r} is no point in time", hint="write 2026-01-31T12:00:00+00:00") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


@contextmanager
def _seeded(seed: str) -> Iterator[None]:
    """Python's own chance, and numpy's where the application uses it; afterwards both are what they were."""
    drawn = random.Random(seed).randrange(_NUMPY_SEEDS)  # noqa: S311 - meant to be foreseen
    numpy = sys.modules.get("numpy")
    before, numpys = random.getstate(), numpy.random.get_state() if numpy else None
    random.seed(seed)
    if numpy:
        numpy.random.seed(drawn)
    try:
        yield
    finally:
        random.setstate(before)
        if numpy:
            numpy.random.set_state(numpys)
