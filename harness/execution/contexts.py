"""The run context of one trial: made fresh, closed when the trial is over."""

from __future__ import annotations

import inspect
from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

from pydantic_core import to_jsonable_python

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from harness.core.trace import JSON
    from harness.system.loading import System


@asynccontextmanager
async def fresh_context(system: System, values: Mapping[str, JSON]) -> AsyncIterator[Any]:
    """A context of this trial's own, made with the scenario's `context:` values; None where the system has none.

    The factory may be a coroutine function. What it makes may be a context manager, which is entered and, whatever
    happens, left. Raises what the factory raises.
    """
    made = system.new_context(values)
    if inspect.isawaitable(made):
        made = await made
    async with AsyncExitStack() as opened:
        if isinstance(made, AbstractAsyncContextManager):
            made = await opened.enter_async_context(made)
        elif isinstance(made, AbstractContextManager):
            made = opened.enter_context(made)
        yield made


async def end_state(system: System, context: Any) -> JSON:
    """What the system says of a context when the conversation is over, as plain data; None where it says nothing.

    Raises what the system's function raises, and an error when its value has no JSON form.
    """
    if system.state is None:
        return None
    said = system.state(context)
    return to_jsonable_python(await said if inspect.isawaitable(said) else said)
