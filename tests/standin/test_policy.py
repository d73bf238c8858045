from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import harness.standin
from harness.standin.policy import decide
from harness.standin.request import AssistantMessage, Call, Output, Request, Tool, UserMessage

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.standin.reply import Reply

    Build = Callable[..., Request]
    Make = Callable[..., Tool]

ORDER_ID = {"type": "string", "description": "The order, for example O-17."}
TEXT = {"type": "string"}
BOOKS = Tool(name="transfer_to_books", description="Handoff to the Books agent to handle the request. Novels, authors.")
TOYS = Tool(
    name="transfer_to_toys", description="Handoff to the Toys agent to handle the request. Dolls, trains, games."
)
HUMAN = Tool(name="transfer_to_person", description="Handoff to the Person agent to handle the request. ")


def order_tool(name: str, description: str = "") -> Tool:
    parameters = {"type": "object", "properties": {"order_id": ORDER_ID}, "required": ["order_id"]}
    return Tool(name=name, description=description, parameters=parameters)


FIND, TRACK, REPLACE = (order_tool(name) for name in ("find_order", "track_parcel", "send_replacement"))
PROCEDURE = """You care for orders.
- If the customer reports a broken item (damaged, cracked): call `find_order`, then `send_replacement`.
- If the customer asks where the parcel is (delivery, late): call `find_order` and `track_parcel` at the same time.
- If a tool result contains NEEDS_APPROVAL: hand off to Person.
- If the customer asks for a person (a human): hand off to Person."""
SHOP = (FIND, TRACK, REPLACE, HUMAN)


def names(reply: Reply) -> list[str]:
    return [call.name for call in reply.calls]


def test_a_procedure_is_followed_step_by_step(build: Build) -> None:
    said = "My cup from order O-42 arrived cracked"
    assert names(decide(build(PROCEDURE, SHOP, said))) == ["find_order"]
    found = ("find_order", {"order_id": "O-42"}, {"order_id": "O-42", "item": "cup"})
    second = decide(build(PROCEDURE, SHOP, said, found))
    assert names(second) == ["send_replacement"]
    assert second.calls[0].arguments == {"order_id": "O-42"}
    replaced = ("send_replacement", {"order_id": "O-42"}, {"sent": True, "parcel": "P-9"})
    last = decide(build(PROCEDURE, SHOP, said, found, replaced))
    assert not last.calls
    assert "P-9" in last.text


def test_calls_at_the_same_time_go_out_in_one_answer(build: Build) -> None:
    said = "Where is the delivery of O-42?"
    assert names(decide(build(PROCEDURE, SHOP, said))) == ["find_order", "track_parcel"]
    assert names(decide(build(PROCEDURE, SHOP, said, parallel=False))) == ["find_order"]


def test_a_token_in_a_tool_output_decides_what_is_next(build: Build) -> None:
    said = "Order O-42 arrived damaged"
    found = ("find_order", {"order_id": "O-42"}, {"order_id": "O-42"})
    refused = ("send_replacement", {"order_id": "O-42"}, "NEEDS_APPROVAL: too expensive")
    assert names(decide(build(PROCEDURE, SHOP, said, found, refused))) == ["transfer_to_person"]


def test_the_token_of_an_earlier_request_is_past(build: Build) -> None:
    refused = ("send_replacement", {"order_id": "O-42"}, "NEEDS_APPROVAL: too expensive")
    later = decide(build(PROCEDURE, SHOP, "broken, O-42", refused, ("assistant", "Done."), "Where is my parcel?"))
    assert names(later) == ["find_order", "track_parcel"]


def test_a_person_asked_for_outright_comes_before_any_procedure(build: Build) -> None:
    said = "My cup from O-42 is broken and I want a human"
    assert names(decide(build(PROCEDURE, SHOP, said))) == ["transfer_to_person"]


def test_editing_an_instruction_changes_what_happens(build: Build) -> None:
    edited = PROCEDURE.replace("call `find_order`, then `send_replacement`", "call `track_parcel`")
    assert names(decide(build(edited, SHOP, "O-42 is cracked"))) == ["track_parcel"]


def test_a_missing_identifier_is_asked_for(build: Build) -> None:
    reply = decide(build(PROCEDURE, SHOP, "My cup is broken"))
    assert not reply.calls
    assert "order id" in reply.text


def test_the_answer_to_a_question_goes_on_with_the_request(build: Build) -> None:
    question = ("assistant", "Could you tell me the order id?")
    reply = decide(build(PROCEDURE, SHOP, "My cup is broken", question, "O-42"))
    assert names(reply) == ["find_order"]


def test_a_failed_call_is_not_repeated(build: Build) -> None:
    failed = ("find_order", {"order_id": "O-42"}, "An error occurred while running the tool.")
    reply = decide(build("- If an item is broken: call `find_order`.", (FIND, TRACK), "O-42 is broken", failed))
    assert not reply.calls


