from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from harness.standin.arguments import Source
from harness.standin.situation import situation_of
from harness.standin.structured import structured

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.standin.request import Request


def record(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        "$defs": {"Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}, "required": []}},
    }


@pytest.mark.parametrize(
    "schema",
    [
        record(count={"type": "integer", "minimum": 5}),
        record(share={"type": "number", "exclusiveMinimum": 0, "maximum": 1}),
        record(choice={"enum": ["a", "b"]}),
        record(maybe={"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        record(either={"anyOf": [{"type": "integer"}, {"type": "string", "minLength": 3}]}),
        record(names={"type": "array", "items": {"type": "string"}, "minItems": 2}),
        record(inner=record(flag={"type": "boolean"}, text={"type": "string", "maxLength": 2})),
        record(tree={"$ref": "#/$defs/Node"}),
        record(kind={"const": "x"}, types={"type": ["string", "null"]}),
        {"type": "object"},
    ],
)
@pytest.mark.parametrize("said", ["", "There are 3 of them, a tree with names"])
def test_the_answer_satisfies_its_schema(build: Callable[..., Request], schema: dict[str, Any], said: str) -> None:
    text = structured(schema, Source(situation=situation_of(build("", (), said))))
    Draft202012Validator(schema).validate(json.loads(text))
