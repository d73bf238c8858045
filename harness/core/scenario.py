"""What people write in scenario files, as plain data. The language is described in docs/scenarios.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Literal, TypeAlias

from harness.core.trace import JSON, Layer

RECORDED = "recorded"
"""As a clock: the moment at which the recording was made."""


class Order(StrEnum):
    """How the order of actual calls must follow the order of expected ones."""

    EXACT = "exact"
    IN_ORDER = "in_order"
    ANY_ORDER = "any_order"


class Count(StrEnum):
    """Which actual calls count as made: those that succeeded, or all that ran."""

    SUCCEEDED = "succeeded"
    ALL = "all"


class EscalationTarget(StrEnum):
    """Where a conversation may be escalated to."""

    NONE = "none"
    HUMAN = "human"
    BACK_TO_TRIAGE = "back_to_triage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place in a file a person can open; lines count from 1."""

    file: str
    line: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedCall:
    """One expected tool call.

    `arguments` maps argument names to plain values or matchers (None: unchecked); `exact_arguments` also refuses
    arguments that are not listed. `times` is the least and the greatest number of calls (None: no upper limit).
    `by` are the agents one of which must make the call (empty: any). `helper` judges what the agent behind the
    tool does. `lines` are the file's lines of its keys, those of arguments as `arguments.NAME`.
    """

    kind: Literal["call"] = "call"
    tool: str
    arguments: Mapping[str, JSON] | None = None
    exact_arguments: bool = False
    by: tuple[str, ...] = ()
    times: tuple[int, int | None] = (1, 1)
    helper: ToolsExpectation | None = None
    location: Location | None = None
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOrderGroup:
    """These calls, in whatever order among themselves."""

    kind: Literal["any_order"] = "any_order"
    calls: tuple[ExpectedItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOfGroup:
    """One of these sequences of calls."""

    kind: Literal["any_of"] = "any_of"
    alternatives: tuple[tuple[ExpectedItem, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionalGroup:
    """These calls may be made, each or none."""

    kind: Literal["optional"] = "optional"
    calls: tuple[ExpectedItem, ...]


ExpectedItem: TypeAlias = ExpectedCall | AnyOrderGroup | AnyOfGroup | OptionalGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolsExpectation:
    """The calls of one level. An empty `calls` means: no tool call at all."""

    calls: tuple[ExpectedItem, ...]
    order: Order = Order.EXACT
    count: Count = Count.SUCCEEDED
    ignore: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationExpectation:
    """Where the conversation must be escalated to, and the tools that must have been called first."""

    to: EscalationTarget
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerExpectation:
    """What the text left with the user must be like. Every field that is given must hold.

    `judge` is a rubric for a model, whose answer advises unless `judge_decides`.
    """

    contains: tuple[str, ...] = ()
    not_contains: tuple[str, ...] = ()
    matches: tuple[str, ...] = ()
    equals: str | None = None
    numbers: tuple[float, ...] = ()
    grounded_in: tuple[str, ...] = ()
    judge: str | None = None
    judge_decides: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Upper limits, inclusive. `seconds` is judged in live runs only."""

    model_calls: int | None = None
    tool_calls: int | None = None
    tokens: int | None = None
    cost_usd: float | None = None
    seconds: float | None = None
    handoffs: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What is expected of a turn or of a whole conversation; None (or empty) means unchecked.

    `lines` are the file's lines of its keys.
    """

    specialist: tuple[str, ...] = ()
    route: tuple[str, ...] = ()
    tools: ToolsExpectation | None = None
    forbidden_tools: tuple[str, ...] = ()
    escalation: EscalationExpectation | None = None
    answer: AnswerExpectation | None = None
    clarifying_questions: tuple[int, int | None] | None = None
    state: JSON = None
    guardrail: str | None = None
    limits: Limits | None = None
    scorers: Mapping[str, JSON] = field(default_factory=dict)
    location: Location | None = None
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryMessage:
    """One message said before the trial begins. `role` is user or assistant."""

    role: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A user message and what is expected of the answer to it."""

    user: str
    expect: Expectation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """Runs and is shown, but does not gate until `until` (inclusive) has passed."""

    until: date
    reason: str
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One case: a conversation and what is expected of it.

    `agent` None starts at the system's entry. `history_from` names an end-to-end scenario whose recorded prefix
    comes first. `approvals` maps a tool's name to True (approve) or False (reject). `passes` of `trials` must pass.
    `seed` is what chance is drawn from, `clock` the moment (ISO 8601) at which the clock stands, or `recorded`: that of
    the recording. `lines` are the file's lines of its keys.
    """

    id: str
    location: Location
    conversation: tuple[Turn, ...]
    expect: Expectation = Expectation()
    description: str = ""
    tags: tuple[str, ...] = ()
    system: str | None = None
    agent: str | None = None
    layer: Layer | None = None
    history: tuple[HistoryMessage, ...] = ()
    history_from: str | None = None
    approvals: Mapping[str, bool] = field(default_factory=dict)
    context: Mapping[str, JSON] = field(default_factory=dict)
    trials: int = 1
    passes: int | None = None
    quarantine: Quarantine | None = None
    recorded_tools: bool = False
    seed: int | None = None
    clock: str | None = None
    draft: bool = False
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)

    @property
    def needed(self) -> int:
        """How many of the trials must pass."""
        return self.trials if self.passes is None else self.passes