def test_a_prohibition_holds_under_its_condition(build: Build) -> None:
    told = PROCEDURE + '\n- If `worth` is above 100: do not call `send_replacement`; say "It is too expensive."'
    found = ("find_order", {"order_id": "O-42"}, {"order_id": "O-42", "worth": 250})
    reply = decide(build(told, SHOP, "O-42 is broken", found))
    assert not reply.calls
    assert "It is too expensive." in reply.text


def test_unless_turns_a_condition_round(build: Build) -> None:
    told = "Unless the customer mentions a warranty, call `find_order`."
    assert names(decide(build(told, (FIND, TRACK), "O-1 please"))) == ["find_order"]
    assert not decide(build(told, (FIND, TRACK), "O-1 has a warranty")).calls


def test_an_amount_is_compared_with_what_the_user_names(build: Build) -> None:
    told = (
        "If the customer wants a discount above $50: hand off to Person.\nIf a discount is wanted: call `find_order`."
    )
    assert names(decide(build(told, SHOP, "Give me a discount of $80 on O-1"))) == ["transfer_to_person"]
    assert names(decide(build(told, SHOP, "Give me a discount of $20 on O-1"))) == ["find_order"]


def test_what_comes_first_comes_first(build: Build) -> None:
    told = "Before calling `send_replacement`, call `find_order`.\nIf an item is broken: call `send_replacement`."
    assert names(decide(build(told, SHOP, "O-1 is broken"))) == ["find_order"]


def test_otherwise_is_for_what_no_rule_fits(build: Build) -> None:
    told = "If an item is broken: call `find_order`. Otherwise, hand off to Person."
    assert names(decide(build(told, SHOP, "O-1 sings"))) == ["transfer_to_person"]
    assert names(decide(build(told, SHOP, "O-1 is broken"))) == ["find_order"]


@pytest.mark.parametrize(
    ("said", "agent"), [("Which novels?", "transfer_to_books"), ("a train set", "transfer_to_toys")]
)
def test_a_handoff_is_chosen_by_its_description(build: Build, said: str, agent: str) -> None:
    assert names(decide(build("Hand off to who fits best.", (BOOKS, TOYS), said))) == [agent]


def test_swapped_descriptions_swap_the_route(build: Build) -> None:
    swapped = (Tool(name=BOOKS.name, description=TOYS.purpose), Tool(name=TOYS.name, description=BOOKS.purpose))
    assert names(decide(build("Hand off to who fits best.", swapped, "Which novels?"))) == ["transfer_to_toys"]


def test_a_person_only_mentioned_is_not_called(build: Build) -> None:
    told = "- If the customer asks for a person (a manager): hand off to Person.\n- If it is broken: call `find_order`."
    assert names(decide(build(told, SHOP, "My manager says that O-1 is broken"))) == ["find_order"]
    assert names(decide(build(told, SHOP, "O-1 is broken. I do not want a manager."))) == ["find_order"]
    assert names(decide(build(told, SHOP, "O-1 is broken. Get me your manager."))) == ["transfer_to_person"]


ASKING = """If the customer gave no order number: ask for the order number and call no tool.
- Opening hours need none.
- If the customer asks about opening hours: call `show_times`.
- If an item is broken: call `find_order`."""


def test_what_was_not_given_is_asked_for_in_the_words_of_the_rule(build: Build, make_tool: Make) -> None:
    tools = (FIND, make_tool("show_times"))
    assert decide(build(ASKING, tools, "My cup is broken")).text == "Could you tell me your order number?"
    assert names(decide(build(ASKING, tools, "My cup is broken, O-3"))) == ["find_order"]


def test_a_topic_may_be_exempt_from_giving_it(build: Build, make_tool: Make) -> None:
    assert names(decide(build(ASKING, (FIND, make_tool("show_times")), "What are the opening hours?"))) == [
        "show_times"
    ]


def test_a_condition_may_join_a_topic_and_what_was_given(build: Build) -> None:
    told = (
        'If an item is broken, and the customer gave no order number: ask "Which order?"\nIf lost: hand off to Person.'
    )
    assert decide(build(told, SHOP, "My cup is broken")).text == "Which order?"
    assert names(decide(build(told, SHOP, "I am lost"))) == ["transfer_to_person"]


def test_a_corrected_identifier_counts(build: Build) -> None:
    reply = decide(build(PROCEDURE, SHOP, "O-42 is broken. Sorry, I mean O-43."))
    assert reply.calls[0].arguments == {"order_id": "O-43"}


CLARIFY = (
    'If the message is unclear (for example "it is for a child"): ask "A book or a toy?" Ask at most one question.'
)


@pytest.mark.parametrize("said", ["Hello", "It is for a child", "A novel about a train"])
def test_an_unclear_message_is_asked_about(build: Build, said: str) -> None:
    assert decide(build(CLARIFY, (BOOKS, TOYS), said)).text == "A book or a toy?"


