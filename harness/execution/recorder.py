"""Sees every run of the SDK in this process, nested ones included, and leaves a recording of each.

The seam is the SDK's default runner, which `Runner.run`, `run_sync`, `run_streamed` and every agent-as-tool go
through. Outside a turn of a capture the recorder stands aside.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any

from agents import Agent, ModelResponse, RunConfig, RunContextWrapper, RunHooks
from agents.lifecycle import RunHooksBase
from agents.models import get_default_model
from agents.run import AgentRunner, get_default_agent_runner, set_default_agent_runner
from agents.run_config import ToolErrorFormatter
from agents.tool_context import ToolContext
from agents.tracing import get_current_span

from harness.cassettes.call import ToolAtWork
from harness.errors import HarnessError
from harness.execution.classification import told
from harness.execution.recording import Recording, SeenHandoff, SeenModelCall, SeenToolCall, Turn, begin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agents import RunResult, RunResultStreaming, Tool
    from agents.run_config import ToolErrorFormatterArgs

_current: ContextVar[Recording | Turn | None] = ContextVar("harness_current_recording", default=None)


@contextmanager
def recording_in(turn: Turn) -> Iterator[None]:
    """Every run made in this block, and in tasks and threads that copy its context, is recorded in `turn`.

    Raises HarnessError when runs do not go through the recorder: nothing recorded must not look like nothing done.
    """
    runner = get_default_agent_runner()
    if not isinstance(runner, Recorder):
        raise HarnessError(
            f"nothing would be captured: the SDK's default runner is {runner!r}",
            hint="enter harness.execution.capture.installed() first, and do not replace the default runner after that",
        )
    token = _current.set(turn)
    try:
        yield
    finally:
        _current.reset(token)


def now_recording() -> Recording | Turn | None:
    """What the code that asks runs in."""
    return _current.get()


def told_error(call_id: str, error: str) -> None:
    """Say that the call which runs now fails as it did when it was recorded."""
    recording = _current.get()
    seen = recording.tool_calls.get(call_id) if isinstance(recording, Recording) else None
    if seen is not None:
        seen.error = error


class Recorder(AgentRunner):
    """Records runs made in a turn, and leaves running them to the runner that was there before."""

    def __init__(self, inner: AgentRunner) -> None:
        self.inner = inner

    async def run(self, starting_agent: Agent[Any], input: Any, **kwargs: Any) -> RunResult:  # noqa: A002 - the SDK's names
        """A run, recorded when it is made in a turn."""
        parent = _current.get()
        if parent is None:
            return await self.inner.run(starting_agent, input, **kwargs)
        starting_agent = parent.current(starting_agent)
        recording = begin(parent, starting_agent, input, _call_id(parent, kwargs), streamed=False)
        token = _current.set(recording)
        try:
            recording.result = await self.inner.run(starting_agent, input, **_watched(recording, kwargs))
        except BaseException as error:
            recording.raised = error
            raise
        finally:
            _current.reset(token)
            recording.ended = time.perf_counter()
        return recording.result  # type: ignore[no-any-return]  # a recording holds any kind of result

    def run_streamed(self, starting_agent: Agent[Any], input: Any, **kwargs: Any) -> RunResultStreaming:  # noqa: A002 - the SDK's names
        """A streamed run, recorded when it is made in a turn."""
        parent = _current.get()
        if parent is None:
            return self.inner.run_streamed(starting_agent, input, **kwargs)
        starting_agent = parent.current(starting_agent)
        recording = begin(parent, starting_agent, input, _call_id(parent, kwargs), streamed=True)
        token = _current.set(recording)
        try:
            result = self.inner.run_streamed(starting_agent, input, **_watched(recording, kwargs))
        except BaseException as error:
            recording.raised = error
            raise
        finally:
            _current.reset(token)
        recording.result = result
        if result.run_loop_task is not None:
            result.run_loop_task.add_done_callback(lambda _: setattr(recording, "ended", time.perf_counter()))
        return result


_lock = threading.Lock()
_installed: list[AgentRunner] = []


@contextmanager
def installed() -> Iterator[None]:
    """Let this process's SDK runs go through the recorder. May be entered again, also from another thread."""
    with _lock:
        before = get_default_agent_runner()
        _installed.append(before)
        if len(_installed) == 1:
            set_default_agent_runner(Recorder(before))
    try:
        yield
    finally:
        with _lock:
            before = _installed.pop()
            if not _installed:
                set_default_agent_runner(before)


