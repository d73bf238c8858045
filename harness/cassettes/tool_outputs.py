"""What function tools gave in a recording, read from the requests that carry it back to the model."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.cassettes.bodies import plain_bytes
from harness.cassettes.canonical import CONVERSATIONS, model_api

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vcr.request import Request


@dataclass(frozen=True, slots=True)
class ToolOutputs:
    """The outputs of each call, in the order they were first sent."""

    _of_call: dict[tuple[str, str], deque[str]]

    @classmethod
    def of(cls, requests: Iterable[Request]) -> ToolOutputs:
        """The outputs in the requests of a cassette. Later requests repeat what earlier ones said: that counts once."""
        found: dict[tuple[str, str], deque[str]] = defaultdict(deque)
        for request in requests:
            for call, output in _outputs(request):
                if output not in found[call]:
                    found[call].append(output)
        return cls(dict(found))

    def next(self, call_id: str, tool: str) -> str | None:
        """The next output of the call; its last one for ever."""
        outputs = self._of_call.get((call_id, tool))
        if not outputs:
            return None
        return outputs.popleft() if len(outputs) > 1 else outputs[0]


def _outputs(request: Request) -> Iterator[tuple[tuple[str, str], str]]:
    if not model_api(request.method, request.uri):
        return
    try:
        body = json.loads(plain_bytes(request.body))
    except ValueError:
        return
    names: dict[str, str] = {}
    for item in (item for name in CONVERSATIONS for item in _items(body, name)):
        names |= _called(item)
        if item.get("type") == "function_call_output":
            call_id, output = item.get("call_id"), item.get("output")
        elif item.get("role") == "tool":
            call_id, output = item.get("tool_call_id"), item.get("content")
        else:
            continue
        yield (str(call_id), names.get(str(call_id), "")), output if isinstance(output, str) else json.dumps(output)


def _items(body: Any, name: str) -> list[dict[str, Any]]:
    items = body.get(name) if isinstance(body, dict) else None
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _called(item: dict[str, Any]) -> dict[str, str]:
    """Call id -> name of the tool, of the calls in an item of either API."""
    if item.get("type") == "function_call":
        return {str(item.get("call_id")): str(item.get("name"))}
    calls = item.get("tool_calls") or ()
    return {str(call.get("id")): str(call.get("function", {}).get("name")) for call in calls if isinstance(call, dict)}
