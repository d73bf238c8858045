"""The steps of rules: tools to call, things to ask and to say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.standin.request import Tool, squeezed
from harness.standin.sentences import masked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_NEGATION = re.compile(
    r"\b(?:not|never|don't|without|instead of|rather than|no reason to|no need to|avoid|nor)\b[^,;:.]*$", re.IGNORECASE
)
_REFERENCE = re.compile(
    r"(?:\b(?:of|from|by|in|after|what|that|than|which)\s+(?:the\s+)?[`\"*]*|\bwhat\s[^,;:.]*)$", re.IGNORECASE
)
_TOGETHER = re.compile(r"at the same time|in parallel|simultaneously|in one go|\bat once\b|\btogether\b", re.IGNORECASE)
_QUOTE = r"[\"“]([^\"”]+)[\"”]"
_SPEECH = re.compile(
    r"\b(ask|say|reply|tell|answer|respond|explain|state|apologi[sz]e|write|remind)\b(?P<rest>[^;]*)", re.IGNORECASE
)
_WHOM = r"(?:\s+(?:the\s+)?(?:customers?|users?|callers?|clients?|them))?"
_THAT = re.compile(rf"^{_WHOM}\s+that\s+(.+)$", re.IGNORECASE)
_TO = re.compile(rf"^{_WHOM}\s+to\s+(.+)$", re.IGNORECASE)
_ASK_FOR = re.compile(rf"^{_WHOM}\s+for\s+(.+)$", re.IGNORECASE)
_ASK_WH = re.compile(rf"^{_WHOM}\s+((?:which|what|whether|where|when|how|who|if)\b.+)$", re.IGNORECASE)
_NO_TOOL = re.compile(
    r"\b(?:call|use)\s+no\s+(?:tools?|functions?)\b|\b(?:not|never)\s+(?:call|use)\s+(?:any|a)\s+tools?", re.IGNORECASE
)
ANY_TOOL = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: tools to call (several: in one response), or a text to ask or to say."""

    calls: tuple[Tool, ...] = ()
    ask: str = ""
    say: str = ""


def mentions(text: str, tools: Iterable[Tool]) -> Iterator[tuple[int, int, Tool]]:
    """Where a text names tools, or agents that handoffs lead to: start, end and the tool, in order."""
    found: dict[int, tuple[int, int, Tool]] = {}
    for tool in tools:
        for match in re.finditer(rf"(?<!\w){re.escape(tool.name)}(?!\w)", text):
            found[match.start()] = (match.start(), match.end(), tool)
        if tool.agent:
            for start, end in _agent_places(text, tool.agent):
                found.setdefault(start, (start, end, tool))
    last = -1
    for start, end, tool in (found[at] for at in sorted(found)):
        if start >= last:
            yield start, end, tool
            last = end


def _agent_places(text: str, agent: str) -> Iterator[tuple[int, int]]:
    """Runs of up to four words that, written together, are the agent's name."""
    words = list(re.finditer(r"\w+", text))
    for at, first in enumerate(words):
        for last in words[at : at + 4]:
            run = squeezed(text[first.start() : last.end()])
            if run == agent:
                yield first.start(), last.end()
            if len(run) >= len(agent):
                break


def named_tools(text: str, tools: Iterable[Tool]) -> list[Tool]:
    """The tools a text names, in order."""
    return [tool for _, _, tool in mentions(text, tools)]


def forbidden_tools(text: str, tools: Iterable[Tool]) -> tuple[str, ...]:
    """The tools a text says not to call; `ANY_TOOL` for all of them."""
    names = tuple(tool.name for start, _, tool in mentions(text, tools) if _NEGATION.search(_before(text, start)))
    return (*names, ANY_TOOL) if _NO_TOOL.search(text) else names


def _before(text: str, at: int) -> str:
    """The text of the same sentence before a place."""
    return re.split(r"[.!?]\s", text[:at])[-1]


def read_steps(text: str, tools: Iterable[Tool]) -> tuple[Step, ...]:
    """The steps a text asks for, in its order."""
    calls = [
        place
        for place in mentions(text, tools)
        if not _NEGATION.search(_before(text, place[0])) and not _REFERENCE.search(_before(text, place[0]))
    ]
    placed = [*_grouped(text, calls), *_spoken(text)]
    return tuple(step for _, step in sorted(placed, key=lambda each: each[0]))


def _grouped(text: str, calls: list[tuple[int, int, Tool]]) -> list[tuple[int, Step]]:
    if len(calls) > 1 and _TOGETHER.search(text):
        return [(calls[0][0], Step(calls=tuple({tool.name: tool for _, _, tool in calls}.values())))]
    steps, seen = [], set()
    for start, _, tool in calls:
        if tool.name not in seen:
            steps.append((start, Step(calls=(tool,))))
            seen.add(tool.name)
    return steps


def _spoken(text: str) -> Iterator[tuple[int, Step]]:
    hidden = masked(text)
    for found in _SPEECH.finditer(hidden):
        if re.search(r"\b(?:not|never|don't|to|or)\s+$", hidden[: found.start()], re.IGNORECASE):
            continue
        rest = text[found.start("rest") : found.end("rest")]
        following = _SPEECH.search(masked(rest))
        rest = re.sub(r",?\s*\b(?:and|then)\s*$", "", rest[: following.start()]) if following else rest
        step = _speech(found[1].lower(), rest)
        if step is not None:
            yield found.start(), step


def _speech(verb: str, rest: str) -> Step | None:
    quote = re.search(_QUOTE, rest)
    if quote:
        asks = verb == "ask" or quote[1].rstrip().endswith("?")
        return Step(ask=quote[1].strip()) if asks else Step(say=quote[1].strip())
    rest = re.split(r"[.!?](?:\s|$)|,?\s+and (?:call|hand|use|run|do)\b|\bthen\b", rest)[0].rstrip(" ,")
    if verb == "ask":
        question = _question(rest)
        return Step(ask=question) if question else None
    said = _THAT.match(rest) or re.match(r"^\s+([A-Z]{2,}(?:_[A-Z]+)*)$", rest)
    if said:
        return Step(say=_sentence(said[1]))
    told = _TO.match(rest) if verb in {"tell", "remind"} else None
    return Step(say=_sentence(addressed(f"please {told[1]}"))) if told else None


def _question(rest: str) -> str:
    for pattern, opening in ((_ASK_FOR, "Could you tell me"), (_TO, "Could you"), (_ASK_WH, "Could you tell me")):
        found = pattern.match(rest)
        if found:
            return f"{opening} {addressed(found[1])}?"
    return ""


def addressed(text: str) -> str:
    """The text as said to the customer: their card becomes your card."""
    for about, to in (
        (r"\b(?:the )?(?:customer|user)'s\b|\btheir\b|\bhis or her\b", "your"),
        (r"\b(?:the )?(?:customer|user) (?:is|has)\b|\bthey (?:are|have)\b", "you have"),
        (r"\b(?:the )?(?:customer|user) wants\b", "you want"),
        (r"\bthe (?:customer|user)\b(?! id\b| number\b)|\bthey\b|\bthem\b", "you"),
        (r"^the (?=\w+ (?:id|number|code)\b)", "your "),
    ):
        text = re.sub(about, to, text, flags=re.IGNORECASE)
    return text.strip()


def _sentence(text: str) -> str:
    text = text.rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."
