"""The record of one trial: an ordered tree of agent runs and the steps inside them.

The tree is deterministic: it holds nothing that differs between two replays of the same cassette. Wall-clock
readings live beside it, in `harness.core.results.Trial.timings`, keyed by step or run id.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

JSON: TypeAlias = Any
"""A value the standard `json` module can write: dict, list, str, int, float, bool or None."""


class Layer(StrEnum):
    """Where an agent stands in a hybrid system."""

    TRIAGE = "triage"
    SPECIALIST = "specialist"
    HELPER = "helper"


class CallStatus(StrEnum):
    """What became of a call the model asked for. A call that never ran is not a call that was made."""

    OK = "ok"
    FAILED = "failed"
    NEVER_RAN = "never_ran"


class ToolOrigin(StrEnum):
    """What stands behind a tool."""

    FUNCTION = "function"
    AGENT = "agent"
    MCP = "mcp"
    HOSTED = "hosted"
    UNKNOWN = "unknown"


class ErrorKind(StrEnum):
    """Whose error it is; only `BEHAVIOUR` can be held against the agents."""

    BEHAVIOUR = "behaviour"
    APPLICATION = "application"
    INFRASTRUCTURE = "infrastructure"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRef:
    """An agent as reports show it: `name` is unique in its system (`Name`, `Name (2)`)."""

    name: str
    layer: Layer
    human: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens and requests as the endpoint counted them."""

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0

    @property
    def total_tokens(self) -> int:
        """Input plus output tokens."""
        return self.input_tokens + self.output_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            requests=self.requests + other.requests,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            reasoning_tokens=self.reasoning_tokens + other.reasoning_tokens,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunError:
    """Why a run ended early. `type` is the exception's class name."""

    kind: ErrorKind
    type: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardrailOutcome:
    """One guardrail's finding. `stage` is one of input, output, tool_input, tool_output."""

    name: str
    stage: str
    tripped: bool
    agent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCall:
    """One request to a model. `usage` is this call's own."""

    kind: Literal["model_call"] = "model_call"
    id: str
    owner: AgentRef
    model: str
    usage: Usage = Usage()
    response_id: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Text an agent said. `model_call` is the id of the call that produced it."""

    kind: Literal["message"] = "message"
    id: str
    owner: AgentRef
    text: str
    refusal: bool = False
    model_call: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handoff:
    """A transfer of the conversation from `owner` to `target`.

    Only status `ok` moved the conversation: of two handoffs in one response the SDK takes the first (the second is
    `never_ran`). `target` is None when the call named no agent of the system.
    """

    kind: Literal["handoff"] = "handoff"
    id: str
    owner: AgentRef
    target: AgentRef | None
    tool: str
    call_id: str | None = None
    arguments: str = "{}"
    status: CallStatus = CallStatus.OK
    model_call: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A function tool or agent-as-tool call. `arguments` is the text as the model sent it, valid JSON or not.

    `runs` are the agent runs made inside this call, in the order they started. Calls with the same `model_call`
    were issued in parallel by one response. `approval` is `approved` or `rejected` where the tool needed it.
    """

    kind: Literal["tool_call"] = "tool_call"
    id: str
    owner: AgentRef
    tool: str
    call_id: str | None
    arguments: str
    output: str | None = None
    status: CallStatus = CallStatus.OK
    error: str | None = None
    origin: ToolOrigin = ToolOrigin.FUNCTION
    helper: AgentRef | None = None
    approval: str | None = None
    runs: tuple[AgentRun, ...] = ()
    model_call: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherItem:
    """Anything else a model answered with (reasoning, hosted-tool calls, compaction, ...): shown, never judged."""

    kind: Literal["item"] = "item"
    id: str
    owner: AgentRef
    type: str
    summary: str = ""
    data: JSON = None
    model_call: str | None = None


Step: TypeAlias = Message | Handoff | ToolCall | ModelCall | OtherItem


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRun:
    """One run of the SDK's loop, from the agent it entered to the agent it ended with.

    `children` are runs started outside any tool call (a guardrail that is an agent, say). `usage` is the run's own,
    nested runs not included. `output` is the final output as text (structured outputs as JSON).
    """

    id: str
    agent: AgentRef
    input: str
    steps: tuple[Step, ...] = ()
    last_agent: AgentRef | None = None
    output: str | None = None
    error: RunError | None = None
    guardrails: tuple[GuardrailOutcome, ...] = ()
    children: tuple[AgentRun, ...] = ()
    usage: Usage = Usage()
    streamed: bool = False
    interrupted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnTrace:
    """What one user message led to. `runs` has one run, unless the application itself made several side by side."""

    user: str
    runs: tuple[AgentRun, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A judge model's answer to one rubric, about the conversation up to `turn` (None: all of it)."""

    rubric: str
    passed: bool
    reason: str
    model: str
    turn: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Everything one trial did, turn by turn, with the end state of the system's context."""

    turns: tuple[TurnTrace, ...] = ()
    state: JSON = None
    judgements: tuple[Judgement, ...] = ()


def runs_of(node: Trace | TurnTrace | AgentRun) -> Iterator[AgentRun]:
    """Every run below `node`, the node itself included, depth first in order."""
    match node:
        case Trace():
            for turn in node.turns:
                yield from runs_of(turn)
        case TurnTrace():
            for run in node.runs:
                yield from runs_of(run)
        case AgentRun():
            yield node
            for child in node.children:
                yield from runs_of(child)
            for step in node.steps:
                if isinstance(step, ToolCall):
                    for inner in step.runs:
                        yield from runs_of(inner)


def steps_of(node: Trace | TurnTrace | AgentRun) -> Iterator[Step]:
    """The steps of the conversation-holding runs, in order; what happens inside helpers is not among them."""
    match node:
        case Trace():
            for turn in node.turns:
                yield from steps_of(turn)
        case TurnTrace():
            for run in node.runs:
                yield from run.steps
        case AgentRun():
            yield from node.steps


def route_of(trace: Trace) -> tuple[AgentRef, ...]:
    """The agents that held the conversation, in order; a turn that stays with its agent adds nothing."""
    route: list[AgentRef] = []
    for turn in trace.turns:
        for run in turn.runs:
            if not route or route[-1] != run.agent:
                route.append(run.agent)
            route += [
                step.target
                for step in run.steps
                if isinstance(step, Handoff) and step.status is CallStatus.OK and step.target is not None
            ]
    return tuple(route)


def usage_of(trace: Trace) -> Usage:
    """What the whole trial used, helpers and guardrail agents included."""
    return sum((run.usage for run in runs_of(trace)), Usage())


def answer_of(node: Trace | TurnTrace) -> str:
    """The text the user was left with: the output of the last run, or its last message when it ended early."""
    turns = node.turns if isinstance(node, Trace) else (node,)
    for turn in reversed(turns):
        for run in reversed(turn.runs):
            if run.output is not None:
                return run.output
            texts = [step.text for step in run.steps if isinstance(step, Message)]
            if texts:
                return texts[-1]
    return ""
