"""What a scenario or a turn expects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.core.scenario import AnswerExpectation, EscalationExpectation, EscalationTarget, Expectation, Limits
from harness.suite import values
from harness.suite.calls import tools_expectation
from harness.suite.language import ANSWER, ESCALATION, ESCALATIONS, JUDGE, LIMITS
from harness.suite.nodes import Items, Node, Scalar, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.core.trace import JSON
    from harness.suite.nodes import Field
    from harness.suite.page import Page
    from harness.suite.shapes import Shape

_REFERENCE = re.compile(r"[\w.]+:[\w.]+")


def expectation(page: Page, found: Mapping[str, Field], line: int) -> Expectation:
    """The expectation that these keys make; `line` is where it begins."""
    return Expectation(
        specialist=_names(page, found, "specialist"),
        route=values.names(page, "route", found["route"].node, repeats=True) if "route" in found else (),
        tools=tools_expectation(page, found),
        forbidden_tools=_names(page, found, "forbidden_tools"),
        escalation=_escalation(page, found["escalation"].node) if "escalation" in found else None,
        answer=_answer(page, found["answer"].node) if "answer" in found else None,
        clarifying_questions=_questions(page, found),
        state=plain(found["state"].node) if "state" in found else None,
        guardrail=values.name(page, "guardrail", found["guardrail"].node) if "guardrail" in found else None,
        limits=_limits(page, found["limits"].node) if "limits" in found else None,
        scorers=_scorers(page, found["scorers"].node) if "scorers" in found else {},
        location=page.at(line),
        lines={key: field.line for key, field in found.items()},
    )


def expect_fields(page: Page, node: Node, shape: Shape) -> dict[str, Field]:
    """The keys of an `expect:`; an empty one is an error."""
    found = values.fields(page, node, shape, label="`expect`")
    if found == {} and not getattr(node, "fields", None):
        page.error(node.line, "`expect` is empty", "say at least one thing that must hold")
    return found or {}


def _names(page: Page, found: Mapping[str, Field], key: str) -> tuple[str, ...]:
    return values.names(page, key, found[key].node) if key in found else ()


def _questions(page: Page, found: Mapping[str, Field]) -> tuple[int, int | None] | None:
    key = "clarifying_questions"
    return values.span(page, key, found[key].node) if key in found else None


def _escalation(page: Page, node: Node) -> EscalationExpectation | None:
    if isinstance(node, Scalar):
        word = values.choice(page, "escalation", node, ESCALATIONS)
        return EscalationExpectation(to=EscalationTarget(word)) if word else None
    found = values.fields(page, node, ESCALATION, label="`escalation`")
    if not found or "to" not in found:
        return None
    target = values.choice(page, "to", found["to"].node, ESCALATIONS)
    after = _names(page, found, "after")
    if target == "none" and after:
        page.error(found["after"].line, "`after` says nothing when no escalation is expected", "remove it")
    return EscalationExpectation(to=EscalationTarget(target), after=after) if target else None


def _answer(page: Page, node: Node) -> AnswerExpectation | None:
    if isinstance(node, Scalar):
        hint = "write {contains: ...} or {equals: ...}"
        page.error(node.line, "`answer` does not say how to compare", hint)
        return None
    found = values.fields(page, node, ANSWER, label="`answer`")
    if not found:
        return None
    rubric, decides = _judge(page, found["judge"].node) if "judge" in found else ("", False)
    return AnswerExpectation(
        contains=_names(page, found, "contains"),
        not_contains=_names(page, found, "not_contains"),
        matches=_patterns(page, found),
        equals=values.text(page, "equals", found["equals"].node) if "equals" in found else None,
        numbers=values.numbers(page, "numbers", found["numbers"].node) if "numbers" in found else (),
        grounded_in=_names(page, found, "grounded_in"),
        judge=rubric or None,
        judge_decides=decides,
    )


def _judge(page: Page, node: Node) -> tuple[str, bool]:
    """The rubric, and whether the judge's answer decides."""
    if isinstance(node, Scalar):
        return values.name(page, "judge", node), False
    found = values.fields(page, node, JUDGE, label="`judge`") or {}
    rubric = values.name(page, "rubric", found["rubric"].node) if "rubric" in found else ""
    return rubric, "decides" in found and values.yes_no(page, "decides", found["decides"].node)


def _patterns(page: Page, found: Mapping[str, Field]) -> tuple[str, ...]:
    patterns = _names(page, found, "matches")
    for position, pattern in enumerate(patterns):
        try:
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError) as error:
            node = found["matches"].node
            line = node.items[min(position, len(node.items) - 1)].line if isinstance(node, Items) else node.line
            page.error(line, f"{pattern!r} is not a regular expression: {error}", "escape its special characters")
    return patterns


def _limits(page: Page, node: Node) -> Limits | None:
    found = values.fields(page, node, LIMITS, label="`limits`")
    if not found:
        return None
    return Limits(
        model_calls=_count(page, found, "model_calls"),
        tool_calls=_count(page, found, "tool_calls"),
        tokens=_count(page, found, "tokens"),
        cost_usd=_amount(page, found, "cost_usd"),
        seconds=_amount(page, found, "seconds"),
        handoffs=_count(page, found, "handoffs"),
    )


def _count(page: Page, found: Mapping[str, Field], key: str) -> int | None:
    return values.whole(page, key, found[key].node) if key in found else None


def _amount(page: Page, found: Mapping[str, Field], key: str) -> float | None:
    return values.number(page, key, found[key].node) if key in found else None


def _scorers(page: Page, node: Node) -> dict[str, JSON]:
    """`module:function` -> its options."""
    if isinstance(node, Scalar | Items):
        scorers: dict[str, JSON] = {name: {} for name in values.names(page, "scorers", node)}
    else:
        scorers = {name: plain(field.node) or {} for name, field in node.fields.items()}
    for name in scorers:
        if not _REFERENCE.fullmatch(name):
            page.error(node.line, f"the scorer {name!r} is not of the form module:function")
    return scorers
