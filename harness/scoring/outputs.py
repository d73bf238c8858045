"""What tools had answered before a call was made: the source of `from` and `grounded_in`."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.core.trace import JSON, AgentRun, CallStatus, ToolCall, Trace
from harness.scoring.facts import numbers_in
from harness.scoring.syntax import MAX_DEPTH, is_number


@dataclass(frozen=True, slots=True)
class Outputs:
    """Tool outputs in the order they came back, nested ones included.

    `known` maps the id of each tool call to how many outputs the model could have seen when it made that call:
    calls of one response do not see each other's.
    """

    log: tuple[tuple[str, str], ...]
    known: Mapping[str, int]

    def before(self, call: ToolCall, tool: str) -> Sequence[str]:
        """What `tool` had answered before `call` was made."""
        return tuple(output for name, output in self.log[: self.known.get(call.id, 0)] if name == tool)

    def of(self, tool: str) -> Sequence[str]:
        """Everything `tool` answered."""
        return tuple(output for name, output in self.log if name == tool)


def outputs_of(trace: Trace) -> Outputs:
    """The outputs of every tool call of `trace` that succeeded."""
    log: list[tuple[str, str]] = []
    known: dict[str, int] = {}
    for turn in trace.turns:
        for run in turn.runs:
            _read(run, log, known)
    return Outputs(tuple(log), known)


def _read(run: AgentRun, log: list[tuple[str, str]], known: dict[str, int]) -> None:
    for child in run.children:
        _read(child, log, known)
    response: str | None = None
    seen = 0
    for step in run.steps:
        if not isinstance(step, ToolCall):
            continue
        if step.model_call is None or step.model_call != response:
            response, seen = step.model_call, len(log)
        known[step.id] = seen
        for inner in step.runs:
            _read(inner, log, known)
        if step.output is not None and step.status is CallStatus.OK:
            log.append((step.tool, step.output))


def occurs(value: JSON, output: str, depth: int = 0) -> bool:
    """Whether `value` stands in `output` as a word of its own (a number: in whatever format).

    Of an object or a list every part must occur.
    """
    if isinstance(value, bool) or value is None:
        return _has_word(json.dumps(value), output.lower())
    if is_number(value):
        return _has_number(value, output)
    if isinstance(value, str):
        return bool(value.strip()) and (_has_word(value, output) or _has_word(value, _decoded(output)))
    parts = list(value.values()) if isinstance(value, Mapping) else value
    if not isinstance(parts, list | tuple) or not parts or depth > MAX_DEPTH:
        return False
    return all(occurs(each, output, depth + 1) for each in parts)


def _has_number(value: float, output: str) -> bool:
    return any(math.isclose(each, value, rel_tol=1e-9) for each in numbers_in(output) if _comparable(value))


def _comparable(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _has_word(word: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def _decoded(output: str) -> str:
    """A JSON output with its escapes resolved; anything else as it is."""
    if "\\" not in output:
        return output
    try:
        return json.dumps(json.loads(output), ensure_ascii=False)
    except (ValueError, RecursionError):
        return output
