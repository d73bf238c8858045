"""Trials side by side, and now and then one that has the process to itself."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@dataclass(slots=True)
class _Turnstile:
    """Who waits to be alone goes before those who come later."""

    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    inside: int = 0
    waiting: int = 0
    closed: bool = False


_of_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, _Turnstile] = WeakKeyDictionary()


@asynccontextmanager
async def entered(*, alone: bool) -> AsyncIterator[None]:
    """Run the block beside others, or `alone`: when nobody else is inside, and nobody comes in meanwhile."""
    turnstile = _of_loop.setdefault(asyncio.get_running_loop(), _Turnstile())
    await (_enter_alone(turnstile) if alone else _enter(turnstile))
    try:
        yield
    finally:
        async with turnstile.changed:
            turnstile.inside -= 1
            turnstile.closed = False
            turnstile.changed.notify_all()


async def _enter(turnstile: _Turnstile) -> None:
    async with turnstile.changed:
        await turnstile.changed.wait_for(lambda: not turnstile.closed and not turnstile.waiting)
        turnstile.inside += 1


async def _enter_alone(turnstile: _Turnstile) -> None:
    async with turnstile.changed:
        turnstile.waiting += 1
        try:
            await turnstile.changed.wait_for(lambda: not turnstile.inside)
            turnstile.inside, turnstile.closed = 1, True
        finally:
            turnstile.waiting -= 1
            turnstile.changed.notify_all()
