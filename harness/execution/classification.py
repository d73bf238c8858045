"""Whose error it is: the agents' own behaviour, the application's code, or what they stand on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import openai
from agents import (
    InputGuardrailTripwireTriggered,
    MaxTurnsExceeded,
    ModelBehaviorError,
    OutputGuardrailTripwireTriggered,
    ToolInputGuardrailTripwireTriggered,
    ToolOutputGuardrailTripwireTriggered,
)
from agents.exceptions import ModelRefusalError, ModelTimeoutError

from harness.core.trace import ErrorKind, RunError
from harness.errors import CassetteError

if TYPE_CHECKING:
    from collections.abc import Iterator

TRIPWIRES = (
    InputGuardrailTripwireTriggered,
    OutputGuardrailTripwireTriggered,
    ToolInputGuardrailTripwireTriggered,
    ToolOutputGuardrailTripwireTriggered,
)
"""Exceptions that are a guardrail's finding, not an error."""

_BEHAVIOUR = (ModelBehaviorError, MaxTurnsExceeded, ModelRefusalError)
_INFRASTRUCTURE = (openai.OpenAIError, ModelTimeoutError, CassetteError, ConnectionError)
_TRANSPORTS = frozenset({"httpx", "httpx2", "httpcore", "httpcore2", "aiohttp", "websockets", "vcr"})
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")


def kind_of(error: BaseException) -> ErrorKind:
    """Infrastructure when that is anywhere among the causes: an outage is nobody's behaviour."""
    if any(_is_infrastructure(each) for each in _causes(error)):
        return ErrorKind.INFRASTRUCTURE
    return ErrorKind.BEHAVIOUR if isinstance(error, _BEHAVIOUR) else ErrorKind.APPLICATION


def run_error(error: BaseException) -> RunError:
    """The error as data."""
    return RunError(kind=kind_of(error), type=type(error).__name__, message=_message(error))


def told(error: BaseException) -> str:
    """The error as one text: its class and its message."""
    return f"{type(error).__name__}: {_message(error)}"


def steady(text: str) -> str:
    """The text without memory addresses, which differ from run to run."""
    return _ADDRESS.sub("0x...", text)


def _message(error: BaseException) -> str:
    """What an exception says; some cannot say it."""
    try:
        return steady(str(error))
    except Exception as broken:  # noqa: BLE001 - an application's exception may raise anything when shown
        return f"<its text cannot be shown: {type(broken).__name__}>"


def _is_infrastructure(error: BaseException) -> bool:
    homes = {each.__module__.partition(".")[0] for each in type(error).__mro__}
    return isinstance(error, _INFRASTRUCTURE) or bool(homes & _TRANSPORTS)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came from: its cause, or what was being handled unless that was suppressed."""
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield found
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)
