"""The flat sequence of everything that was said and done."""

from __future__ import annotations

from typing import Any

from harness.core.sequence import all_items
from harness.core.trace import (
    AgentRef,
    AgentRun,
    CallStatus,
    Handoff,
    Layer,
    Message,
    ModelCall,
    OtherItem,
    Step,
    ToolCall,
    Trace,
    TurnTrace,
)

TRIAGE = AgentRef(name="Triage", layer=Layer.TRIAGE)
DESK = AgentRef(name="Desk", layer=Layer.SPECIALIST)
HELPER = AgentRef(name="Helper", layer=Layer.HELPER)
JUDGE = AgentRef(name="Judge", layer=Layer.HELPER)


def model(owner: AgentRef) -> ModelCall:
    return ModelCall(id="m", owner=owner, model="x")


def call(name: str, owner: AgentRef, *runs: AgentRun, output: str | None = "out") -> ToolCall:
    return ToolCall(id=name, owner=owner, tool=name, call_id=f"id {name}", arguments="{}", output=output, runs=runs)


def message(text: str, owner: AgentRef) -> Message:
    return Message(id=text, owner=owner, text=text)


def run(agent: AgentRef, *steps: Step, children: tuple[AgentRun, ...] = ()) -> AgentRun:
    return AgentRun(id=agent.name, agent=agent, input="", steps=steps, children=children)


def trace(*runs: AgentRun) -> Trace:
    return Trace(turns=(TurnTrace(user="hi", runs=runs),))


def short(items: tuple[dict[str, Any], ...]) -> list[tuple[str, str, int]]:
    return [(item["type"].removesuffix("_item"), item["id"], item["depth"]) for item in items]


def test_what_a_helper_did_follows_the_call_that_ran_it_and_outputs_follow_all_calls() -> None:
    helper = run(HELPER, model(HELPER), call("inner", HELPER), model(HELPER), message("found", HELPER))
    asked = [call("ask", DESK, helper), call("look", DESK)]
    assert short(all_items(trace(run(DESK, model(DESK), *asked, model(DESK), message("done", DESK))))) == [
        ("tool_call", "ask", 0),
        ("tool_call", "inner", 1),
        ("tool_call_output", "inner", 1),
        ("message_output", "found", 1),
        ("tool_call", "look", 0),
        ("tool_call_output", "ask", 0),
        ("tool_call_output", "look", 0),
        ("message_output", "done", 0),
    ]


def test_a_handoff_comes_after_the_outputs_of_its_answer_and_only_if_it_took_place() -> None:
    steps: list[Step] = [
        Handoff(id="h1", owner=TRIAGE, target=DESK, tool="transfer_to_desk", call_id="1"),
        Handoff(id="h2", owner=TRIAGE, target=DESK, tool="transfer_to_desk", status=CallStatus.NEVER_RAN),
        call("look", TRIAGE),
    ]
    items = all_items(trace(run(TRIAGE, model(TRIAGE), *steps)))
    assert [item["id"] for item in items] == ["h1", "h2", "look", "look", "h1"]
    assert (items[-1]["type"], items[-1]["target"]) == ("handoff_output_item", "Desk")


def test_every_item_says_whose_it_is() -> None:
    other = OtherItem(id="o", owner=DESK, type="reasoning", summary="hm")
    (item,) = all_items(trace(run(DESK, model(DESK), other)))
    assert item == {
        "type": "reasoning",
        "summary": "hm",
        "data": None,
        "id": "o",
        "run": "Desk",
        "agent": "Desk",
        "layer": "specialist",
        "depth": 0,
        "turn": 0,
    }


def test_a_call_that_never_ran_has_no_output() -> None:
    assert short(all_items(trace(run(DESK, model(DESK), call("ask", DESK, output=None))))) == [("tool_call", "ask", 0)]


def test_runs_beside_the_conversation_come_first_and_turns_are_counted() -> None:
    judged = run(TRIAGE, message("hello", TRIAGE), children=(run(JUDGE, message("fine", JUDGE)),))
    turns = (TurnTrace(user="a", runs=(judged,)), TurnTrace(user="b", runs=(run(TRIAGE, message("bye", TRIAGE)),)))
    items = all_items(Trace(turns=turns))
    assert [(item["text"], item["depth"], item["turn"]) for item in items] == [
        ("fine", 1, 0),
        ("hello", 0, 0),
        ("bye", 0, 1),
    ]
