"""History and conversation against the level that a scenario tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core.trace import Layer
from harness.errors import Problem, Severity, did_you_mean
from harness.suite.surroundings import place_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from harness.core.scenario import Scenario
    from harness.suite.surroundings import Case


def levels(case: Case, scenarios: Mapping[str, Scenario], unread: Collection[str]) -> Iterator[Problem]:
    """Problems with `history`, `conversation` and `layer`; `scenarios` are those of the suite by id."""
    if case.scenario.history_from not in unread:
        yield from _history(case, scenarios)
    if case.layer is Layer.HELPER:
        yield from _helper(case)
    if case.scenario.draft:
        yield Problem(
            message=f"the scenario {case.scenario.id!r} is a draft",
            where=place_of(case.scenario, "draft"),
            hint="read it, correct it, then remove `draft`",
            severity=Severity.WARNING,
        )


def _history(case: Case, scenarios: Mapping[str, Scenario]) -> Iterator[Problem]:
    scenario = case.scenario
    wanted = scenario.history_from
    if wanted is None:
        return
    source = scenarios.get(wanted)
    if source is None:
        others = [name for name in scenarios if name != scenario.id]
        yield case.wrong(
            scenario, "history", f"`history`: no scenario is named {wanted!r}", did_you_mean(wanted, others)
        )
    elif source is scenario:
        yield case.wrong(scenario, "history", f"`history`: {wanted!r} is this scenario itself")
    elif source.agent not in (None, case.around.graph.entry):
        message = f"`history`: {wanted!r} starts at {source.agent}, it is not end to end"
        yield case.wrong(scenario, "history", message, "name a scenario without `agent`")


def _helper(case: Case) -> Iterator[Problem]:
    scenario = case.scenario
    if scenario.history or scenario.history_from:
        message = "`history`: a helper is run alone, as a tool: it sees no conversation"
        yield case.wrong(scenario, "history", message, "put what it needs into `user`")
    if len(scenario.conversation) > 1:
        message = "`conversation`: a helper is run alone, as a tool: it has one turn"
        yield case.wrong(scenario, "conversation", message, "write one scenario for each input")
