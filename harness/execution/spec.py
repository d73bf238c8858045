"""What there is to run, as plain data: it can be pickled, written as JSON, and run again anywhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from harness.cassettes.router import PLAIN, TapeOptions
from harness.core.results import Mode, Versions, trial_key
from harness.core.scenario import Scenario
from harness.core.variant import Variant


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialSpec:
    """One trial to run: the same trial whenever and wherever it is run again. `cassette` is its own file.

    A trial of a variant takes from `borrow`, the recording of the agents as they are, what was asked there too.
    """

    scenario: Scenario
    index: int
    cassette: Path
    variant: str | None = None
    borrow: Path | None = None

    @property
    def key(self) -> str:
        """The key its trial will have."""
        return trial_key(self.variant, self.scenario.id, self.index)

    @property
    def history(self) -> Path | None:
        """The recording that its history comes from, of the agents as they are; None: from none."""
        source = self.scenario.history_from
        return (self.borrow or self.cassette).with_name(f"{source}.yaml") if source is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What all trials of a run have in common.

    `system` is the agents' reference, `module:attribute`. `api` is what the endpoint speaks: `chat_completions`, or
    `responses`, which leaves the choice to the application. `endpoint` None is the application's own client, or else
    the OpenAI client's default. `timeout` is in seconds a trial, `max_turns` the SDK's limit on model calls per turn.
    `retries` is how often a live trial that met an infrastructure error is run again. A key is never part of this:
    it is read from the environment where the trial runs. `seed` (0: none) and `clock` (empty: the real one) hold for
    scenarios that say nothing of them. `variants` are those that trials name.
    """

    system: str
    mode: Mode = Mode.REPLAY
    endpoint: str | None = None
    api: str = "responses"
    judge_model: str = "gpt-4o-mini"
    timeout: float = 120.0
    max_turns: int = 30
    retries: int = 2
    tape: TapeOptions = PLAIN
    seed: int = 0
    clock: str = ""
    variants: tuple[Variant, ...] = ()
    versions: Versions = field(default_factory=Versions)