def _call_id(parent: Recording | Turn, kwargs: dict[str, Any]) -> str | None:
    """The call of `parent` in which a run starts now, or None.

    An agent-as-tool hands its tool context on. A run made by a tool's own code is found by the tracing span it is
    made in (there is one even with tracing off), else by the only tool at work.
    """
    if isinstance(parent, Turn):
        return None
    context = kwargs.get("context")
    if isinstance(context, ToolContext) and context.tool_call_id in parent.tool_calls:
        return context.tool_call_id
    return _at_work(parent)


def tool_at_work() -> ToolAtWork | None:
    """The tool call whose code asks, None when nobody can tell."""
    recording = _current.get()
    call_id = _at_work(recording) if isinstance(recording, Recording) else None
    if not isinstance(recording, Recording) or call_id is None:
        return None
    return ToolAtWork(call_id, str(recording.tool_calls[call_id].tool.name))


def _at_work(parent: Recording) -> str | None:
    span = get_current_span()
    at_work = {call_id: seen for call_id, seen in parent.tool_calls.items() if seen.ended is None}
    for call_id, seen in at_work.items():
        if span is not None and (span is seen.span or _is_child(span, seen.span)):
            return call_id
    own_code = [call_id for call_id, seen in at_work.items() if getattr(seen.tool, "_agent_instance", None) is None]
    return own_code[0] if len(own_code) == 1 and len(at_work) == 1 and _in_no_guardrail(span) else None


def _is_child(span: Any, of: Any) -> bool:
    return of is not None and span.parent_id is not None and span.parent_id == of.span_id != "no-op"


def _in_no_guardrail(span: Any) -> bool:
    return getattr(getattr(span, "span_data", None), "type", None) != "guardrail"


