"""A run boiled down to what comparisons and baselines need: one entry a scenario."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.analysis.digest import SCORER_VERSION, path_digest, scenario_digest
from harness.analysis.effort import effort
from harness.analysis.failures import sentence_of
from harness.analysis.outcome import scenario_results
from harness.analysis.prices import list_price
from harness.analysis.tally import OVERALL, Tallies, Tally, pooled, tallies_of
from harness.core.graph import AgentNode
from harness.core.results import Mode, Verdict
from harness.core.trace import Layer, runs_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.outcome import ScenarioResult
    from harness.core.graph import AgentGraph
    from harness.core.results import Run, Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Failed trials that one agent is blamed for."""

    agent: str | None = None
    layer: Layer | None = None
    trials: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One scenario. `batches` holds, by metric, the tally of each run that was pooled, oldest first.

    `paths` are the digests of the trials' normalised traces, in order. `agents` took part. `why` says why the first
    failed trial failed. `tokens`, `cost_usd` (at list price, whoever answered) and `seconds` are means over the trials;
    None means unknown, and for `seconds` that some answers were replayed. A `quarantined` scenario decides nothing.
    """

    digest: str
    scorer: int = SCORER_VERSION
    verdict: Verdict
    paths: tuple[str, ...] = ()
    batches: Mapping[str, tuple[Tally, ...]] = field(default_factory=dict)
    agents: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    why: str = ""
    tokens: float = 0.0
    cost_usd: float | None = None
    seconds: float | None = None
    quarantined: bool = False

    def tally(self, metric: str = OVERALL) -> Tally:
        """All batches of `metric` together."""
        return pooled(self.batches.get(metric, ()))

    def same_case(self, other: Entry) -> bool:
        """Whether both were asked and judged alike, so that their results can be compared."""
        return (self.digest, self.scorer) == (other.digest, other.scorer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A run, or the runs a baseline was pooled from. `runs` are their ids, the newest last.

    `mode` is replay, or live for every run that asked a model, recordings included.
    """

    label: str
    system: str
    mode: Mode
    created_at: str
    commit: str | None = None
    stand_in: bool = False
    runs: tuple[str, ...] = ()
    agents: tuple[AgentNode, ...] = ()
    entries: Mapping[str, Entry] = field(default_factory=dict)

    def tallies(self, metric: str = OVERALL) -> Tallies:
        """The tally of each scenario that speaks to `metric` and decides something."""
        return {
            name: tally
            for name, entry in self.entries.items()
            if not entry.quarantined and (tally := entry.tally(metric)).total
        }


def summary_of(run: Run, label: str = "") -> Summary:
    """Boil `run` down; it must hold one variant only."""
    mode = Mode.REPLAY if run.info.mode is Mode.REPLAY else Mode.LIVE
    return Summary(
        label=label or run.info.variant or run.info.id,
        system=run.info.system,
        mode=mode,
        created_at=run.info.created_at,
        commit=run.info.commit,
        stand_in=run.stand_in,
        runs=(run.info.id,),
        agents=run.graph.agents,
        entries={result.scenario.id: _entry(result, run.graph, mode) for result in scenario_results(run)},
    )


def culprits(entries: Sequence[Entry]) -> tuple[Fault, ...]:
    """Who is blamed for the failed trials of `entries`, most often first."""
    found: Counter[tuple[Layer | None, str | None]] = Counter()
    for entry in entries:
        for fault in entry.faults:
            found[fault.layer, fault.agent] += fault.trials
    return tuple(Fault(layer=layer, agent=agent, trials=count) for (layer, agent), count in found.most_common())


def _entry(result: ScenarioResult, graph: AgentGraph, mode: Mode) -> Entry:
    trials = result.trials
    took = effort(trials)
    cost = list_price(trials)
    failed = [trial for trial in trials if trial.verdict is Verdict.FAILED]
    return Entry(
        digest=scenario_digest(result.scenario),
        verdict=result.verdict,
        paths=tuple(path_digest(trial.trace) for trial in trials),
        batches={metric: (tally,) for metric, tally in tallies_of(result.scenario, trials, graph).items()},
        agents=_agents(trials),
        faults=_faults(failed),
        why=sentence_of(failed[0]) if failed else "",
        tokens=round(took.usage.total_tokens / len(trials), 1),
        cost_usd=None if cost is None else round(cost / len(trials), 6),
        seconds=None if mode is Mode.REPLAY or took.replayed else round(took.seconds / len(trials), 3),
        quarantined=result.quarantined,
    )


def _agents(trials: Sequence[Trial]) -> tuple[str, ...]:
    runs = [run for trial in trials for run in runs_of(trial.trace)]
    names = [(run.agent.name, *(step.owner.name for step in run.steps)) for run in runs]
    return tuple(dict.fromkeys(name for each in names for name in each))


def _faults(failed: Sequence[Trial]) -> tuple[Fault, ...]:
    counts: dict[tuple[str | None, Layer | None], int] = defaultdict(int)
    for trial in failed:
        if trial.blame is not None:
            counts[trial.blame.agent, trial.blame.layer] += 1
    return tuple(Fault(agent=agent, layer=layer, trials=count) for (agent, layer), count in counts.items())
