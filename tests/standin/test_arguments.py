from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.standin.arguments import MissingError, Source, fill
from harness.standin.identifiers import kinds_of
from harness.standin.request import Tool
from harness.standin.situation import situation_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.standin.request import Request

    Build = Callable[..., Request]
    Make = Callable[..., Tool]

SEAT = {"type": "string", "description": "The seat, for example S-12."}
CLASS = {"enum": ["Economy", "Business"]}


def filled(build: Build, tool: Tool, *entries: Any) -> dict[str, Any]:
    request = build("", (tool,), *entries)
    return fill(tool, Source(situation=situation_of(request), kinds=kinds_of(request)))


@pytest.mark.parametrize(
    ("schema", "said", "value"),
    [
        (SEAT, "seat s-7, please", "S-7"),
        ({"type": "string", "pattern": "^[A-Z]{3}$"}, "from OSL today", "OSL"),
        ({"type": "string", "format": "email"}, "I am jo@example.com", "jo@example.com"),
        ({"type": "string", "format": "date"}, "on 2026-03-01", "2026-03-01"),
        ({"type": "number"}, "I paid $1,249.50", 1249.5),
        ({"type": "integer"}, "for 3 people", 3),
        (CLASS, "from Economy to Business", "Business"),
        (CLASS, "to Economy, not Business", "Economy"),
        ({"anyOf": [{"type": "string", "pattern": "^X[0-9]$"}, {"type": "null"}]}, "nothing", None),
        ({"type": "integer", "default": 2}, "nothing", 2),
        ({"const": "v1"}, "nothing", "v1"),
        ({"type": "array", "items": CLASS}, "Business or Economy", ["Economy", "Business"]),
        ({"type": "object", "properties": {"seat_id": SEAT}}, "S-4", {"seat_id": "S-4"}),
    ],
)
def test_a_value_is_found_in_what_the_user_said(
    build: Build, make_tool: Make, schema: dict[str, Any], said: str, value: object
) -> None:
    assert filled(build, make_tool("book", "", wanted=schema), said) == {"wanted": value}


def test_a_reference_is_followed(build: Build) -> None:
    parameters = {"properties": {"seat": {"$ref": "#/$defs/Class"}}, "required": ["seat"], "$defs": {"Class": CLASS}}
    assert filled(build, Tool(name="book", parameters=parameters), "Business") == {"seat": "Business"}


def test_a_value_is_found_in_what_a_tool_returned(build: Build, make_tool: Make) -> None:
    tool = make_tool("book", "", seat_id=SEAT)
    assert filled(build, tool, "any seat", ("find", {}, {"seats": [{"seat_id": "S-31"}]})) == {"seat_id": "S-31"}


def test_the_user_goes_before_the_tools(build: Build, make_tool: Make) -> None:
    tool = make_tool("book", "", seat_id=SEAT)
    assert filled(build, tool, "S-1", ("find", {}, {"seat_id": "S-31"})) == {"seat_id": "S-1"}


def test_a_description_may_point_at_a_field(build: Build, make_tool: Make) -> None:
    tool = make_tool("pay_back", "", amount={"type": "number", "description": "What `find` shows as surplus."})
    assert filled(build, tool, "I want $900 back", ("find", {}, {"surplus": 12.5})) == {"amount": 12.5}


def test_free_text_is_the_matter_with_what_is_known(build: Build, make_tool: Make) -> None:
    tool = make_tool("look", "Give the seat number (for example S-12).", input={"type": "string"})
    earlier = ("My seat is S-9.", ("assistant", "Noted."))
    assert filled(build, tool, *earlier, "Is there a large window with curtains?") == {
        "input": "Is there a large window with curtains? (seat number: S-9)"
    }


def test_a_required_identifier_that_is_nowhere_is_missing(build: Build, make_tool: Make) -> None:
    with pytest.raises(MissingError, match="seat id"):
        filled(build, make_tool("book", "", seat_id=SEAT), "any seat")
