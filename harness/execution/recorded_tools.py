"""Function tools that answer from the recording instead of running: what they do to the world happens once."""

from __future__ import annotations

from collections import defaultdict, deque
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agents.run_internal import tool_execution

from harness.cassettes.redaction import redacted
from harness.cassettes.router import Tape
from harness.core.results import Mode
from harness.core.trace import CallStatus, ToolCall, ToolOrigin, runs_of
from harness.errors import CassetteMissError
from harness.execution.recorder import told_error
from harness.system.nodes import helper_behind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agents import FunctionTool
    from agents.tool_context import ToolContext

    from harness.core.trace import Trace

_FACT = "tool_outputs"
_SEAM = "_invoke_function_tool_with_metadata"
"""The SDK has no public one; a change of it is noticed by the tests."""


@dataclass(frozen=True, slots=True)
class _Answers:
    """The outputs that a recording keeps, by call id and tool, each given once."""

    tape: Tape
    kept: dict[tuple[str, str], deque[dict[str, Any]]]

    def output(self, call_id: str, tool: str) -> str | None:
        """What the tool gave then; None when it is to run.

        Raises CassetteMissError when it must not run, and nothing is known.
        """
        rows = self.kept.get((call_id, tool))
        if rows:
            row = rows.popleft()
            if row.get("error"):
                told_error(call_id, str(row["error"]))
            return str(row["output"])
        known = self.tape.recorded_output(call_id, tool)
        if known is None and self.tape.mode is Mode.REPLAY:
            raise self.tape.note(
                CassetteMissError(
                    f"miss: {tool} must not run again, and the recording holds no output of call {call_id}",
                    where=self.tape.told,
                    hint="next: harness record",
                )
            )
        return known


_answers: ContextVar[_Answers | None] = ContextVar("harness_recorded_tools", default=None)


@contextmanager
def answered_from(tape: Tape) -> Iterator[None]:
    """In this block, and in tasks it starts, function tools answer from the recording where there is one.

    Agents behind tools run as ever: their model calls are recorded. In a live trial every tool runs.
    """
    _patch()
    kept: dict[tuple[str, str], deque[dict[str, Any]]] = defaultdict(deque)
    for row in tape.fact(_FACT) or ():
        kept[row["call_id"], row["tool"]].append(row)
    token = _answers.set(_Answers(tape, kept))
    try:
        yield
    finally:
        _answers.reset(token)


def keep_outputs(tape: Tape, trace: Trace) -> None:
    """Let a new recording keep what the tools gave: not all of it is sent to a model again."""
    tape.facts[_FACT] = [
        {
            "call_id": step.call_id,
            "tool": step.tool,
            "output": redacted(step.output, tape.options.redact),
            **({"error": redacted(step.error or "", tape.options.redact)} if step.status is CallStatus.FAILED else {}),
        }
        for run in runs_of(trace)
        for step in run.steps
        if isinstance(step, ToolCall) and step.origin is not ToolOrigin.AGENT and step.output is not None
    ]
    tape.excused = frozenset(each["call_id"] for each in tape.facts[_FACT])


def _patch() -> None:
    """The SDK runs function tools by one function, those of MCP servers too. What is put in its place stays there."""
    inner: Any = getattr(tool_execution, _SEAM)
    if inner.__module__ == __name__:
        return

    async def invoke(*, function_tool: FunctionTool, context: ToolContext[Any], arguments: str) -> Any:
        answers = _answers.get()
        if answers is not None and answers.tape.mode is not Mode.LIVE and helper_behind(function_tool) is None:
            output = answers.output(context.tool_call_id, function_tool.name)
            if output is not None:
                return _Result(output)
        return await inner(function_tool=function_tool, context=context, arguments=arguments)

    setattr(tool_execution, _SEAM, invoke)


@dataclass(frozen=True, slots=True)
class _Result:
    """What the SDK takes for the outcome of a tool that ran."""

    output: Any
    is_sdk_generated_error: bool = False
