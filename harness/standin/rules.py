"""The rules an instruction text gives: under which condition to take which steps."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.standin.conditions import Condition, read_condition
from harness.standin.identifiers import Kind
from harness.standin.request import Tool
from harness.standin.sentences import masked, sentences, units
from harness.standin.steps import Step, forbidden_tools, named_tools, read_steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LEADING = re.compile(r"^(?:and |but |also,? )?(if|when|whenever|for|once|after|unless)\b\s*", re.IGNORECASE)
_BEFORE = re.compile(r"^before\b\s*", re.IGNORECASE)
_TRAILING = re.compile(
    r",?\s+\b(only if|only when|if|when|whenever|once(?! per\b)|unless|for|to)\b\s+(?=[\w\"`])", re.IGNORECASE
)
_FALLBACK = re.compile(
    r"^(?:otherwise|in (?:all|any) other cases?|for (?:anything|everything) else|if (?:nothing|none)[^,:]*)\b[,:]?\s*",
    re.IGNORECASE,
)
_ACTION = (
    r"(?:please|first|then|always|never|do|don't|call|use|run|ask|say|reply|tell|answer|respond|hand|transfer|escalate|route|"
    r"send|pass|look|check|give|explain|offer|apologi[sz]e|search|start|begin|go|get|fetch|find|list|report|stop|state|write|"
    r"forward|direct|refuse|read|query|compute|calculate|`)"
)
_SPLIT_AT_COMMA = re.compile(rf",\s+(?:then\s+)?(?={_ACTION})", re.IGNORECASE)
_IMPERATIVE = re.compile(rf"^{_ACTION}", re.IGNORECASE)
_USE = re.compile(r"^(?:use|choose|pick)\b", re.IGNORECASE)
_ALWAYS = re.compile(
    r"^(?:always|first|start|begin|before (?:anything|everything))\b|\bfirst\b|\balways\b", re.IGNORECASE
)
_NEEDLESS = re.compile(r"^(.+?) (?:needs?|requires?) (?:neither|none|no\b.*)\.?$", re.IGNORECASE)
_LISTED = re.compile(r"^[`*]*([\w ]+?)[`*]*\s*(?::|--?|\u2013|\u2014|->|\u2192)\s+(.+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Steps to take, in order, when the condition holds; without a condition always.

    `forbidden` are tools not to call while it holds. `before` are the tools that have to wait for these steps. `first`
    marks steps that come before any other, `fallback` a rule for when no other fits. An `exempt` rule has no steps:
    what it is about needs no identifier.
    """

    condition: Condition | None = None
    steps: tuple[Step, ...] = ()
    forbidden: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    first: bool = False
    fallback: bool = False
    exempt: bool = False

    @property
    def only_hands_off(self) -> bool:
        """Whether its one purpose is a handoff."""
        calls = [step for step in self.steps if step.calls]
        return bool(calls) and all(tool.is_handoff for step in calls for tool in step.calls)


