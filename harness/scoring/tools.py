"""Tool use: the right calls, in order, with the right arguments, by the right agent, helpers included."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.core.results import Alignment, Fit, Score, Verdict
from harness.core.trace import AgentRef, CallStatus, Layer, ToolCall
from harness.scoring.alignment import Aligned, Helped, align_helped
from harness.scoring.calls import nested_calls, tool_calls
from harness.scoring.rows import expected_text
from harness.scoring.scope import Scope, calls_anywhere, subject
from harness.scoring.wording import plural, readable

if TYPE_CHECKING:
    from harness.core.scenario import ExpectedItem, ToolsExpectation

_SHOWN = 5


def tools(scope: Scope) -> tuple[Score, ...]:
    """The calls of the level under test, and below each of them what is expected of its helper."""
    expectation = scope.expect.tools
    if expectation is None:
        return ()
    calls = tool_calls(scope.steps)
    aligned = align_helped(expectation, calls, scope.outputs.before)
    agent = subject(scope)
    layer = _layer(scope, agent)
    own = _score(scope, expectation, aligned.alignment, calls, (layer, agent.name if agent else None))
    return (own, *_helpers(scope, aligned))


def _layer(scope: Scope, agent: AgentRef | None) -> Layer:
    """The layer the calls are held against: the one under test, else that of the agent whose work is judged."""
    return scope.level or (agent.layer if agent else Layer.SPECIALIST)


def _score(
    scope: Scope,
    expectation: ToolsExpectation,
    alignment: Alignment,
    calls: tuple[ToolCall, ...],
    who: tuple[Layer, str | None],
) -> Score:
    wrong = [row for row in alignment.rows if row.fit is not Fit.MATCHED and not row.optional]
    ran = [readable(call.tool, 80) for call in calls if call.status is not CallStatus.NEVER_RAN]
    return Score(
        scorer="tools",
        verdict=Verdict.PASSED if alignment.passed else Verdict.FAILED,
        reason=_reason(alignment),
        layer=who[0],
        agent=who[1],
        turn=scope.turn,
        value=alignment.f1,
        expected=", ".join(_texts(expectation.calls)) or "no tool call",
        actual=", ".join(ran) or "no tool call",
        outcome=f"{wrong[0].fit} {wrong[0].tool}" if wrong else "right",
        alignment=alignment,
        step=wrong[0].step if wrong else None,
    )


def _reason(alignment: Alignment) -> str:
    wrong = [row.reason for row in alignment.rows if row.fit is not Fit.MATCHED and not row.optional]
    if wrong:
        more = f"; and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        return "; ".join(wrong[:_SHOWN]) + more
    matched = sum(row.fit is Fit.MATCHED for row in alignment.rows)
    if not matched:
        return "no tool call was expected, and none was made"
    unchecked = sum(row.unchecked for row in alignment.rows)
    told = f" ({plural(unchecked, 'call')} with unchecked arguments)" if unchecked else ""
    return f"{plural(matched, 'call')} as expected{told}"


def _texts(items: tuple[ExpectedItem, ...], depth: int = 0) -> list[str]:
    """Expected items as short texts."""
    if depth > _SHOWN:
        return ["..."]
    found = []
    for item in items:
        match item.kind:
            case "call":
                found.append(expected_text(item))
            case "any_of":
                choices = [", ".join(_texts(each, depth + 1)) or "nothing" for each in item.alternatives]
                found.append(f"any of ({' | '.join(choices)})")
            case _:
                found.append(f"{item.kind.replace('_', ' ')} ({', '.join(_texts(item.calls, depth + 1))})")
    return found


def _helpers(scope: Scope, aligned: Aligned, depth: int = 0) -> tuple[Score, ...]:
    if depth > _SHOWN:
        return ()
    return tuple(score for helped in aligned.helped for score in _helper(scope, helped, depth))


def _helper(scope: Scope, helped: Helped, depth: int) -> tuple[Score, ...]:
    expectation = helped.expected.helper
    if expectation is None:
        return ()
    name = _helper_name(scope, helped)
    if helped.call is None:
        reason = f"not reached: {helped.expected.tool} was not called"
        return (
            Score(
                scorer="tools",
                verdict=Verdict.NOT_APPLICABLE,
                reason=reason,
                layer=Layer.HELPER,
                agent=name,
                turn=scope.turn,
                outcome="not_reached",
            ),
        )
    inner = nested_calls(helped.call)
    aligned = align_helped(expectation, inner, scope.outputs.before)
    score = _score(scope, expectation, aligned.alignment, inner, (Layer.HELPER, name))
    if helped.fit is Fit.MISMATCHED and not aligned.alignment.passed:
        score = not_reached(score, f"{helped.expected.tool} was not called as expected")
    return (score, *_helpers(scope, aligned, depth + 1))


def _helper_name(scope: Scope, helped: Helped) -> str:
    if helped.call is not None:
        agent = helped.call.helper or (helped.call.runs[0].agent if helped.call.runs else None)
        if agent:
            return agent.name
    owners = scope.graph.owners(helped.expected.tool)
    known = scope.graph.helper_of(owners[0].ref.name, helped.expected.tool) if owners else None
    return known or helped.expected.tool


def not_reached(score: Score, why: str) -> Score:
    """The same score, not judged because something above it had already gone wrong."""
    return replace(
        score,
        verdict=Verdict.NOT_APPLICABLE,
        reason=f"not reached: {why}",
        value=None,
        outcome="not_reached",
        step=None,
    )


def forbidden_tools(scope: Scope) -> tuple[Score, ...]:
    """Tools that nobody may call, at whatever depth. A call that never ran was not made."""
    forbidden = scope.expect.forbidden_tools
    if not forbidden:
        return ()
    ran = [call for call in calls_anywhere(scope) if call.status is not CallStatus.NEVER_RAN]
    guilty = [call for call in ran if call.tool in forbidden]
    agent = guilty[0].owner if guilty else subject(scope)
    called = ", ".join(dict.fromkeys(f"{readable(call.tool)} (by {readable(call.owner.name)})" for call in guilty))
    return (
        Score(
            scorer="forbidden_tools",
            verdict=Verdict.FAILED if guilty else Verdict.PASSED,
            reason=f"forbidden: {called}" if guilty else f"none of {', '.join(forbidden)} was called",
            layer=agent.layer if guilty and agent else _layer(scope, agent),
            agent=agent.name if agent else None,
            turn=scope.turn,
            value=0.0 if guilty else 1.0,
            expected=f"never {', '.join(forbidden)}",
            actual=called or "none of them",
            outcome=f"called {guilty[0].tool}" if guilty else "right",
            step=guilty[0].id if guilty else None,
        ),
    )
