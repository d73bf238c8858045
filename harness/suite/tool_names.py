"""Tools that a scenario names: they exist, and somebody under test offers them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.core.trace import Layer, ToolOrigin
from harness.errors import Severity, did_you_mean
from harness.suite.argument_checks import argument_problems, sources_in, state_problems
from harness.suite.surroundings import calls_in, has_unlisted_tools, required_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.core.scenario import Expectation, ExpectedCall, Scenario, ToolsExpectation
    from harness.errors import Problem
    from harness.suite.surroundings import Case


def tool_names(case: Case) -> Iterator[Problem]:
    """Problems with expected calls, and with every other key that names a tool."""
    for expect in case.expectations():
        if expect.tools is not None:
            yield from _level(case, expect.tools, case.holders)
            yield from _named(case, expect, "ignore_tools", expect.tools.ignore, case.holders)
        if expect.state is not None:
            yield from state_problems(case, expect)
            yield from _named(case, expect, "state", sources_in(expect.state), case.involved)
        yield from _named(case, expect, "forbidden_tools", expect.forbidden_tools, case.involved)
        if expect.answer is not None:
            yield from _named(case, expect, "answer", expect.answer.grounded_in, case.involved)
        if expect.escalation is not None:
            yield from _existing(case, expect, "escalation", expect.escalation.after)
    yield from _approvals(case)


def _level(case: Case, expected: ToolsExpectation, names: frozenset[str]) -> Iterator[Problem]:
    for call in calls_in(expected.calls):
        yield from _call(case, call, names)


def _call(case: Case, call: ExpectedCall, names: frozenset[str]) -> Iterator[Problem]:
    for name in call.by:
        if name not in case.around.agents:
            yield case.wrong(call, "by", f"`by`: no agent is named {name!r}", did_you_mean(name, case.around.agents))
    if problem := _unknown(case, call, "tool", call.tool, names):
        yield problem
        return
    offers = case.around.offers(names, call.tool)
    if offers and all(tool.origin is ToolOrigin.HOSTED for _, tool in offers):
        hint = "it runs at the model's provider: it is shown, but not judged"
        yield case.wrong(call, "tool", f"{call.tool} is a hosted tool, whose calls are never seen here", hint)
    elif offers:
        yield from _callers(case, call, names, [node.ref.name for node, _ in offers])
        chosen = [tool for node, tool in offers if node.ref.name in call.by] or [tool for _, tool in offers]
        yield from argument_problems(case, call, chosen)
        yield from _sources(case, call)
        yield from _inside(case, call, [tool.helper for tool in chosen if tool.helper])


def _callers(case: Case, call: ExpectedCall, names: frozenset[str], owners: list[str]) -> Iterator[Problem]:
    hint = f"offered by {', '.join(owners)}"
    for name in call.by:
        node = case.around.agents.get(name)
        if node is None or name in owners:
            continue
        if name not in names:
            yield case.wrong(call, "by", f"`by`: {name} takes no part here", hint)
        elif not has_unlisted_tools(node):
            yield case.wrong(call, "by", f"`by`: {name} does not offer {call.tool}", hint)


def _sources(case: Case, call: ExpectedCall) -> Iterator[Problem]:
    for name, value in (call.arguments or {}).items():
        for source in sources_in(value):
            if problem := _unknown(case, call, f"arguments.{name}", source, case.involved):
                yield problem


def _inside(case: Case, call: ExpectedCall, helpers: list[str]) -> Iterator[Problem]:
    """What is expected of the helper agent behind the tool."""
    if call.helper is None:
        return
    if not helpers:
        hint = "remove `helper`, or expect the calls where they are made"
        yield case.wrong(call, "helper", f"`helper`: no agent stands behind {call.tool}", hint)
        return
    names = frozenset[str]().union(*(case.around.holders(helper) for helper in helpers))
    yield from _level(case, call.helper, names)
    yield from _named(case, call, "helper", (*call.helper.ignore, *call.helper.forbidden), names)


def _named(
    case: Case, place: Expectation | ExpectedCall, key: str, tools: Iterable[str], names: frozenset[str]
) -> Iterator[Problem]:
    for tool in tools:
        if problem := _unknown(case, place, key, tool, names):
            yield problem


def _existing(case: Case, expect: Expectation, key: str, tools: Iterable[str]) -> Iterator[Problem]:
    for tool in tools:
        if tool not in case.around.owners and not case.around.open:
            yield _no_such(case, expect, key, tool, case.around.owners)


def _unknown(
    case: Case, place: Scenario | Expectation | ExpectedCall, key: str, tool: str, names: frozenset[str]
) -> Problem | None:
    """Why none of the agents `names` can call `tool`, if so."""
    around = case.around
    if not names or around.offers(names, tool) or around.is_open(names):
        return None
    if tool in around.handoff_tools:
        target = around.handoff_tools[tool]
        hint = f"use `specialist: {target}` or `route`"
        return case.wrong(place, key, f"{tool!r} is a handoff to {target}, not a tool call", hint)
    if tool not in around.owners:
        return _no_such(case, place, key, tool, around.tools_of(names) or around.owners)
    owners = around.owners[tool]
    shown = ", ".join(node.ref.name for node in owners)
    hint = f"it belongs to {shown}"
    if all(node.ref.layer is Layer.HELPER for node in owners):
        hint += (
            ": a helper's own calls are judged under `helper:` of the tool it stands behind, or in its own scenarios"
        )
    return case.wrong(place, key, f"nobody who is judged here can call {tool!r}", hint)


def _no_such(
    case: Case, place: Scenario | Expectation | ExpectedCall, key: str, tool: str, known: Iterable[str]
) -> Problem:
    label = "" if key == "tool" else f"`{key}`: "
    return case.wrong(place, key, f"{label}no tool is named {tool!r}", did_you_mean(tool, known))


def _approvals(case: Case) -> Iterator[Problem]:
    scenario, around = case.scenario, case.around
    for tool in scenario.approvals:
        if problem := _unknown(case, scenario, "approvals", tool, case.involved):
            yield problem
            continue
        offers = around.offers(case.involved, tool)
        if offers and not any(each.needs_approval for _, each in offers):
            yield case.wrong(scenario, "approvals", f"`approvals`: {tool} needs no approval", "remove it")
    yield from _unanswered(case)


def _unanswered(case: Case) -> Iterator[Problem]:
    """Warnings of calls that must be made and whose approval nobody gives: the conversation would stop there."""
    for expect in case.expectations():
        for call in required_in(expect.tools.calls) if expect.tools else ():
            offers = case.around.offers(case.holders, call.tool)
            if call.tool in case.scenario.approvals or not offers or not all(each.needs_approval for _, each in offers):
                continue
            message = f"{call.tool} asks for an approval, which nothing answers: the conversation stops there"
            hint = f"add `approvals: {{{call.tool}: approve}}`"
            yield replace(case.wrong(call, "tool", message, hint), severity=Severity.WARNING)