@dataclass(frozen=True, slots=True)
class _Reader:
    tools: tuple[Tool, ...]
    kinds: tuple[Kind, ...]

    def unit(self, unit: str) -> Iterator[Rule]:
        """The rules of one bullet or paragraph; its later sentences may go on with an earlier one's rule."""
        rule: Rule | None = None
        before = ""
        for sentence in sentences(unit):
            found = self.sentence(sentence, before)
            before = sentence
            if rule is not None and found.condition is None and not found.fallback and rule.condition is not None:
                steps = (*rule.steps, *read_steps(sentence, self.tools))
                rule = replace(rule, steps=steps, forbidden=(*rule.forbidden, *found.forbidden))
                continue
            if rule is not None:
                yield rule
            rule = found
        if rule is not None:
            yield rule

    def sentence(self, sentence: str, before: str) -> Rule:
        fallback = _FALLBACK.match(sentence)
        if fallback:
            return replace(self.actions(sentence[fallback.end() :]), fallback=True)
        leading = _LEADING.match(sentence)
        if leading:
            condition, actions = _cut(sentence[leading.end() :])
            return replace(self.actions(actions), condition=self.condition(_referred(condition, before), leading[1]))
        if _BEFORE.match(sentence):
            return self.before(sentence)
        needless = _NEEDLESS.match(sentence)
        if needless:
            return Rule(condition=self.condition(needless[1], "for"), exempt=True)
        return self.listed(sentence) or self.trailing(sentence)

    def condition(self, text: str, word: str) -> Condition:
        names = [tool.name for tool in self.tools]
        return read_condition(text, names, self.kinds, negated=word.lower() == "unless")

    def actions(self, text: str) -> Rule:
        return Rule(steps=read_steps(text, self.tools), forbidden=forbidden_tools(text, self.tools))

    def before(self, sentence: str) -> Rule:
        """`Before calling b, call a`: b waits for a; `before anything else`: everything does."""
        when, actions = _cut(sentence)
        waiting = tuple(tool.name for tool in named_tools(when, self.tools))
        rule = self.actions(actions)
        return replace(rule, before=waiting) if waiting else replace(rule, first=True)

    def listed(self, sentence: str) -> Rule | None:
        """`Books: novels, authors` in a list of agents or tools."""
        found = _LISTED.match(sentence)
        tools = named_tools(found[1], self.tools) if found else []
        if found is None or len(tools) != 1 or len(found[1].split()) > len(tools[0].name.split("_")) + 2:
            return None
        return Rule(condition=self.condition(found[2], "for"), steps=(Step(calls=(tools[0],)),))

    def trailing(self, sentence: str) -> Rule:
        """`Call a when ...`, `use a for ...`, or an instruction without a condition."""
        if not _IMPERATIVE.match(sentence):
            return Rule()
        waiting = re.search(r"\b(?:before|without)\b(?: calling| using)?", masked(sentence))
        late = tuple(tool.name for tool in named_tools(sentence[waiting.end() :], self.tools)) if waiting else ()
        if waiting and late:
            return replace(self.actions(sentence[: waiting.start()]), before=late, forbidden=())
        for found in _TRAILING.finditer(masked(sentence)):
            word = found[1].lower().removeprefix("only ").strip()
            if named_tools(sentence[: found.start()], self.tools) or forbidden_tools(sentence, self.tools):
                if word in {"for", "to"} and not _USE.match(sentence):
                    continue
                rule = self.actions(sentence[: found.start()])
                return replace(rule, condition=self.condition(sentence[found.end() :], word))
        rule = self.actions(sentence)
        return replace(rule, first=_ALWAYS.search(masked(sentence)) is not None)


def _referred(condition: str, before: str) -> str:
    """A condition with what its `neither` or `none` stands for, when the sentence before names it."""
    open_end = re.search(r"\b(?:neither|none)\b(?=,|\s*$)", condition)
    if open_end is None:
        return condition
    return f"{condition[: open_end.end()]} ({before.rstrip('.')}){condition[open_end.end() :]}"


def _cut(text: str) -> tuple[str, str]:
    """A condition and its actions: cut at the colon, else at the comma before an action, else at the first comma."""
    hidden = masked(text)
    colon = re.search(r":\s", hidden)
    if colon:
        return text[: colon.start()], text[colon.end() :]
    comma = _SPLIT_AT_COMMA.search(hidden) or re.search(r",\s+|\bthen\b", hidden)
    return (text[: comma.start()], text[comma.end() :]) if comma else (text, "")


def read_rules(instructions: str, tools: Iterable[Tool], kinds: Iterable[Kind]) -> tuple[Rule, ...]:
    """The rules of an instruction text, in its order; what the stand-in cannot follow is left out."""
    reader = _Reader(tuple(tools), tuple(kinds))
    rules = (rule for unit in units(instructions) for rule in reader.unit(unit))
    return tuple(rule for rule in rules if _says_something(rule))


def _says_something(rule: Rule) -> bool:
    clarifies = rule.condition is not None and rule.condition.ambiguous
    return bool(rule.steps or rule.forbidden or rule.exempt or clarifies)
