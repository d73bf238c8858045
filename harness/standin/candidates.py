"""Which tool or agent fits a message, by the words of its description."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.standin.sentences import sentences, units
from harness.standin.steps import forbidden_tools, named_tools
from harness.standin.words import Weights, stems

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.standin.request import Request, Tool
    from harness.standin.situation import Situation

_CLEARLY = 1.5
_TIED = 0.85
_ENOUGH = 0.34


def description_of(request: Request, tool: Tool) -> str:
    """What the request says about a tool: its description and the sentences that name it."""
    naming = [
        sentence
        for unit in units(request.instructions)
        for sentence in sentences(unit)
        if tool in named_tools(sentence, request.tools) and tool.name not in forbidden_tools(sentence, request.tools)
    ]
    return " ".join([tool.purpose, *naming])


def _matches(text: str, said: Mapping[str, float], weights: Weights) -> dict[str, str]:
    """The words said that a text speaks of, each with the text's own spelling."""
    about = sorted(set(stems(text)))
    return {found: word for word in about if (found := weights.met(word, said))}


def score(text: str, said: Mapping[str, float], weights: Weights) -> float:
    """How much of what was said a text speaks of."""
    return sum(said[found] * weights.of(word) for found, word in _matches(text, said, weights).items())


def best_handoff(
    request: Request, allowed: Iterable[Tool], situation: Situation, weights: Weights, *, at_any_cost: bool
) -> Tool | None:
    """The handoff that fits clearly better than what the agent itself is for; with `at_any_cost` simply the best."""
    said = situation.weights()
    ranked = _ranked(request, [tool for tool in allowed if tool.is_handoff], said, weights)
    if not ranked or (ranked[0][0] == 0.0 and not at_any_cost):
        return None
    own = score(_own_text(request), said, weights)
    return ranked[0][1] if at_any_cost or ranked[0][0] > own * _CLEARLY else None


def _own_text(request: Request) -> str:
    """What the agent itself is for: its own tools, and its instructions but for those about handing off."""
    tools = [tool.purpose for tool in request.tools if not tool.is_handoff]
    if not tools:
        return ""
    handoffs = [tool for tool in request.tools if tool.is_handoff]
    told = [text for unit in units(request.instructions) for text in sentences(unit) if not named_tools(text, handoffs)]
    return " ".join([*tools, *told])


def _ranked(
    request: Request, tools: list[Tool], said: Mapping[str, float], weights: Weights
) -> list[tuple[float, Tool]]:
    """Tools by fit, the best first; of tools that fit the same, the one whose word was said first."""
    order = list(said)
    scored = []
    for tool in tools:
        text = description_of(request, tool)
        first = min((order.index(word) for word in _matches(text, said, weights)), default=len(order))
        scored.append((score(text, said, weights), -first, tool))
    return [(fits, tool) for fits, _, tool in sorted(scored, key=lambda each: (-each[0], -each[1]))]


def best_tool(request: Request, situation: Situation, weights: Weights, least: float = _ENOUGH) -> Tool | None:
    """The tool whose description speaks of enough of the message; the only tool of an agent needs no such proof."""
    own = [tool for tool in request.tools if not tool.is_handoff]
    if len(own) == 1 == len(request.tools):
        return own[0]
    said = situation.weights()
    ranked = _ranked(request, own, said, weights)
    whole = sum(worth * weights.of(word) for word, worth in said.items())
    return ranked[0][1] if ranked and ranked[0][0] > 0 and ranked[0][0] >= least * whole else None


def is_ambiguous(request: Request, situation: Situation, weights: Weights, examples: Iterable[str]) -> bool:
    """Whether no agent fits a message, or two fit the same, or it is like one of the examples of unclear ones."""
    said = situation.weights()
    if any(words and set(said) <= words for words in (set(stems(example)) for example in examples)):
        return True
    ranked = _ranked(request, [tool for tool in request.tools if tool.is_handoff], said, weights)
    if not ranked or ranked[0][0] == 0.0:
        return True
    return len(ranked) > 1 and ranked[1][0] >= ranked[0][0] * _TIED and not _has_first_topic_rule(request)


def _has_first_topic_rule(request: Request) -> bool:
    text = request.instructions.lower()
    return any(phrase in text for phrase in ("named first", "mentioned first", "comes first", "first topic"))
