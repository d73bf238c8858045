"""A run held against another run, against a baseline, or a variant against a variant."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from harness.analysis.agent_changes import AgentChange, agent_changes
from harness.analysis.cost_changes import CostChange
from harness.analysis.layer_changes import LayerChange, holm_adjusted, layer_changes
from harness.analysis.summary import culprits
from harness.analysis.tally import NOTHING, OVERALL, Tally
from harness.core.results import Verdict
from harness.core.trace import Layer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.analysis.summary import Entry, Fault, Summary


class Change(StrEnum):
    """What became of a scenario between two runs, in the order in which a person wants to read it."""

    REGRESSED = "regressed"
    FIXED = "fixed"
    OTHER_PATH = "other_path"
    UNJUDGED = "unjudged"
    CHANGED_EXPECTATION = "changed_expectation"
    NEW = "new"
    REMOVED = "removed"
    SAME = "same"


CHANGE_WORDS: Mapping[Change, str] = {
    Change.REGRESSED: "regressed",
    Change.FIXED: "fixed",
    Change.OTHER_PATH: "other path, same verdict",
    Change.UNJUDGED: "could not be judged",
    Change.CHANGED_EXPECTATION: "changed expectation",
    Change.NEW: "new",
    Change.REMOVED: "removed",
    Change.SAME: "same",
}
"""Kinds of change in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioChange:
    """One scenario on both sides. `why`, `layer` and `agent` are the candidate's first failure and who is blamed."""

    scenario: str
    kind: Change
    before: Tally = NOTHING
    after: Tally = NOTHING
    why: str = ""
    layer: Layer | None = None
    agent: str | None = None
    agents: tuple[str, ...] = ()
    quarantined: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EffortChange:
    """Means over the trials of one scenario, averaged over the `scenarios` where both sides are known."""

    name: str
    before: float
    after: float
    scenarios: int

    @property
    def ratio(self) -> float | None:
        """After as a multiple of before; None when there was nothing before."""
        return self.after / self.before if self.before else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Everything that differs between `candidate` and `reference` (their labels).

    `effort` is tokens, cost and seconds; `costs` says where the money goes, when both sides are runs and no summaries.
    """

    candidate: str
    reference: str
    scenarios: tuple[ScenarioChange, ...]
    layers: tuple[LayerChange, ...]
    agents: tuple[AgentChange, ...]
    effort: tuple[EffortChange, ...]
    sentence: str
    costs: tuple[CostChange, ...] = ()

    def of(self, kind: Change) -> tuple[ScenarioChange, ...]:
        """The scenarios of one kind of change; quarantined ones are among them."""
        return tuple(each for each in self.scenarios if each.kind is kind)

    @property
    def regressed(self) -> tuple[ScenarioChange, ...]:
        """The regressions that count: quarantined scenarios are left out."""
        return tuple(each for each in self.of(Change.REGRESSED) if not each.quarantined)


def compare(candidate: Summary, reference: Summary) -> Comparison:
    """Hold `candidate` against `reference`; scenarios in the candidate's order, removed ones last."""
    return compare_all((candidate,), reference)[0]


def compare_all(candidates: Sequence[Summary], reference: Summary) -> tuple[Comparison, ...]:
    """Hold each candidate against `reference`; p values are adjusted over all metrics of all candidates."""
    found = holm_adjusted([layer_changes(each, reference) for each in candidates])
    return tuple(_compared(each, reference, layers) for each, layers in zip(candidates, found, strict=True))


def best_of(comparisons: Sequence[Comparison]) -> str:
    """Which of several candidates did best, and why its number is not to be believed yet; empty for a single one."""
    if len(comparisons) < 2:  # noqa: PLR2004 - a choice needs two
        return ""
    ranked = sorted(comparisons, key=_standing)
    first = ranked[0]
    level = [each.candidate for each in ranked if _standing(each) == _standing(first)]
    if len(level) > 1:
        return f"No one candidate did best: {', '.join(level[:-1])} and {level[-1]} pass alike."
    return (
        f"{first.candidate} did best, but the best of {len(ranked)} looks better than it is: take its number from a"
        f" fresh run of it and {first.reference} alone."
    )


def _standing(comparison: Comparison) -> tuple[float, int]:
    """Best first: the change of the rate over all scenarios, then how few regressed."""
    overall = next((each.change for each in comparison.layers if each.metric == OVERALL), 0.0)
    return -overall, len(comparison.regressed)


def _compared(candidate: Summary, reference: Summary, layers: tuple[LayerChange, ...]) -> Comparison:
    names = list(dict.fromkeys([*candidate.entries, *reference.entries]))
    scenarios = tuple(_scenario(name, candidate.entries.get(name), reference.entries.get(name)) for name in names)
    effort = _effort(candidate, reference)
    moved = {each.scenario: each.agents for each in scenarios if each.kind in _MOVES}
    agents = agent_changes(candidate.agents, reference.agents, moved)
    return Comparison(
        candidate=candidate.label,
        reference=reference.label,
        scenarios=scenarios,
        layers=layers,
        agents=agents,
        effort=effort,
        sentence=_sentence(scenarios, layers, agents, effort, culprits(_regressed_entries(candidate, scenarios))),
    )


def kind_of(after: Entry, before: Entry) -> Change:
    """What became of a scenario that both sides have."""
    if not after.same_case(before):
        return Change.CHANGED_EXPECTATION
    if Verdict.ERRORED in (after.verdict, before.verdict):
        return Change.UNJUDGED
    if after.verdict is not before.verdict:
        return Change.FIXED if after.verdict is Verdict.PASSED else Change.REGRESSED
    return Change.SAME if set(after.paths) == set(before.paths) else Change.OTHER_PATH


