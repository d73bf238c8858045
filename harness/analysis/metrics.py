"""Numbers over all trials of a run: per layer, per agent, routing, tools, repeats. Thresholds are the gate's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.effort import Effort, effort_of
from harness.analysis.failures import FailureGroup, failure_groups
from harness.analysis.outcome import ScenarioResult, quarantined_ids, scenario_results
from harness.analysis.repeats import AtK, Reliability, at_each_k, reliability_of
from harness.analysis.routing_table import RoutingTable, routing_table
from harness.analysis.statistics import (
    Interval,
    Repeats,
    population_interval,
    proportion_interval,
    suite_interval,
)
from harness.analysis.tool_use import ToolUse, tool_use
from harness.analysis.verdicts import COUNTED_FAULTS, METRICS, WORST_LAST, verdict_table
from harness.core.results import Run, Verdict

if TYPE_CHECKING:
    import pandas as pd

_ABOVE = {"specialist.tools": "triage.routing", "helper.tools": "specialist.tools"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One rate and what it was counted from. The unit is the trial.

    `rate` is None when nothing was judged; it is the share that passed, or for `lower_is_better` the share of
    faults. `interval` takes trials as independent; with repeats, `suite` answers for exactly these scenarios and
    `population` for scenarios like these. `value` is the mean partial credit. `given_above` is the rate among
    the trials whose layer above was right. `at` is pass@k and pass^k by k, of what is not a fault.
    """

    name: str
    label: str
    passed: int
    failed: int
    errored: int
    not_applicable: int
    lower_is_better: bool = False
    interval: Interval | None = None
    suite: Interval | None = None
    population: Interval | None = None
    value: float | None = None
    given_above: Metric | None = None
    at: tuple[AtK, ...] = ()

    @property
    def n(self) -> int:
        """How many trials were judged."""
        return self.passed + self.failed

    @property
    def hits(self) -> int:
        """The numerator of `rate`."""
        return self.failed if self.lower_is_better else self.passed

    @property
    def rate(self) -> float | None:
        """`hits` of `n`; None when nothing was judged."""
        return self.hits / self.n if self.n else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Everything counted over a run. Quarantined scenarios are in `quarantined` and in what happened only.

    `layers` are by metric name, `agents` by metric name and then by agent.
    """

    layers: Mapping[str, Metric]
    agents: Mapping[str, Mapping[str, Metric]]
    quarantined: Mapping[str, Metric]
    routing: RoutingTable
    tools: tuple[ToolUse, ...]
    reliability: Reliability
    failures: tuple[FailureGroup, ...]
    effort: Effort
    results: tuple[ScenarioResult, ...]


def metrics_of(run: Run) -> Metrics:
    """All metrics of `run`, in the order of `METRICS`; one that nothing spoke to has n = 0 and no rate."""
    quarantined = quarantined_ids(run)
    results = scenario_results(run)
    table = verdict_table(run, quarantined)
    table["rank"] = table["verdict"].map({verdict: rank for rank, verdict in enumerate(WORST_LAST)}).astype("int8")
    counted, aside = table[~table["quarantined"].astype(bool)], table[table["quarantined"].astype(bool)]
    return Metrics(
        layers=_layers(counted),
        agents=_agents(counted),
        quarantined=_layers(aside),
        routing=routing_table(run),
        tools=tool_use(run),
        reliability=reliability_of([each for each in results if not each.quarantined]),
        failures=failure_groups(results),
        effort=effort_of(run),
        results=results,
    )


_TRIAL = ["scenario", "variant", "trial"]


def _layers(table: pd.DataFrame) -> dict[str, Metric]:
    ranks = _worst(table, ["metric"])
    values = table.groupby("metric")["value"].mean().to_dict()
    return {name: _layer(name, ranks, values.get(name)) for name in METRICS}


def _layer(name: str, ranks: pd.DataFrame, value: float | None) -> Metric:
    own = ranks[ranks["metric"] == name]
    above = _ABOVE.get(name)
    right = ranks[(ranks["metric"] == above) & (ranks["rank"] == WORST_LAST.index(Verdict.PASSED))]
    given = own.merge(right[_TRIAL], on=_TRIAL) if above else None
    return _metric(name, own, value, None if given is None else _metric(name, given))


def _agents(table: pd.DataFrame) -> dict[str, dict[str, Metric]]:
    named = table[table["agent"] != ""]
    ranks = _worst(named, ["metric", "agent"])
    found: dict[str, dict[str, Metric]] = {}
    for (metric, agent), own in ranks.groupby(["metric", "agent"], sort=True):
        values = named[(named["metric"] == metric) & (named["agent"] == agent)]["value"].mean()
        found.setdefault(str(metric), {})[str(agent)] = _metric(str(metric), own, float(values))
    return found


def _worst(table: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """One row a trial and metric: the worst of its scores."""
    return table.groupby([*_TRIAL, *by], sort=False)["rank"].max().reset_index()


def _metric(name: str, own: pd.DataFrame, value: float | None = None, given: Metric | None = None) -> Metric:
    counts = own["rank"].value_counts()
    absent, passed, errored, failed = (int(counts.get(rank, 0)) for rank in range(len(WORST_LAST)))
    faults = name in COUNTED_FAULTS
    hits = failed if faults else passed
    repeats = _repeats(own, WORST_LAST.index(Verdict.FAILED if faults else Verdict.PASSED))
    several = any(each.total > 1 for each in repeats)
    return Metric(
        name=name,
        label=METRICS[name],
        passed=passed,
        failed=failed,
        errored=errored,
        not_applicable=absent,
        lower_is_better=faults,
        interval=proportion_interval(hits, passed + failed),
        suite=suite_interval(repeats) if several else None,
        population=population_interval(repeats) if several else None,
        value=None if value is None or value != value else float(value),  # noqa: PLR0124 - pandas says NaN for "none"
        given_above=given,
        at=() if faults else at_each_k([(each.passed, each.total) for each in repeats]),
    )


def _repeats(own: pd.DataFrame, hit: int) -> list[Repeats]:
    """Each scenario's judged trials."""
    judged = own[own["rank"].isin((WORST_LAST.index(Verdict.PASSED), WORST_LAST.index(Verdict.FAILED)))]
    grouped = (judged["rank"] == hit).groupby([judged["scenario"], judged["variant"]]).agg(["sum", "count"])
    return [Repeats(int(hits), int(total)) for hits, total in grouped.itertuples(index=False)]
