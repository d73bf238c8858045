"""Structured outputs: filled from the conversation, and valid whatever the conversation says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError

from harness.standin.arguments import MissingError, Source, fill_object

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEPTH = 12


def structured(schema: Mapping[str, Any], source: Source) -> str:
    """JSON that satisfies the schema."""
    try:
        filled = fill_object(schema, source)
        Draft202012Validator(dict(schema)).validate(filled)
    except (MissingError, ValidationError, SchemaError, RecursionError):
        filled = minimal(schema, schema.get("$defs", {}))
    return json.dumps(filled, ensure_ascii=False)


def minimal(schema: Mapping[str, Any], defs: Mapping[str, Any], depth: int = 0) -> Any:
    """The plainest value that satisfies a schema."""
    if "$ref" in schema and depth < _DEPTH:
        return minimal(defs.get(str(schema["$ref"]).rpartition("/")[2], {}), defs, depth + 1)
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    if schema.get("enum"):
        return schema["enum"][0]
    options = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    if options:
        plain = next((option for option in options if option.get("type") == "null"), options[0])
        return minimal(plain, defs, depth + 1)
    return _plain(schema, defs, depth)


def _plain(schema: Mapping[str, Any], defs: Mapping[str, Any], depth: int) -> Any:
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return _object(schema, defs, depth)
    if kind == "array":
        return [minimal(schema.get("items", {}), defs, depth + 1)] * schema.get("minItems", 0)
    if kind == "string":
        return "x" * schema.get("minLength", 0)
    if kind in {"number", "integer"}:
        return _least(schema)
    return {"boolean": False}.get(kind)


def _object(schema: Mapping[str, Any], defs: Mapping[str, Any], depth: int) -> dict[str, Any]:
    declared = schema.get("properties", {})
    return {name: minimal(declared.get(name, {}), defs, depth + 1) for name in schema.get("required", [])}


def _least(schema: Mapping[str, Any]) -> Any:
    step = schema.get("multipleOf", 1)
    if "exclusiveMinimum" in schema:
        return schema["exclusiveMinimum"] + step
    return schema.get("minimum", min(0, schema.get("maximum", 0)))
