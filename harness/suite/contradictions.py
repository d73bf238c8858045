"""Expectations that nothing can meet, and expectations that nothing can miss."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.core.scenario import AnyOfGroup, EscalationTarget, Order
from harness.suite.surroundings import calls_in, required_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.core.scenario import AnswerExpectation, Expectation, ExpectedItem
    from harness.errors import Problem
    from harness.suite.surroundings import Case

_WILD = ("*", "**")
_PROBES = ("", "\x00", "\u2603\n")
"""Texts so unlike each other that a pattern found in all of them is found in every text."""


def contradictions(case: Case) -> Iterator[Problem]:
    """Parts of a scenario that rule each other out, or that can never fail."""
    yield from _nothing_expected(case)
    for expect in case.expectations():
        yield from _tools(case, expect)
        yield from _never_fails(case, expect)
        yield from _ends(case, expect)
        yield from _limits(case, expect)
        if expect.answer is not None:
            yield from _answer(case, expect, expect.answer)
    yield from _across_turns(case)


def _nothing_expected(case: Case) -> Iterator[Problem]:
    if not any(_says_something(each) for each in case.expectations()):
        hint = "add `expect:`; a scenario without one could never fail"
        yield case.wrong(case.scenario, "expect", f"the scenario {case.scenario.id!r} expects nothing", hint)


def _says_something(expect: Expectation) -> bool:
    given = (expect.specialist, expect.route, expect.forbidden_tools, expect.scorers)
    judged = (expect.tools, expect.escalation, expect.answer, expect.clarifying_questions, expect.state)
    return any(given) or any(each is not None for each in (*judged, expect.guardrail, expect.limits))


def _tools(case: Case, expect: Expectation) -> Iterator[Problem]:
    if expect.tools is None:
        return
    for call in calls_in(expect.tools.calls):
        if call.tool in expect.forbidden_tools:
            yield case.wrong(call, "tool", f"{call.tool} is expected and forbidden", "remove it from `forbidden_tools`")
        if call.tool in expect.tools.ignore:
            yield case.wrong(call, "tool", f"{call.tool} is expected and ignored", "remove it from `ignore_tools`")
        if call.helper is not None:
            for inner in calls_in(call.helper.calls):
                if inner.tool in (*call.helper.forbidden, *expect.forbidden_tools):
                    yield case.wrong(inner, "tool", f"{inner.tool} is expected and forbidden")
                if inner.tool in call.helper.ignore:
                    yield case.wrong(inner, "tool", f"{inner.tool} is expected and ignored")
    if not expect.tools.calls and expect.escalation is not None and expect.escalation.after:
        after = ", ".join(expect.escalation.after)
        yield case.wrong(expect, "tools", f"`tools: []` allows no call, but `after` needs {after}")


def _never_fails(case: Case, expect: Expectation) -> Iterator[Problem]:
    tools = expect.tools
    if tools and tools.calls and tools.order is Order.IN_ORDER and not any(_asks(tools.calls)):
        hint = "with `order: in_order` other calls are allowed too: require one, or use another order"
        yield case.wrong(expect, "tools", "`tools` can never fail: every call is optional", hint)
    if expect.clarifying_questions == (0, None):
        yield case.wrong(expect, "clarifying_questions", "`clarifying_questions` can never fail", "give it a `max`")
    if expect.route and set(expect.route) == {"**"}:
        yield case.wrong(expect, "route", "`route: ['**']` can never fail", "name an agent, or remove it")


def _asks(calls: tuple[ExpectedItem, ...]) -> Iterator[bool]:
    for item in calls:
        yield isinstance(item, AnyOfGroup) or any(True for _ in required_in((item,)))


def _ends(case: Case, expect: Expectation) -> Iterator[Problem]:
    """Specialist, route and escalation are three views of where the conversation goes."""
    last = expect.route[-1] if expect.route else "*"
    if expect.specialist and last not in (*_WILD, *expect.specialist):
        message = f"`route` ends with {last}, but `specialist` is {' or '.join(expect.specialist)}"
        yield case.wrong(expect, "route", message)
    if expect.escalation is not None and _begins_with_start(case, expect):
        yield from _escalated(case, expect, expect.escalation.to)


def _begins_with_start(case: Case, expect: Expectation) -> bool:
    """Whether it judges the conversation from its beginning; a later turn may begin with a person."""
    turns = case.scenario.conversation
    return expect is case.scenario.expect or bool(turns and expect is turns[0].expect)


def _escalated(case: Case, expect: Expectation, target: EscalationTarget) -> Iterator[Problem]:
    people = {name for name, node in case.around.agents.items() if node.ref.human}
    owners = set(expect.specialist)
    if target is EscalationTarget.NONE and owners and owners <= people:
        message = f"`escalation: none`, but `specialist` is {' or '.join(expect.specialist)}, who stands for a person"
        yield case.wrong(expect, "escalation", message)
    if target is EscalationTarget.NONE and people & set(expect.route):
        yield case.wrong(expect, "escalation", "`escalation: none`, but `route` goes to a person")
    if target is EscalationTarget.HUMAN and expect.route and not (people | set(_WILD)) & set(expect.route):
        yield case.wrong(expect, "escalation", "`escalation: human`, but `route` never goes to a person")


def _limits(case: Case, expect: Expectation) -> Iterator[Problem]:
    limits = expect.limits
    if limits is None:
        return
    needed = sum(call.times[0] for call in required_in(expect.tools.calls)) if expect.tools else 0
    if limits.tool_calls is not None and needed > limits.tool_calls:
        message = f"`limits`: {limits.tool_calls} tool calls, but `tools` expects at least {needed}"
        yield case.wrong(expect, "limits", message)
    named = [name for name in expect.route if name != "**"]
    if limits.handoffs is not None and len(named) - 1 > limits.handoffs:
        message = f"`limits`: {limits.handoffs} handoffs, but `route` needs at least {len(named) - 1}"
        yield case.wrong(expect, "limits", message)
    start = case.start.ref.name if case.start and expect is case.scenario.expect else None
    if limits.handoffs == 0 and start and expect.specialist and start not in expect.specialist:
        yield case.wrong(expect, "limits", f"`limits`: no handoffs, but `specialist` is not {start}")
    if limits.model_calls == 0 or limits.tokens == 0:
        yield case.wrong(expect, "limits", "`limits`: no agent answers without calling a model")


def _answer(case: Case, expect: Expectation, answer: AnswerExpectation) -> Iterator[Problem]:
    for unwanted in answer.not_contains:
        for wanted in (*answer.contains, *((answer.equals,) if answer.equals is not None else ())):
            if unwanted in wanted:
                yield case.wrong(expect, "answer", f"`answer`: {unwanted!r} is wanted and unwanted")
    for pattern in answer.matches:
        if _found_everywhere(pattern):
            hint = "anchor it, or ask for at least one character"
            yield case.wrong(expect, "answer", f"`answer`: the pattern {pattern!r} is found in every text", hint)
    if answer.equals is not None:
        yield from _equals(case, expect, answer, answer.equals)


def _equals(case: Case, expect: Expectation, answer: AnswerExpectation, whole: str) -> Iterator[Problem]:
    for wanted in answer.contains:
        if wanted.casefold() not in whole.casefold():
            yield case.wrong(expect, "answer", f"`answer`: `equals` does not contain {wanted!r}")
    for pattern in answer.matches:
        if not _found(pattern, whole):
            yield case.wrong(expect, "answer", f"`answer`: `equals` does not match {pattern!r}")


def _found(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except (re.error, RecursionError, OverflowError):
        return True


def _found_everywhere(pattern: str) -> bool:
    try:
        return all(re.search(pattern, probe) for probe in _PROBES)
    except (re.error, RecursionError, OverflowError):
        return False


def _across_turns(case: Case) -> Iterator[Problem]:
    """What a turn expects and the whole conversation rules out."""
    whole = case.scenario.expect
    turns = [turn.expect for turn in case.scenario.conversation if turn.expect is not None]
    for expect in turns:
        calls = list(required_in(expect.tools.calls)) if expect.tools else []
        for call in calls:
            if call.tool in whole.forbidden_tools:
                yield case.wrong(call, "tool", f"{call.tool} is expected in this turn and forbidden in the scenario")
            if whole.tools is not None and not whole.tools.calls and call.tool not in whole.tools.ignore:
                yield case.wrong(
                    call, "tool", f"{call.tool} is expected in this turn, but the scenario has `tools: []`"
                )
        if _escalates_against(expect, whole):
            yield case.wrong(expect, "escalation", "this turn escalates, but the scenario has `escalation: none`")
    last = case.scenario.conversation[-1].expect if case.scenario.conversation else None
    if last and last.specialist and whole.specialist and not set(last.specialist) & set(whole.specialist):
        message = (
            f"the last turn ends with {' or '.join(last.specialist)}, the scenario with {' or '.join(whole.specialist)}"
        )
        yield case.wrong(whole, "specialist", message)


def _escalates_against(turn: Expectation, whole: Expectation) -> bool:
    return bool(
        turn.escalation
        and whole.escalation
        and turn.escalation.to is not EscalationTarget.NONE
        and whole.escalation.to is EscalationTarget.NONE
    )
