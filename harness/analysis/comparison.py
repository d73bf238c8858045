"""A run held against another run, against a baseline, or a variant against a variant."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from harness.analysis.agent_changes import AgentChange, agent_changes
from harness.analysis.layer_changes import LayerChange, layer_changes
from harness.analysis.summary import culprits
from harness.analysis.tally import NOTHING, OVERALL, Tally
from harness.core.results import Verdict
from harness.core.trace import Layer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
    """Everything that differs between `candidate` and `reference` (their labels). `effort` is tokens, cost, seconds."""

    candidate: str
    reference: str
    scenarios: tuple[ScenarioChange, ...]
    layers: tuple[LayerChange, ...]
    agents: tuple[AgentChange, ...]
    effort: tuple[EffortChange, ...]
    sentence: str

    def of(self, kind: Change) -> tuple[ScenarioChange, ...]:
        """The scenarios of one kind of change; quarantined ones are among them."""
        return tuple(each for each in self.scenarios if each.kind is kind)

    @property
    def regressed(self) -> tuple[ScenarioChange, ...]:
        """The regressions that count: quarantined scenarios are left out."""
        return tuple(each for each in self.of(Change.REGRESSED) if not each.quarantined)


def compare(candidate: Summary, reference: Summary) -> Comparison:
    """Hold `candidate` against `reference`; scenarios in the candidate's order, removed ones last."""
    names = list(dict.fromkeys([*candidate.entries, *reference.entries]))
    scenarios = tuple(_scenario(name, candidate.entries.get(name), reference.entries.get(name)) for name in names)
    layers = layer_changes(candidate, reference)
    moved = {each.scenario: each.agents for each in scenarios if each.kind in _MOVES}
    agents = agent_changes(candidate.agents, reference.agents, moved)
    return Comparison(
        candidate=candidate.label,
        reference=reference.label,
        scenarios=scenarios,
        layers=layers,
        agents=agents,
        effort=_effort(candidate, reference),
        sentence=_sentence(scenarios, layers, agents, culprits(_regressed_entries(candidate, scenarios))),
    )


def kind_of(after: Entry, before: Entry) -> Change:
    """What became of a scenario that both sides have."""
    if not after.same_case(before):
        return Change.CHANGED_EXPECTATION
    if Verdict.ERRORED in (after.verdict, before.verdict):
        return Change.SAME if after.verdict is before.verdict else Change.UNJUDGED
    if after.verdict is not before.verdict:
        return Change.FIXED if after.verdict is Verdict.PASSED else Change.REGRESSED
    return Change.SAME if set(after.paths) == set(before.paths) else Change.OTHER_PATH


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
    blamed: tuple[Fault, ...],
) -> str:
    """What happened, how sure that is, who changed, and where to look first."""
    decide = [each for each in scenarios if not each.quarantined]
    worse = [each.scenario for each in decide if each.kind is Change.REGRESSED]
    fixed = [each.scenario for each in decide if each.kind is Change.FIXED]
    paths = sum(each.kind is Change.OTHER_PATH for each in decide)
    both = sum(each.kind not in (Change.NEW, Change.REMOVED) for each in decide)
    if not both:
        return "The two sides have no scenario in common, so nothing can be compared."
    parts = [_counted(len(worse), len(fixed), paths, both), _strongest(layers)]
    parts.append("; ".join(f"{each.agent}: {', '.join(each.parts)} changed" for each in agents if each.parts))
    if worse:
        parts.append(f"look at {worse[0]!r} first{_blamed(blamed)}")
    elif fixed:
        parts.append("nothing speaks against the candidate")
    return "; ".join(part for part in parts if part) + "."


def _counted(worse: int, fixed: int, paths: int, both: int) -> str:
    if not worse and not fixed:
        also = f", {paths} of them on another path" if paths else ""
        return f"No verdict changed on {both} scenario{'s' if both > 1 else ''}{also}"
    return f"{worse} regressed and {fixed} fixed of {both} scenario{'s' if both > 1 else ''}"


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
