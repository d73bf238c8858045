"""Where a conversation stands: what the user wants now, what was done about it, what came out."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.standin.request import AssistantMessage, Call, Item, Output, Request, UserMessage
from harness.standin.words import stems

if TYPE_CHECKING:
    from collections.abc import Mapping

_FAILURE = re.compile(r"\b(?:error|not[ _]found|failed|failure|denied|timed out|invalid|no such)\b", re.IGNORECASE)
_FEW_WORDS = 3
EARLIER = 0.5
"""How much a word of an earlier message of the same request counts, against one of the latest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A tool call and what it returned."""

    name: str
    arguments: str
    output: str | None

    @property
    def failed(self) -> bool:
        """Whether the output says that it did not work, or asks back."""
        return self.output is not None and (
            _FAILURE.search(self.output) is not None or self.output.rstrip().endswith("?")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Where a conversation stands.

    A request of the user begins with a message, and goes on when the assistant answers it with a question. `latest` is
    the last user message, `wanted` those of the current request, `said` all of them, oldest first. `done` are the tool
    calls since the last user message without handoffs, `earlier` those before it for this request, `past` those before
    that; `handed` the handoffs since the request began. `asked` are the questions of the assistant, `asked_now` those
    since the request began.
    """

    latest: str
    wanted: tuple[str, ...]
    said: tuple[str, ...]
    done: tuple[Done, ...]
    earlier: tuple[Done, ...]
    past: tuple[Done, ...]
    handed: frozenset[str]
    asked: tuple[str, ...]
    asked_now: tuple[str, ...]

    @property
    def outputs(self) -> tuple[str, ...]:
        """What the tools returned since the last user message."""
        return tuple(each.output for each in self.done if each.output is not None)

    def weights(self) -> Mapping[str, float]:
        """The telling words of what is wanted, and how much each counts."""
        words = {word: EARLIER for text in self.wanted[:-1] for word in stems(text)}
        return {**words, **dict.fromkeys(stems(self.latest), 1.0)}

    def finished(self, tool: str) -> bool:
        """Whether a tool has had its turn: called since the last user message, or with success for this request."""
        return any(each.name == tool for each in self.done) or any(
            each.name == tool and not each.failed for each in self.earlier
        )

    @property
    def matter(self) -> str:
        """What the user wants, in the user's words; a message that says little brings the one before along."""
        texts = self.wanted
        if len(self.said) > len(texts) and len(stems(" ".join(texts))) < _FEW_WORDS:
            texts = self.said[-len(texts) - 1 :]
        return " ".join(text.strip() for text in texts if text.strip())


def situation_of(request: Request) -> Situation:
    """Where the conversation of a request stands."""
    items = request.items
    begin, last = _begin(items)
    outputs = {item.call_id: item.text for item in items if isinstance(item, Output)}
    said = tuple(item.text for item in items if isinstance(item, UserMessage))
    wanted = tuple(item.text for item in items[begin:] if isinstance(item, UserMessage))
    questions = [(at, item.text) for at, item in enumerate(items) if isinstance(item, AssistantMessage) and _asks(item)]
    handed = {item.name for item in items[begin:] if isinstance(item, Call) and _is_handoff(item, request, outputs)}
    return Situation(
        latest=said[-1] if said else "",
        wanted=wanted,
        said=said,
        done=_calls(items[last:], request, outputs),
        earlier=_calls(items[begin:last], request, outputs),
        past=_calls(items[:begin], request, outputs),
        handed=frozenset(handed),
        asked=tuple(text for _, text in questions),
        asked_now=tuple(text for at, text in questions if at >= begin),
    )


def _begin(items: tuple[Item, ...]) -> tuple[int, int]:
    """Where the current request begins, and where the last user message is."""
    talk = [at for at, item in enumerate(items) if isinstance(item, UserMessage | AssistantMessage)]
    users = [at for at in talk if isinstance(items[at], UserMessage)]
    last = begin = users[-1] if users else 0
    for at in reversed([each for each in talk if each < last]):
        if isinstance(items[at], UserMessage):
            begin = at
        elif not _asks(items[at]):
            break
    return begin, last


def _asks(item: Item) -> bool:
    return isinstance(item, AssistantMessage) and item.text.rstrip().endswith("?")


def _is_handoff(call: Call, request: Request, outputs: Mapping[str, str]) -> bool:
    """Whether a call handed over; handoffs of other agents are told by what they return, `{"assistant": ...}`."""
    tool = request.tool(call.name)
    if (tool is not None and tool.is_handoff) or call.name.startswith("transfer_to_"):
        return True
    value = parsed(outputs.get(call.call_id, ""))
    return isinstance(value, dict) and list(value) == ["assistant"]


def _calls(items: tuple[Item, ...], request: Request, outputs: Mapping[str, str]) -> tuple[Done, ...]:
    return tuple(
        Done(name=item.name, arguments=item.arguments, output=outputs.get(item.call_id))
        for item in items
        if isinstance(item, Call) and not _is_handoff(item, request, outputs)
    )


def parsed(text: str) -> Any:
    """The JSON value a text is, or nothing."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
