"""What to answer when no script decides: follow the rules that the instructions give."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.standin.arguments import MissingError, Source, fill
from harness.standin.candidates import best_handoff, best_tool, is_ambiguous
from harness.standin.conditions import Fit, fit, holds
from harness.standin.identifiers import Kind, kinds_of
from harness.standin.reply import PlannedCall, Reply
from harness.standin.request import Request, Tool
from harness.standin.rules import Rule, read_rules
from harness.standin.situation import Situation, situation_of
from harness.standin.steps import ANY_TOOL, Step
from harness.standin.structured import structured
from harness.standin.wording import FAREWELL, GREETING, choice_question, question, rendered, summary
from harness.standin.words import Weights

if TYPE_CHECKING:
    from collections.abc import Iterator

_WHOLE = 0.99
_ONCE = re.compile(r"\b(?:at most (?:one|once)|only (?:one|once)|one (?:\w+ )?question|a single)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A request, read: the rules it gives and where its conversation stands."""

    request: Request
    situation: Situation
    rules: tuple[Rule, ...]
    weights: Weights
    kinds: tuple[Kind, ...]

    @property
    def source(self) -> Source:
        """Where arguments come from."""
        return Source(situation=self.situation, kinds=self.kinds)

    def fit(self, rule: Rule, *, without: frozenset[str] = frozenset()) -> Fit:
        """How well a rule's condition holds."""
        if rule.condition is None:
            return Fit(score=1.0)
        if rule.condition.negated:
            return Fit(score=float(holds(rule.condition, self.situation, self.weights)))
        return fit(rule.condition, self.situation, self.weights, without=without)


def read_case(request: Request) -> Case:
    """Reads a request."""
    kinds = kinds_of(request)
    rules = read_rules(request.instructions, request.tools, kinds)
    texts = [*(rule.condition.text for rule in rules if rule.condition), *(tool.purpose for tool in request.tools)]
    return Case(
        request=request,
        situation=situation_of(request),
        rules=rules,
        weights=Weights.over(texts),
        kinds=kinds,
    )


def decide(request: Request) -> Reply:
    """The answer to a request, from the request alone."""
    case = read_case(request)
    reply = _decided(case)
    if request.schema is not None and not reply.calls:
        return Reply(text=structured(request.schema, case.source))
    return reply


def _decided(case: Case) -> Reply:
    request = case.request
    if request.choice == "none" or not request.tools:
        return _final(case)
    if request.tool(request.choice) is not None or request.choice == "required":
        return Reply(calls=(_forced(case),))
    return _Chooser(case).reply() or _final(case)


def _forced(case: Case) -> PlannedCall:
    """The call that the request insists on, its missing values left out."""
    chosen = _Chooser(case).reply()
    if case.request.choice == "required" and chosen is not None and chosen.calls:
        return chosen.calls[0]
    tool = case.request.tool(case.request.choice) or best_tool(case.request, case.situation, case.weights, 0.0)
    tool = tool or case.request.tools[0]
    try:
        return PlannedCall(name=tool.name, arguments=fill(tool, case.source))
    except MissingError:
        return PlannedCall(name=tool.name, arguments=json.loads(structured(tool.parameters, case.source)))