def _watched(recording: Recording, kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a run with the recorder's hooks, and with what the capture lays over the run config."""
    hooks = kwargs.get("hooks")
    if hooks is not None and not isinstance(hooks, RunHooksBase):
        return kwargs
    config = laid_over(kwargs.get("run_config"), recording.run_config)
    model = config.get("model") if isinstance(config, dict) else config.model
    inner = hooks.inner if isinstance(hooks, _Hooks) else hooks
    return {**kwargs, "hooks": _Hooks(recording, model, inner), "run_config": _with_ear(recording, config)}


def laid_over(config: RunConfig | dict[str, Any] | None, ours: RunConfig | None) -> RunConfig | dict[str, Any]:
    """The application's run config, where `ours` says nothing; the model provider is always ours.

    Without ours it stays what it was: the SDK closes a provider only when it made it itself, from None or a dict.
    """
    if ours is None:
        return config if config is not None else {}
    theirs = RunConfig(**config) if isinstance(config, dict) else config
    if theirs is None or theirs is ours:
        return ours
    silent = _silent()
    names = [each.name for each in fields(RunConfig) if each.init and each.name != "model_provider"]
    said = {name: getattr(ours, name) for name in names if getattr(ours, name) != getattr(silent, name)}
    return _changed(theirs, {**said, "model_provider": ours.model_provider})


@cache
def _silent() -> RunConfig:
    """A run config that says nothing."""
    return RunConfig()


def _changed(config: RunConfig, values: Mapping[str, Any]) -> RunConfig:
    """A copy with other values, which were checked when they were made: to check them again is what costs."""
    changed = copy(config)
    for name, value in values.items():
        setattr(changed, name, value)
    return changed


def _with_ear(recording: Recording, config: RunConfig | dict[str, Any]) -> RunConfig | dict[str, Any]:
    if isinstance(config, dict):
        return {**config, "tool_error_formatter": _Ear(recording, _unwrapped(config.get("tool_error_formatter")))}
    return _changed(config, {"tool_error_formatter": _Ear(recording, _unwrapped(config.tool_error_formatter))})


def _unwrapped(formatter: ToolErrorFormatter | None) -> ToolErrorFormatter | None:
    return formatter.inner if isinstance(formatter, _Ear) else formatter


@dataclass(frozen=True, slots=True)
class _Ear:
    """A tool error formatter that changes nothing: it is told the exception which the model is not shown."""

    recording: Recording
    inner: ToolErrorFormatter | None

    def __call__(self, args: ToolErrorFormatterArgs[Any]) -> Any:
        seen = self.recording.tool_calls.get(args.call_id)
        if seen is not None and args.error is not None:
            seen.error = told(args.error)
        return self.inner(args) if self.inner is not None else None


class _Hooks(RunHooks[Any]):
    """Notes what happens, never raises, and hands on to the application's own hooks.

    The parameters' names are the SDK's, which passes some by keyword.
    """

    def __init__(self, recording: Recording, model: Any, inner: RunHooksBase[Any, Any] | None) -> None:
        self.recording = recording
        self.model = model
        self.inner: RunHooksBase[Any, Any] = inner if inner is not None else RunHooks()

    async def on_llm_start(
        self, context: RunContextWrapper[Any], agent: Agent[Any], system_prompt: str | None, input_items: list[Any]
    ) -> None:
        """A request goes out."""
        self.recording.context = context
        model = _model_name(self.model if self.model is not None else agent.model)
        self.recording.model_calls.append(SeenModelCall(agent, model, time.perf_counter()))
        await self.inner.on_llm_start(context, agent, system_prompt, input_items)

    async def on_llm_end(self, context: RunContextWrapper[Any], agent: Agent[Any], response: ModelResponse) -> None:
        """An answer is there."""
        calls = self.recording.model_calls
        if all(each.response is not response for each in calls):
            if not calls or calls[-1].response is not None:
                now = time.perf_counter()
                calls.append(SeenModelCall(agent, _model_name(self.model or agent.model), now))
            calls[-1].response = response
            calls[-1].ended = time.perf_counter()
        await self.inner.on_llm_end(context, agent, response)

    async def on_agent_start(self, context: Any, agent: Any) -> None:
        """An agent takes over."""
        await self.inner.on_agent_start(context, agent)

    async def on_agent_end(self, context: Any, agent: Any, output: Any) -> None:
        """An agent has its final output."""
        await self.inner.on_agent_end(context, agent, output)

    async def on_handoff(self, context: RunContextWrapper[Any], from_agent: Any, to_agent: Any) -> None:
        """The conversation moves."""
        recording = self.recording
        recording.handoffs.append(SeenHandoff(len(recording.model_calls) - 1, to_agent))
        await self.inner.on_handoff(context=context, from_agent=from_agent, to_agent=to_agent)

    async def on_tool_start(self, context: RunContextWrapper[Any], agent: Any, tool: Tool) -> None:
        """A tool begins to run. Only function tools and custom tools tell which call it is."""
        if isinstance(context, ToolContext):
            seen = SeenToolCall(tool, context.tool_call, get_current_span(), time.perf_counter())
            self.recording.tool_calls[context.tool_call_id] = seen
        await self.inner.on_tool_start(context, agent, tool)

    async def on_tool_end(self, context: RunContextWrapper[Any], agent: Any, tool: Tool, result: object) -> None:
        """A tool has ended, by an answer of its own or by a text that stands for its failure."""
        seen = self.recording.tool_calls.get(context.tool_call_id) if isinstance(context, ToolContext) else None
        if seen is not None:
            seen.ended, seen.output = time.perf_counter(), result
            seen.told = _told_by(getattr(seen.span, "error", None))
        await self.inner.on_tool_end(context, agent, tool, result)


def _told_by(error: Any) -> str | None:
    """The text of a tracing span's error."""
    if not error:
        return None
    detail = (error.get("data") or {}).get("error")
    return f"{error.get('message')}: {detail}" if detail else str(error.get("message"))


def _model_name(model: Any) -> str:
    if model is None:
        return get_default_model()
    if isinstance(model, str):
        return model
    name = getattr(model, "model", None)
    return name if isinstance(name, str) else type(model).__name__
