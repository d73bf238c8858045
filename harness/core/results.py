"""What a run leaves behind: trials, scores with reasons, and the run they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from harness.core.graph import AgentGraph
from harness.core.scenario import Scenario
from harness.core.trace import JSON, AgentRef, ErrorKind, Layer, Trace

FORMAT_VERSION = 1
"""Version of run.jsonl. Readers refuse a newer one and say which harness wrote it."""


class Verdict(StrEnum):
    """Four different things that never merge."""

    PASSED = "passed"
    FAILED = "failed"
    ERRORED = "errored"
    NOT_APPLICABLE = "not_applicable"


class Mode(StrEnum):
    """Where model answers come from."""

    REPLAY = "replay"
    RECORD = "record"
    LIVE = "live"


class Fit(StrEnum):
    """How an expected call and an actual call relate."""

    MATCHED = "matched"
    MISSING = "missing"
    UNEXPECTED = "unexpected"
    MISMATCHED = "mismatched"
    OUT_OF_ORDER = "out_of_order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One misfit of an argument. `path` is like `$.items[2].amount`."""

    path: str
    expected: str
    actual: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignedCall:
    """One row of an alignment: an expected call, an actual call (`step` is its id), or both.

    `expected` is the expected call as text. `unchecked` says that the call's arguments were not judged. An `optional`
    row never counts against the agents: a call that was only allowed, or an extra one where extra calls are allowed.
    """

    fit: Fit
    tool: str
    expected: str | None = None
    step: str | None = None
    agent: AgentRef | None = None
    differences: tuple[Difference, ...] = ()
    reason: str = ""
    unchecked: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """Expected calls against actual calls; `rows` in reading order. `f1` is in 0..1."""

    rows: tuple[AlignedCall, ...]
    f1: float
    passed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One scorer's judgement of one trial (or of one turn, counted from 0).

    `layer` None means end to end. `agent` is who is judged. `value` is partial credit in 0..1, None where it has no
    meaning. `expected` and `actual` are short texts for tables. `outcome` is a scorer's own classification, e.g.
    `missed` or `needless` for escalation. `step` is the id of the step where a failure shows first. An `advisory` score
    never decides a verdict.
    """

    scorer: str
    verdict: Verdict
    reason: str
    layer: Layer | None = None
    agent: str | None = None
    turn: int | None = None
    value: float | None = None
    expected: str = ""
    actual: str = ""
    outcome: str = ""
    alignment: Alignment | None = None
    advisory: bool = False
    step: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Blame:
    """The first divergence of a failed trial, and who caused it."""

    sentence: str
    layer: Layer | None = None
    agent: str | None = None
    step: str | None = None
    turn: int | None = None
    signature: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialError:
    """Why a trial could not be judged. `hint` says what to do; `traceback` is kept for errors not our own."""

    kind: ErrorKind
    type: str
    message: str
    hint: str = ""
    traceback: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Milliseconds since the trial began, and how long it took; of a replay, these are replay timings."""

    start_ms: float
    duration_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A request that matched only after values of this run were taken for values of the recording."""

    where: str
    recorded: str
    actual: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CassetteUse:
    """What a trial took from its cassette, and the recording's provenance.

    `path` is seen from the project's folder. `recorded_at` is ISO 8601 in UTC; `stand_in` tells that no real model was
    behind the endpoint. `connections` are those to this machine itself, made during replay by something that is not
    recorded: who, and where to. `unused` are the recorded requests that a replay did not make.
    """

    path: str
    recorded_at: str | None = None
    endpoint: str | None = None
    models: tuple[str, ...] = ()
    stand_in: bool = False
    sdk_version: str | None = None
    harness_version: str | None = None
    used: int = 0
    total: int = 0
    stale: tuple[str, ...] = ()
    drift: tuple[Drift, ...] = ()
    connections: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Model and tool HTTP calls of a trial by where the answer came from, and the cost in USD (None: unknown).

    `stand_in` tells that live answers came from the stand-in, which is no model and charges nothing.
    """

    replayed: int = 0
    live: int = 0
    stand_in: bool = False
    cost_usd: float | None = 0.0
    recorded_cost_usd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One run of one scenario. `index` counts from 0; `seconds` is wall-clock time.

    `retries` is how often it was run again after an infrastructure error, which happens in live runs only.
    """

    scenario: str
    index: int = 0
    variant: str | None = None
    verdict: Verdict
    scores: tuple[Score, ...] = ()
    trace: Trace = Trace()
    error: TrialError | None = None
    blame: Blame | None = None
    cassette: CassetteUse | None = None
    traffic: Traffic = Traffic()
    timings: Mapping[str, Timing] = field(default_factory=dict)
    started_at: str = ""
    seconds: float = 0.0
    retries: int = 0

    @property
    def stand_in(self) -> bool:
        """Whether any of its answers, live or recorded, came from the stand-in."""
        return self.traffic.stand_in or (self.cassette is not None and self.cassette.stand_in)

    @property
    def key(self) -> str:
        """Idempotent identity, see `trial_key`."""
        return trial_key(self.variant, self.scenario, self.index)


def trial_key(variant: str | None, scenario: str, index: int) -> str:
    """What makes two trials the same one: variant, scenario, index."""
    return "/".join((variant or "-", scenario, str(index)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """Versions of what produced a run."""

    harness: str = ""
    sdk: str = ""
    openai: str = ""
    vcrpy: str = ""
    python: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInfo:
    """A run without its scenarios and trials. `created_at` is ISO 8601 in UTC.

    `shard` is which part of what was selected ran, like `2/3`, or `1,3/3` of shards merged without the second; None is
    all of it. `suite` is the digest of what was selected, of a run that is or was a shard.
    """

    id: str
    created_at: str
    system: str
    mode: Mode
    variant: str | None = None
    commit: str | None = None
    dirty: bool = False
    stand_in: bool = False
    endpoint: str | None = None
    versions: Versions = Versions()
    format_version: int = FORMAT_VERSION
    seed: int | None = None
    shard: str | None = None
    suite: str | None = None
    settings: Mapping[str, JSON] = field(default_factory=dict)


def in_order(scenarios: Iterable[str], trials: Iterable[Trial]) -> tuple[Trial, ...]:
    """Trials finish in any order; a run has them trial after trial, each time in the order of its scenarios."""
    place = {name: index for index, name in enumerate(scenarios)}
    last = len(place)
    return tuple(
        sorted(trials, key=lambda each: (each.variant or "", each.index, place.get(each.scenario, last), each.scenario))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A whole run: what run.jsonl holds."""

    info: RunInfo
    graph: AgentGraph
    scenarios: tuple[Scenario, ...]
    trials: tuple[Trial, ...]
    complete: bool = True

    @property
    def stand_in(self) -> bool:
        """Whether any answer, live or recorded, came from the stand-in."""
        return self.info.stand_in or any(trial.stand_in for trial in self.trials)

    def scenario(self, scenario_id: str) -> Scenario | None:
        """The scenario with this id, or None."""
        return next((each for each in self.scenarios if each.id == scenario_id), None)
