"""The SDK's own tests as a source of strange runs: capture every one, and lose nothing.

A pytest plugin for the SDK's test suite, not for ours, and no part of a normal test run:

    pip download --no-binary :all: --no-deps openai-agents==0.24.0 -d /tmp/sdk
    tar xzf /tmp/sdk/openai_agents-0.24.0.tar.gz -C /tmp/sdk
    mkdir /tmp/sdk/run && cp -r /tmp/sdk/openai_agents-0.24.0/{tests,pyproject.toml} /tmp/sdk/run && cd /tmp/sdk/run
    PYTHONPATH=/path/to/this/folder python -m pytest tests -p sdk_suite -p no:harness

(Copied, so that the installed SDK is tested and not the one beside the tests.) Each test runs inside a turn of a
capture. Afterwards the trace is assembled, and every item of every run's `new_items` is looked for in it: an
exception of ours or a lost item fails the test. Compare the outcomes with those of the same command without
`-p sdk_suite`. The last line tells how much was seen.

Three tests are expected to differ: `test_agent_is_released_after_run`, because a recording holds its agents until the
trace is assembled, and both of `test_cancelled_rejection_preserves_recipient_for_later_approval`, because the SDK marks
a rejected call as executed before it asks an error formatter, which every recorded run has.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from agents import Agent
from agents.items import HandoffOutputItem, MessageOutputItem, ToolApprovalItem, ToolCallOutputItem

from harness.core.sequence import all_items
from harness.core.trace import AgentRun, Handoff, Message, OtherItem, ToolCall, runs_of
from harness.execution import recorder
from harness.execution.assembly import Assembly
from harness.execution.capture import Capture
from harness.execution.items import call_id_of, is_tool_call, is_tool_output, type_of
from harness.system.graph import LiveGraph, read_graph
from harness.system.loading import System

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from contextvars import Token

    from harness.execution.recording import Recording, Turn

_seen: Counter[str] = Counter()


class _Anywhere:
    """Stands in for the recorder's context variable: a test's event loop may have a context of its own."""

    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        self.inner = recorder._current  # noqa: SLF001 - there is no public way around contexts

    def get(self) -> Recording | Turn:
        """What is being recorded, the turn when nothing else is."""
        return self.inner.get() or self.turn

    def set(self, value: Recording | Turn) -> Token[Any]:
        """Record in `value` from here on."""
        return self.inner.set(value)

    def reset(self, token: Token[Any]) -> None:
        """Undo `set`."""
        self.inner.reset(token)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, Any, Any]:
    """Run the test inside a turn, then look at what was captured."""
    graph = read_graph(System(entry=Agent(name="nobody")))
    capture = Capture(graph)
    with pytest.MonkeyPatch.context() as patch, recorder.installed(), capture.turn(pyfuncitem.name):
        turn = capture._turns[0]  # noqa: SLF001 - the recordings are what the trace is compared with
        patch.setattr(recorder, "_current", _Anywhere(turn))
        outcome = yield
    if turn.runs:
        _check(turn, capture, graph)
    return outcome


def _check(turn: Turn, capture: Capture, graph: LiveGraph) -> None:
    trace = capture.finish()
    runs = list(runs_of(trace))
    recordings = list(_all(turn))
    assert len(runs) == len(recordings), "a run is missing in the trace"
    assert len({run.id for run in runs}) == len(runs), "two runs share an id"
    _seen.update(tests=1, runs=len(runs), nested=len(runs) - len(turn.runs), listed=len(all_items(trace)))
    for recording in recordings:
        _nothing_lost(recording, Assembly(graph, 0.0).run(recording))


def _nothing_lost(recording: Recording, run: AgentRun) -> None:
    """Every item of the SDK is a step, or is told by one."""
    told = Counter(text for step in run.steps for text in _told(step))
    items = Counter(text for item in recording.items() for text in _items(item))
    _seen.update(items=items.total())
    lost = {text for text in items if told[text] == 0} | {
        text for text, count in items.items() if text.startswith("message") and told[text] < count
    }
    assert not lost, f"lost: {lost}; there is {set(told)}"


def _items(item: Any) -> Iterator[str]:
    raw = item.raw_item
    match item:
        case ToolApprovalItem():
            yield f"call {call_id_of(raw)}" if is_tool_call(raw) else f"other {type_of(raw)}"
        case HandoffOutputItem():
            yield f"handoff {call_id_of(raw)} to {item.target_agent.name}"
        case ToolCallOutputItem() if is_tool_output(raw):
            yield f"output {call_id_of(raw)}"
        case MessageOutputItem():
            yield "message"
        case _ if is_tool_call(raw):
            yield f"call {call_id_of(raw)}"
        case _:
            yield f"other {type_of(raw)}"


def _told(step: Any) -> Iterator[str]:
    match step:
        case Message():
            yield "message"
        case ToolCall():
            yield f"call {step.call_id}"
            if step.output is not None:
                yield f"output {step.call_id}"
        case Handoff():
            yield f"call {step.call_id}"
            yield f"output {step.call_id}"
            yield f"handoff {step.call_id} to {step.target.name if step.target else None}"
        case OtherItem():
            yield f"other {step.type}"
            call_id = step.data.get("call_id") if isinstance(step.data, dict) else None
            yield from (f"{kind} {call_id}" for kind in ("call", "output"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How much was seen."""
    terminalreporter.write_line(f"captured: {dict(_seen)}")


def _all(node: Turn | Recording) -> Iterator[Recording]:
    for each in node.runs:
        yield each
        yield from _all(each)