def test_only_one_question_is_asked(build: Build) -> None:
    reply = decide(build(CLARIFY, (BOOKS, TOYS), "Hello", ("assistant", "A book or a toy?"), "I do not know"))
    assert names(reply) in (["transfer_to_books"], ["transfer_to_toys"])


def test_a_question_is_made_of_the_candidates(build: Build) -> None:
    reply = decide(build("If the request is ambiguous, ask one question.", (BOOKS, TOYS), "Hello"))
    assert reply.text == "Is this about novels, authors, or about dolls, trains, games?"


def test_a_topic_of_another_agent_is_handed_over(build: Build) -> None:
    told = "You care for novels. If the latest question is about toys (dolls, trains): hand back to Toys."
    tools = (order_tool("find_novel", "Find a novel"), TOYS)
    assert names(decide(build(told, tools, "I read a novel", ("assistant", "Fine."), "And a doll?"))) == [TOYS.name]


def test_nobody_is_handed_back_and_forth(build: Build) -> None:
    handed: tuple[Any, ...] = (TOYS.name, {}, {"assistant": "Toys"})
    assert TOYS.name not in names(decide(build("Hand off to who fits.", (BOOKS, TOYS), "A doll", handed)))


def test_small_talk_calls_nothing(build: Build) -> None:
    reply = decide(build(PROCEDURE, SHOP, "broken O-1", ("assistant", "Done."), "Thanks, bye!"))
    assert not reply.calls
    assert reply.text == "You are welcome."


def test_the_only_tool_of_a_helper_is_used(build: Build) -> None:
    assert names(decide(build("You find orders.", (FIND,), "Please see O-5"))) == ["find_order"]


def test_a_summary_has_the_lines_asked_for(build: Build) -> None:
    told = (
        "Answer with these three lines:\nIssue: what is wanted.\nTried: what was done.\nReason: why a person is needed."
    )
    said = "O-42 is broken"
    refused = ("send_replacement", {"order_id": "O-42"}, "NEEDS_APPROVAL: too expensive")
    lines = decide(build(told, (), said, refused)).text.splitlines()
    assert lines[0] == "Issue: O-42 is broken"
    assert lines[1].startswith("Tried: send_replacement")
    assert lines[2] == "Reason: NEEDS_APPROVAL: too expensive"


@pytest.mark.parametrize(("choice", "called"), [("none", []), ("track_parcel", ["track_parcel"])])
def test_the_tool_choice_is_honoured(build: Build, choice: str, called: list[str]) -> None:
    assert names(decide(build(PROCEDURE, SHOP, "Hello", choice=choice))) == called


def test_a_required_call_is_made_whatever_is_said(build: Build) -> None:
    assert len(decide(build(PROCEDURE, SHOP, "Hello", choice="required")).calls) == 1


VERDICT = {
    "type": "object",
    "properties": {"is_insult": {"type": "boolean"}, "level": {"enum": ["low", "high"]}, "why": {"type": "string"}},
    "required": ["is_insult", "level", "why"],
    "additionalProperties": False,
}


def test_a_structured_answer_is_filled_from_the_conversation(build: Build) -> None:
    reply = decide(build("Judge.", (), "This is an insult of a high order", schema=VERDICT))
    assert json.loads(reply.text) == {"is_insult": True, "level": "high", "why": "This is an insult of a high order"}


texts = st.one_of(
    st.text(max_size=80), st.sampled_from(["O-42 is broken", "Where is my parcel?", '{"a": [1', "$1,000.00"])
)
items = st.one_of(
    st.builds(UserMessage, text=texts),
    st.builds(AssistantMessage, text=texts),
    st.builds(Call, name=st.sampled_from([each.name for each in SHOP]), arguments=texts, call_id=st.just("c")),
    st.builds(Output, call_id=st.just("c"), text=texts),
)


@settings(max_examples=150, deadline=None)
@given(instructions=st.one_of(st.just(PROCEDURE), st.text(max_size=200)), conversation=st.lists(items, max_size=8))
def test_no_conversation_makes_it_fail_and_it_always_decides_the_same(
    instructions: str, conversation: list[Any]
) -> None:
    request = Request(model="any", instructions=instructions, tools=SHOP, items=tuple(conversation), schema=VERDICT)
    reply = decide(request)
    assert reply == decide(request)
    assert reply.calls or Draft202012Validator(VERDICT).is_valid(json.loads(reply.text))


def test_it_knows_no_domain() -> None:
    words = ("refund", "billing", "invoice", "proration", "nimbus", "diagnos", "account", "subscription", "escalat")
    source = Path(harness.standin.__path__[0])
    found = {
        (path.name, word)
        for path in source.rglob("*.py")
        for word in words
        if word in path.read_text(encoding="utf-8").lower()
    }
    assert found == {("rules.py", "escalat")}, "only the verb, a way to say hand off"