_NOTABLE = 0.05
"""The share by which a cost must change to be worth a word."""

_MOVES = (Change.REGRESSED, Change.FIXED, Change.OTHER_PATH)


def _scenario(name: str, after: Entry | None, before: Entry | None) -> ScenarioChange:
    if after is None or before is None:
        only = after or before
        kind = Change.NEW if after else Change.REMOVED
        quarantined = only is not None and only.quarantined
    else:
        kind, quarantined = kind_of(after, before), after.quarantined
    blamed = culprits([after])[:1] if after else ()
    return ScenarioChange(
        scenario=name,
        kind=kind,
        before=before.tally() if before else NOTHING,
        after=after.tally() if after else NOTHING,
        why=after.why if after else "",
        layer=blamed[0].layer if blamed else None,
        agent=blamed[0].agent if blamed else None,
        agents=tuple(dict.fromkeys(agent for each in (after, before) if each for agent in each.agents)),
        quarantined=quarantined,
    )


def _effort(candidate: Summary, reference: Summary) -> tuple[EffortChange, ...]:
    both = [(entry, reference.entries[name]) for name, entry in candidate.entries.items() if name in reference.entries]
    found = []
    for name in ("tokens", "cost_usd", "seconds"):
        known = [
            (float(mine), float(other))
            for after, before in both
            if (mine := getattr(after, name)) is not None and (other := getattr(before, name)) is not None
        ]
        if known:
            after_mean, before_mean = (sum(side) / len(known) for side in zip(*known, strict=True))
            found.append(EffortChange(name=name, before=before_mean, after=after_mean, scenarios=len(known)))
    return tuple(found)


def _regressed_entries(candidate: Summary, scenarios: Iterable[ScenarioChange]) -> list[Entry]:
    return [candidate.entries[each.scenario] for each in scenarios if each.kind is Change.REGRESSED]


def _sentence(
    scenarios: Iterable[ScenarioChange],
    layers: Iterable[LayerChange],
    agents: Iterable[AgentChange],
    effort: Iterable[EffortChange],
    blamed: tuple[Fault, ...],
) -> str:
    """What happened, how sure that is, who changed, and where to look first."""
    decide = [each for each in scenarios if not each.quarantined]
    worse = [each.scenario for each in decide if each.kind is Change.REGRESSED]
    fixed = [each.scenario for each in decide if each.kind is Change.FIXED]
    paths = sum(each.kind is Change.OTHER_PATH for each in decide)
    both = len(worse) + len(fixed) + paths + sum(each.kind is Change.SAME for each in decide)
    unknown = [
        f"{count} {CHANGE_WORDS[kind]}"
        for kind in (Change.UNJUDGED, Change.CHANGED_EXPECTATION)
        if (count := sum(each.kind is kind for each in decide))
    ]
    if not both:
        why = f"{' and '.join(unknown)}: nothing" if unknown else "The two sides have no scenario in common, so nothing"
        return f"{why} can be compared."
    parts = [_counted(len(worse), len(fixed), paths, both), *unknown, _aside(scenarios), _strongest(layers)]
    parts.append("; ".join(f"{each.agent}: {', '.join(each.parts)} changed" for each in agents if each.parts))
    cost = next((each.ratio for each in effort if each.name == "cost_usd"), None)
    dearer = cost is not None and cost > 1 + _NOTABLE
    if cost is not None and abs(cost - 1) > _NOTABLE:
        parts.append(f"it costs {abs(cost - 1):.0%} {'more' if dearer else 'less'} at list price")
    if worse:
        parts.append(f"look at {worse[0]!r} first{_blamed(blamed)}")
    elif not dearer and not unknown and (_gained(scenarios) or (cost is not None and cost < 1 - _NOTABLE)):
        parts.append("nothing speaks against the candidate")
    elif not dearer and not unknown and any(each.parts for each in agents):
        parts.append("it makes no difference here")
    return "; ".join(part for part in parts if part) + "."


def _counted(worse: int, fixed: int, paths: int, both: int) -> str:
    if not worse and not fixed:
        also = f", {paths} of them on another path" if paths else ""
        return f"No verdict changed on {both} scenario{'s' if both > 1 else ''}{also}"
    return f"{worse} regressed and {fixed} fixed of {both} scenario{'s' if both > 1 else ''}"


def _aside(scenarios: Iterable[ScenarioChange]) -> str:
    """What turned in quarantine: it decides nothing, and whoever chooses between two wordings wants to know."""
    found = [each.kind for each in scenarios if each.quarantined]
    told = [
        f"{count} {CHANGE_WORDS[kind]}" for kind in (Change.REGRESSED, Change.FIXED) if (count := found.count(kind))
    ]
    return f"of those in quarantine {' and '.join(told)}" if told else ""


def _gained(scenarios: Iterable[ScenarioChange]) -> bool:
    kinds = {each.kind for each in scenarios}
    return Change.FIXED in kinds and Change.REGRESSED not in kinds


def _strongest(layers: Iterable[LayerChange]) -> str:
    told = [each for each in layers if each.adjusted_p is not None and each.metric != OVERALL and each.change]
    if not told:
        return ""
    first = min(told, key=lambda each: each.adjusted_p or 0.0)
    sure = "" if first.significant else ", which chance explains as well"
    return (
        f"{first.label.lower()} went from {first.rate_before:.1%} to {first.rate_after:.1%}"
        f" (n = {first.scenarios} scenarios, adjusted p = {first.adjusted_p:.2g}{sure})"
    )


def _blamed(blamed: tuple[Fault, ...]) -> str:
    if not blamed or blamed[0].agent is None:
        return ""
    layer = f", {blamed[0].layer}" if blamed[0].layer else ""
    return f" (most blamed: {blamed[0].agent}{layer})"
