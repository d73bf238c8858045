"""Expected arguments against the tool's own JSON schema, and matchers that are malformed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import jsonschema
from jsonschema.exceptions import SchemaError, UnknownType
from referencing import Registry
from referencing.exceptions import Unresolvable

from harness.errors import did_you_mean
from harness.scoring.syntax import matcher_of, validate
from harness.scoring.wording import show

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.core.graph import ToolNode
    from harness.core.scenario import Expectation, ExpectedCall
    from harness.core.trace import JSON
    from harness.errors import Problem
    from harness.suite.surroundings import Case

_NOTHING_ELSEWHERE: Registry[Any] = Registry()
"""A schema that refers to a document elsewhere is not fetched."""

_FURTHER = ("$defs", "definitions")


def argument_problems(case: Case, call: ExpectedCall, tools: Sequence[ToolNode]) -> Iterator[Problem]:
    """Problems with a call's arguments; where several agents offer the tool, only what all of them refuse."""
    for name, value in (call.arguments or {}).items():
        misuses = validate(value, f"$.{name}")
        for misuse in misuses:
            yield case.wrong(call, f"arguments.{name}", f"{call.tool}: {misuse}")
        problem = _unknown_argument(case, call, name, tools)
        if problem is None and not misuses:
            problem = _refused(case, call, name, value, tools)
        if problem is not None:
            yield problem
    yield from _required(case, call, tools)


def state_problems(case: Case, expect: Expectation) -> Iterator[Problem]:
    """Malformed matchers in an expected end state."""
    for misuse in validate(expect.state):
        yield case.wrong(expect, "state", f"`state`: {misuse}")


def sources_in(value: JSON) -> Iterator[str]:
    """The tools that `from` matchers inside `value` name."""
    if isinstance(value, Mapping):
        name = matcher_of(value)
        if name == "from" and isinstance(value["from"], str):
            yield value["from"]
        elif name != "literal":
            for each in value.values():
                yield from sources_in(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from sources_in(each)


def _properties(tool: ToolNode) -> dict[str, Any] | None:
    """The arguments the tool takes; None when its schema does not say."""
    schema = tool.parameters
    if not isinstance(schema, Mapping) or not isinstance(schema.get("properties"), Mapping):
        return None
    if schema.get("additionalProperties", False) is not False or "patternProperties" in schema:
        return None
    return dict(schema["properties"])


def _unknown_argument(case: Case, call: ExpectedCall, name: str, tools: Sequence[ToolNode]) -> Problem | None:
    known: dict[str, Any] = {}
    for tool in tools:
        properties = _properties(tool)
        if properties is None or name in properties:
            return None
        known |= properties
    if not tools:
        return None
    hint = did_you_mean(name, known) if known else f"{call.tool} takes no arguments"
    return case.wrong(call, f"arguments.{name}", f"{call.tool} has no argument {name!r}", hint)


def _refused(case: Case, call: ExpectedCall, name: str, value: JSON, tools: Sequence[ToolNode]) -> Problem | None:
    wanted = _samples(value)
    reasons: list[str] = []
    for tool in tools:
        found = [_why_not(tool, name, each) for each in wanted]
        if not found or not all(found):
            return None
        reasons += [reason for reason in found if reason]
    if not reasons:
        return None
    message = f"{call.tool} never takes {name}={show(wanted[0])}: {reasons[0]}"
    return case.wrong(call, f"arguments.{name}", message, "its JSON schema refuses the value")


def _samples(value: JSON) -> list[JSON]:
    """Values one of which would have to be passed for `value` to fit; empty when that cannot be told."""
    name = matcher_of(value)
    if name == "literal":
        return [value["literal"]]
    if name == "one_of" and isinstance(value["one_of"], list):
        options = [_samples(each) for each in value["one_of"]]
        return [each for option in options for each in option] if all(options) else []
    if name == "approx":
        return [value["approx"]]
    return [] if name or _has_matcher(value) else [value]


def _has_matcher(value: JSON) -> bool:
    if isinstance(value, Mapping):
        return matcher_of(value) is not None or any(map(_has_matcher, value.values()))
    return isinstance(value, list | tuple) and any(map(_has_matcher, value))


def _why_not(tool: ToolNode, name: str, value: JSON) -> str:
    """Why the tool's schema refuses the value; empty when it does not, or when the schema cannot say."""
    properties = _properties(tool)
    schema = tool.parameters
    if properties is None or not isinstance(properties.get(name), Mapping):
        return ""
    further = {key: schema[key] for key in _FURTHER if key in schema}
    try:
        validator = _validator(json.dumps({**further, **properties[name]}, sort_keys=True, default=str))
        return next((error.message for error in validator.iter_errors(value)), "")
    except (SchemaError, UnknownType, Unresolvable, re.error):
        return ""


@lru_cache(maxsize=1024)
def _validator(schema: str) -> jsonschema.Draft202012Validator:
    parsed = json.loads(schema)
    jsonschema.Draft202012Validator.check_schema(parsed)
    return jsonschema.Draft202012Validator(parsed, registry=_NOTHING_ELSEWHERE)


def _required(case: Case, call: ExpectedCall, tools: Sequence[ToolNode]) -> Iterator[Problem]:
    """Arguments that the tool always gets and that the expectation rules out."""
    if call.arguments is None or not tools:
        return
    always = set.intersection(*(_always(tool) for tool in tools))
    for name in sorted(always):
        if name not in call.arguments and call.exact_arguments:
            message = f"{call.tool} is always called with {name!r}, which exact arguments refuse"
            yield case.wrong(call, "arguments", message, f"list it: {name}: {{any: true}}")
        elif matcher_of(call.arguments.get(name)) == "absent":
            message = f"{call.tool} is always called with {name!r}, so it can never be absent"
            yield case.wrong(call, f"arguments.{name}", message)


def _always(tool: ToolNode) -> set[str]:
    schema = tool.parameters
    required = schema.get("required") if isinstance(schema, Mapping) else None
    return {each for each in required if isinstance(each, str)} if isinstance(required, list) else set()