class _Chooser:
    """Finds the next step of one case; remembers on the way what was missing for a call."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.missing: list[str] = []
        self.exempt = any(rule.exempt and case.fit(rule).share >= _WHOLE for rule in case.rules)
        held = [rule for rule in case.rules if rule.forbidden and case.fit(rule).score > 0]
        held = [rule for rule in held if not (self.exempt and rule.condition and rule.condition.given)]
        self.forbidden = {name for rule in held for name in rule.forbidden}

    def reply(self) -> Reply | None:
        """The next step, or nothing when it is time for the final answer."""
        case = self.case
        if (asked := self._clarification()) is not None:
            return asked
        for rule in self.ranked():
            for step in rule.steps:
                taken = self._step(step)
                if taken is not None:
                    return taken
        if not case.situation.done and not self.missing and not self._any_rule():
            return self._unruled()
        if self.missing and not self._asked(question(self.missing[0])):
            results = [rendered(output) for output in case.situation.outputs]
            return Reply(text="\n".join(dict.fromkeys([*results, question(self.missing[0])])))
        return None

    def ranked(self) -> Iterator[Rule]:
        """The rules that hold, in the order in which they are followed."""
        case = self.case
        fits = [(rule, case.fit(rule)) for rule in case.rules if rule.steps and not rule.fallback]
        held = [(rule, how) for rule, how in fits if how.score > 0]
        yield from (rule for rule, _ in held if rule.condition and rule.condition.of_result)
        about = [
            (rule, how) for rule, how in held if rule.condition and rule.condition.topics and not rule.condition.given
        ]
        about = [(rule, how) for rule, how in about if how.demanded or not rule.only_hands_off]
        about = sorted(about, key=lambda each: -each[1].score)
        yield from (rule for rule, how in about if _is_demand(rule, how))
        if about and about[0][0].only_hands_off:
            yield about[0][0]
        if not self.exempt:
            yield from (rule for rule, _ in held if rule.condition and rule.condition.given)
        yield from (rule for rule, _ in held if rule.first)
        yield from self._by_topic(about)
        yield from (rule for rule, _ in held if rule.condition is None and not rule.first and not rule.before)
        if not about:
            yield from (rule for rule in case.rules if rule.fallback)

    def _by_topic(self, about: list[tuple[Rule, Fit]]) -> Iterator[Rule]:
        """The best rule, then those that the words it leaves over still fit in full: one word speaks for one rule."""
        explained: frozenset[str] = frozenset()
        for number, (rule, how) in enumerate(about):
            left = self.case.fit(rule, without=explained)
            if number == 0 or (left.share >= _WHOLE and not rule.only_hands_off):
                explained |= how.words
                yield rule

    def _any_rule(self) -> bool:
        return any(
            rule.condition and rule.condition.topics and self.case.fit(rule).score > 0 for rule in self.case.rules
        )

    def _step(self, step: Step) -> Reply | None:
        """The step as an answer, or nothing when it is done, forbidden, or cannot be done for want of a value."""
        if step.ask:
            return None if self._asked(step.ask) else Reply(text=step.ask)
        calls = [call for tool in step.calls if (call := self._call(tool)) is not None]
        calls = calls if self.case.request.parallel else calls[:1]
        return Reply(calls=tuple(calls)) if calls else None

    def _asked(self, text: str) -> bool:
        return any(text in earlier for earlier in self.case.situation.asked_now)

    def _call(self, tool: Tool) -> PlannedCall | None:
        situation = self.case.situation
        if tool.name in self.forbidden or (ANY_TOOL in self.forbidden and not tool.is_handoff):
            return None
        if tool.is_handoff:
            return None if tool.name in situation.handed else self._planned(tool)
        if situation.finished(tool.name):
            return None
        for rule in self.case.rules:
            if tool.name in rule.before:
                for step in rule.steps:
                    earlier = next((call for each in step.calls if (call := self._call(each))), None)
                    if earlier is not None:
                        return earlier
        return self._planned(tool)

    def _planned(self, tool: Tool) -> PlannedCall | None:
        try:
            return PlannedCall(name=tool.name, arguments=fill(tool, self.case.source))
        except MissingError as error:
            self.missing.append(error.name)
            return None

    def _clarification(self) -> Reply | None:
        """The one question about an unclear message, when the instructions provide for it."""
        case = self.case
        rule = next((rule for rule in case.rules if rule.condition and rule.condition.ambiguous), None)
        if rule is None or case.situation.done or case.situation.handed:
            return None
        limited = _ONCE.search(case.request.instructions) is not None
        if (limited and case.situation.asked) or case.situation.asked_now:
            return None
        if any(
            case.fit(each).score > 0 for each in case.rules if each.condition and each.condition.topics and each.steps
        ):
            return None
        examples = rule.condition.examples if rule.condition else ()
        if not is_ambiguous(case.request, case.situation, case.weights, examples):
            return None
        asked = next((step.ask for step in rule.steps if step.ask), None)
        topics = [tool.purpose.split(":")[0].rstrip(".").lower() for tool in case.request.tools if tool.is_handoff]
        return Reply(text=asked or choice_question(topic for topic in topics if topic))

    def _unruled(self) -> Reply | None:
        """Without a rule: the agent or the tool whose description fits."""
        case = self.case
        asked_before = any(rule.condition and rule.condition.ambiguous for rule in case.rules) and case.situation.asked
        allowed = tuple(
            tool
            for tool in case.request.tools
            if tool.name not in self.forbidden and tool.name not in case.situation.handed
        )
        chosen = best_handoff(case.request, allowed, case.situation, case.weights, at_any_cost=bool(asked_before))
        tool = chosen or best_tool(case.request, case.situation, case.weights)
        if tool is None or tool not in allowed:
            return None
        return self._step(Step(calls=(tool,)))


def _is_demand(rule: Rule, how: Fit) -> bool:
    """A person asked for outright is called whatever else the message is about."""
    return bool(rule.condition and rule.condition.is_demand and rule.only_hands_off and how.share >= _WHOLE)


def _final(case: Case) -> Reply:
    """The answer to the user."""
    asked = summary(case.request, case.source)
    if asked is not None and not case.request.tools:
        return Reply(text=asked)
    sayings = [step.say for rule in _Chooser(case).ranked() if rule.condition for step in rule.steps if step.say]
    texts = [*sayings, *(rendered(output) for output in case.situation.outputs)]
    return Reply(text="\n".join(dict.fromkeys(text for text in texts if text)) or _small_talk(case))


def _small_talk(case: Case) -> str:
    thanked = any(word.startswith("thank") for word in case.situation.latest.lower().split())
    return FAREWELL if thanked and len(case.situation.said) > 1 else GREETING
