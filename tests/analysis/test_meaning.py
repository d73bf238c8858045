from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.analysis.meaning import Shift, meaning
from harness.core.trace import AgentRef, AgentRun, Layer, ToolCall, Trace, TurnTrace

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.core.results import Run, Trial

    Make = Callable[..., Run]

_BILLING = AgentRef(name="Billing", layer=Layer.SPECIALIST)


def _trial(make_run: Make, mark: str, *, answer: str = "done", calls: tuple[str, ...] = ()) -> Trial:
    [trial] = make_run({"refund": mark}).trials
    if not trial.trace.turns:
        return trial
    [turn] = trial.trace.turns
    [run] = turn.runs
    made = tuple(
        ToolCall(id=f"t{number}", owner=_BILLING, tool="refund", call_id=f"c{number}", arguments=arguments)
        for number, arguments in enumerate(calls)
    )
    run = replace(run, output=answer, steps=(*run.steps, *made))
    return replace(trial, trace=replace(trial.trace, turns=(replace(turn, runs=(run,)),)))


@pytest.mark.parametrize(
    ("before", "after", "shift"),
    [
        ("+", "+", Shift.SAME),
        ("+", "-", Shift.REGRESSED),
        ("-", "+", Shift.FIXED),
        ("+", "~", Shift.OTHER_PATH),
        ("+", "!", Shift.UNJUDGED),
        ("!", "+", Shift.FIXED),
        ("!", "-", Shift.REGRESSED),
    ],
)
def test_the_verdict_decides_before_the_path(make_run: Make, before: str, after: str, shift: Shift) -> None:
    assert meaning(_trial(make_run, before), _trial(make_run, after)).shift is shift


def test_a_trial_without_a_counterpart_is_new(make_run: Make) -> None:
    assert meaning(None, _trial(make_run, "+")).shift is Shift.NEW


def test_another_answer_on_the_same_path_is_other_words(make_run: Make) -> None:
    found = meaning(_trial(make_run, "+", answer="a\nb"), _trial(make_run, "+", answer="a\nc"))
    assert found.shift is Shift.OTHER_WORDS
    assert [(each.name, each.before, each.after) for each in found.facets] == [("answer", ("a", "b"), ("a", "c"))]


@pytest.mark.parametrize(
    ("calls", "facet"),
    [(('{"amount": 2}',), "arguments"), (('{"amount": 1}', '{"amount": 1}'), "calls"), ((), "calls")],
)
def test_other_calls_and_other_arguments_are_told_apart(make_run: Make, calls: tuple[str, ...], facet: str) -> None:
    found = meaning(_trial(make_run, "+", calls=('{"amount": 1}',)), _trial(make_run, "+", calls=calls))
    assert (found.shift, [each.name for each in found.facets]) == (Shift.OTHER_PATH, [facet])


def test_arguments_count_by_what_they_mean_and_to_their_end(make_run: Make) -> None:
    long = "x" * 5000
    one = _trial(make_run, "+", calls=('{"a": 1, "b": "' + long + '"}',))
    same = _trial(make_run, "+", calls=('{"b":"' + long + '","a":1}',))
    other = _trial(make_run, "+", calls=('{"a": 1, "b": "' + long + 'y"}',))
    assert meaning(one, same).shift is Shift.SAME
    assert meaning(one, other).shift is Shift.OTHER_PATH


def test_the_end_state_counts(make_run: Make) -> None:
    trial = _trial(make_run, "+")
    after = replace(trial, trace=replace(trial.trace, state={"refunds": ["INV-1"]}))
    found = meaning(trial, after)
    assert (found.shift, [each.name for each in found.facets]) == (Shift.OTHER_PATH, ["end state"])


def test_an_empty_trace_can_be_held_against_another(make_run: Make) -> None:
    empty = replace(_trial(make_run, "+"), trace=Trace(turns=(TurnTrace(user="x", runs=(_run(),)),)))
    assert meaning(empty, empty).shift is Shift.SAME


def _run() -> AgentRun:
    return AgentRun(id="r", agent=_BILLING, input="x")
