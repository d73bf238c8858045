from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.analysis.digest import path_digest, scenario_digest
from harness.core.scenario import Expectation, ExpectedCall, Location, Scenario, ToolsExpectation, Turn
from harness.core.trace import AgentRef, AgentRun, Layer, ToolCall, Trace, TurnTrace

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.core.results import Run

    MakeRun = Callable[..., Run]

AGENT = AgentRef(name="Billing", layer=Layer.SPECIALIST)


def scenario(**arguments: object) -> Scenario:
    call = ExpectedCall(tool="find", arguments=arguments, location=Location(file="a.yaml", line=7))
    return Scenario(
        id="find",
        location=Location(file="a.yaml", line=3),
        conversation=(Turn(user="Find it"),),
        expect=Expectation(tools=ToolsExpectation(calls=(call,))),
    )


def trace(arguments: str, tool: str = "find") -> Trace:
    call = ToolCall(id="t", owner=AGENT, tool=tool, call_id="c", arguments=arguments)
    return Trace(turns=(TurnTrace(user="x", runs=(AgentRun(id="r", agent=AGENT, input="x", steps=(call,)),)),))


def test_a_scenario_that_moved_in_its_file_is_the_same() -> None:
    moved = replace(scenario(city="Bern"), location=Location(file="b.yaml", line=90), tags=("new",), trials=5)
    assert scenario_digest(moved) == scenario_digest(scenario(city="Bern"))


def test_an_argument_that_happens_to_be_called_location_counts() -> None:
    assert scenario_digest(scenario(location="Bern")) != scenario_digest(scenario(location="Rome"))
    assert scenario_digest(scenario(lines=1)) != scenario_digest(scenario(lines=2))


def test_another_question_is_another_scenario() -> None:
    asked = replace(scenario(), conversation=(Turn(user="Find them"),))
    assert scenario_digest(asked) != scenario_digest(scenario())


def test_arguments_are_compared_by_meaning() -> None:
    assert path_digest(trace('{"a": 1, "b": 2}')) == path_digest(trace('{"b":2,"a":1}'))
    assert path_digest(trace('{"a": 1}')) != path_digest(trace('{"a": 2}'))


def test_arguments_that_are_not_json_still_have_a_digest() -> None:
    assert path_digest(trace("{oops")) != path_digest(trace("{oops!"))


def test_a_detour_is_another_path(make_run: MakeRun) -> None:
    direct, detour = (make_run({"a": mark}).trials[0].trace for mark in "+~")
    assert path_digest(direct) != path_digest(detour)
