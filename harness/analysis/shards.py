"""One run out of the shards it was run in: none missing, none twice, and all of the same thing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.analysis.agent_changes import agent_changes
from harness.analysis.digest import suite_digest
from harness.core.results import Run, in_order
from harness.errors import ShardsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.core.results import RunInfo
    from harness.core.scenario import Scenario

SUFFIX = "-merged"
"""What the id of a run that was made out of shards ends with."""


def merged(shards: Sequence[Run], *, allow_partial: bool = False) -> Run:
    """The one run that these are the shards of, whatever order they come in; its id is the newest shard's.

    Raises ShardsError with everything that speaks against it. With `allow_partial` shards may be missing or not
    finished: the run is then not complete, and says which shards it is.
    """
    _refuse(list(_strangers(shards)) if shards else ["no shard is there"])
    _refuse([*_differences(shards), *_doubled(shards)])
    missing = _missing(shards)
    unfinished = [each for each in shards if not each.complete]
    lacking = [*missing, *(f"{_named(each)} was not finished" for each in unfinished)]
    if not allow_partial:
        resuming = [f"harness run --resume with the folder of {each.info.id}" for each in unfinished]
        _refuse(lacking, "; ".join([*resuming, "--allow-partial shows what there is, which is never a pass"]))
    run = _joined(shards, missing=bool(missing), complete=not lacking)
    if not missing and suite_digest(run.scenarios) != run.info.suite:
        _refuse(["together the shards do not have the scenarios that were selected"])
    return run


def _refuse(found: Sequence[str], hint: str = "give every shard of one run, once") -> None:
    if found:
        raise ShardsError("could not judge: " + "; ".join(found), hint=hint)


def _strangers(shards: Sequence[Run]) -> Iterator[str]:
    for each in shards:
        if not each.info.shard:
            yield f"{each.info.id} is a whole run, no shard"
        elif "," in each.info.shard:
            yield f"{each.info.id} is merged already; merge the shards themselves"


def _part(run: Run) -> tuple[int, int]:
    """Which of how many."""
    index, _, count = (run.info.shard or "").partition("/")
    return int(index), int(count)


def _named(run: Run) -> str:
    return f"shard {run.info.shard} ({run.info.id})"


def _missing(shards: Sequence[Run]) -> tuple[str, ...]:
    _, count = _part(shards[0])
    there = {_part(each)[0] for each in shards}
    return tuple(f"shard {index}/{count} is missing" for index in range(1, count + 1) if index not in there)


def _doubled(shards: Sequence[Run]) -> Iterator[str]:
    """Shards that are there twice, or else scenarios that are."""
    parts: dict[str, list[Run]] = defaultdict(list)
    scenarios: dict[str, list[Run]] = defaultdict(list)
    for run in shards:
        parts[f"shard {run.info.shard}"].append(run)
        for scenario in run.scenarios:
            scenarios[scenario.id].append(run)
    for having in (parts, scenarios):
        twice = {name: runs for name, runs in sorted(having.items()) if len(runs) > 1}
        yield from (f"{name} is there {len(runs)} times: {_ids(runs)}" for name, runs in twice.items())
        if twice:
            return


def _ids(runs: Sequence[Run]) -> str:
    return ", ".join(each.info.id for each in runs)


def _differences(shards: Sequence[Run]) -> Iterator[str]:
    """What is not the same in all of them."""
    facts = [_facts(each) for each in shards]
    for name in dict.fromkeys(name for each in facts for name in each):
        having: dict[str, list[str]] = defaultdict(list)
        for run, fact in zip(shards, facts, strict=True):
            having[fact.get(name) or "none"].append(run.info.shard or "")
        if len(having) > 1:
            yield f"{name} differs: " + ", ".join(f"{value} ({', '.join(who)})" for value, who in having.items())
    for other in shards[1:]:
        agents = [each.agent for each in agent_changes(other.graph.agents, shards[0].graph.agents, {})]
        if agents:
            yield f"the agents of {_named(shards[0])} and {_named(other)} differ: {', '.join(agents)}"


def _facts(run: Run) -> Mapping[str, str]:
    info = run.info
    return {
        "number of shards": str(_part(run)[1]),
        "commit": info.commit or "",
        "suite": info.suite or "",
        "system": info.system,
        "mode": info.mode.value,
        "variant": info.variant or "baseline",
        "seed": str(info.seed or ""),
        **{name: str(value or "") for name, value in sorted(info.settings.items())},
        "harness": info.versions.harness,
        "SDK": info.versions.sdk,
    }


def _joined(shards: Sequence[Run], *, missing: bool, complete: bool) -> Run:
    scenarios = tuple(sorted((each for run in shards for each in run.scenarios), key=_place))
    return Run(
        info=_informed(shards, missing=missing),
        graph=_newest(shards).graph,
        scenarios=scenarios,
        trials=in_order([each.id for each in scenarios], (trial for run in shards for trial in run.trials)),
        complete=complete,
    )


def _place(scenario: Scenario) -> tuple[str, int, str]:
    """Suites are read file by file from top to bottom."""
    return scenario.location.file, scenario.location.line, scenario.id


def _newest(shards: Sequence[Run]) -> Run:
    return max(shards, key=lambda each: (each.info.created_at, each.info.id))


def _informed(shards: Sequence[Run], *, missing: bool) -> RunInfo:
    newest = _newest(shards).info
    there = ",".join(str(index) for index, _ in sorted(map(_part, shards)))
    return replace(
        newest,
        id=newest.id + SUFFIX,
        dirty=any(each.info.dirty for each in shards),
        stand_in=any(each.info.stand_in for each in shards),
        endpoint=min((each.info.endpoint for each in shards if each.info.endpoint), default=None),
        shard=f"{there}/{_part(shards[0])[1]}" if missing else None,
    )
