"""Recorded calls as expectations, and drafts as the text of a scenario file."""

from __future__ import annotations

import json
import math
from itertools import groupby
from typing import TYPE_CHECKING, Any

import yaml

from harness.core.trace import CallStatus, ToolCall
from harness.scoring.syntax import OPTIONS
from harness.suite.language import GROUPS
from harness.suite.yaml_nodes import NUMBER_ELSEWHERE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.core.trace import JSON, Step

_DEEPEST = 20
_WIDTH = 110
_BREAKS = frozenset("\r\x85\u2028\u2029")
"""Line breaks to YAML that no other style than double quotes keeps."""


def calls_made(steps: Iterable[Step]) -> list[JSON]:
    """The calls that succeeded, as `tools` expects them; parallel calls in whatever order."""
    made = [step for step in steps if isinstance(step, ToolCall) and step.status is CallStatus.OK]
    items: list[JSON] = []
    for response, group in groupby(made, key=lambda call: call.model_call):
        calls = [_call(call) for call in group]
        if response is not None and len(calls) > 1:
            items.append({"any_order": calls})
        else:
            items += calls
    return items


def drafts_text(drafts: Sequence[dict[str, Any]], run: str) -> str:
    """The drafts as a scenario file that says what it is."""
    header = (
        "# yaml-language-server: $schema=../scenario.schema.json\n"
        f"# Drafts made by `harness derive` from the run {json.dumps(run)}. They expect what was recorded, right or\n"
        "# wrong: read each, correct it, then remove its `draft: true`.\n"
    )
    body = yaml.dump(
        {"scenarios": list(drafts)}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH, indent=2
    )
    return header + body


def written(value: JSON) -> JSON:
    """`value` as YAML can hold it: a lone surrogate becomes a question mark."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {written(str(key)): written(each) for key, each in value.items()}
    return [written(each) for each in value] if isinstance(value, list | tuple) else value


def _call(call: ToolCall) -> JSON:
    """A helper's input is free text, so only other tools keep their arguments."""
    name = written(call.tool)
    arguments = None if call.helper is not None else _arguments(call.arguments)
    if name in (*GROUPS, "tool", "none", ""):
        return {"tool": name, **({"arguments": arguments} if arguments else {})}
    return {name: arguments} if arguments else name


def _arguments(text: str) -> dict[str, JSON] | None:
    """The arguments, None when they are not an object that a scenario can hold."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or not _can_be_written(value, 0):
        return None
    return {written(name): _literal(written(each)) for name, each in value.items()}


def _can_be_written(value: JSON, depth: int) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        return depth < _DEEPEST and all(_can_be_written(each, depth + 1) for each in parts)
    return True


def _literal(value: JSON) -> JSON:
    return {"literal": value} if _looks_like_matcher(value) else value


def _looks_like_matcher(value: JSON) -> bool:
    if isinstance(value, dict):
        return any(key in OPTIONS for key in value) or any(map(_looks_like_matcher, value.values()))
    return isinstance(value, list) and any(map(_looks_like_matcher, value))


class _Dumper(yaml.SafeDumper):
    """Quotes the texts that YAML 1.1 and 1.2 read differently, and repeats values rather than naming aliases."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 (the signature is PyYAML's)
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    quoted = NUMBER_ELSEWHERE.fullmatch(value) or not _BREAKS.isdisjoint(value)
    style = '"' if quoted else "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)
