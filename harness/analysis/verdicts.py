"""Which metric each score speaks for, and what each trial says to it: the long table all metrics are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from harness.core.results import Run, Score, Trial, Verdict
from harness.core.scenario import EscalationTarget
from harness.core.trace import Layer
from harness.scoring.scope import level_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pandas as pd

    from harness.core.graph import AgentGraph
    from harness.core.scenario import Expectation, ExpectedItem, Scenario, ToolsExpectation

METRICS: Mapping[str, str] = {
    "triage.routing": "Triage routing",
    "specialist.tools": "Specialist tools",
    "helper.tools": "Helper calls",
    "escalation": "Escalation",
    "escalation.missed": "Missed escalations",
    "escalation.needless": "Needless escalations",
    "end_to_end": "End to end",
}
"""Every metric by name, with the name people read."""

COUNTED_FAULTS = ("escalation.missed", "escalation.needless")
"""Metrics whose rate is the share of faults: lower is better."""

WORST_LAST = (Verdict.NOT_APPLICABLE, Verdict.PASSED, Verdict.ERRORED, Verdict.FAILED)
"""Of several scores of a trial the worst one counts."""

_TOOL_SCORERS = ("tools", "forbidden_tools", "behaviour")
_ROUTING_SCORERS = ("routing", "route")


class Mark(NamedTuple):
    """What one trial says to one metric. `value` is partial credit in 0..1."""

    scenario: str
    variant: str
    trial: int
    metric: str
    agent: str
    verdict: Verdict
    value: float | None
    quarantined: bool


def verdict_table(run: Run, quarantined: frozenset[str]) -> pd.DataFrame:
    """One row for each mark of each trial of the run."""
    import pandas as pd  # noqa: PLC0415 - half a second, and a listing needs no table

    scenarios = {each.id: each for each in run.scenarios}
    marks = [
        Mark(trial.scenario, trial.variant or "", trial.index, *said, trial.scenario in quarantined)
        for trial in run.trials
        for said in _said(trial, scenarios.get(trial.scenario), run.graph)
    ]
    return pd.DataFrame(marks, columns=list(Mark._fields))


def trial_verdicts(trial: Trial, scenario: Scenario | None, graph: AgentGraph) -> dict[str, Verdict]:
    """What one trial says to each metric it speaks to: of several scores the worst one counts."""
    found: dict[str, Verdict] = {}
    for metric, _, verdict, _ in _said(trial, scenario, graph):
        found[metric] = max(found.get(metric, verdict), verdict, key=WORST_LAST.index)
    return found


_Said = tuple[str, str, Verdict, float | None]


def _said(trial: Trial, scenario: Scenario | None, graph: AgentGraph) -> Iterator[_Said]:
    level = level_of(scenario, graph) if scenario else None
    if level is None:
        yield "end_to_end", "", trial.verdict, None
    if trial.verdict is Verdict.ERRORED and not trial.scores:
        yield from ((metric, "", Verdict.ERRORED, None) for metric in _asked(scenario, level))
        return
    for score in trial.scores:
        if not score.advisory:
            yield from _spoken(score)


def _spoken(score: Score) -> Iterator[_Said]:
    agent = score.agent or ""
    if score.scorer == "escalation":
        yield "escalation", agent, score.verdict, score.value
        yield from _escalation_faults(score, agent)
    elif score.layer is Layer.TRIAGE and score.scorer in _ROUTING_SCORERS:
        yield "triage.routing", agent, score.verdict, score.value
    elif score.layer in (Layer.SPECIALIST, Layer.HELPER) and score.scorer in _TOOL_SCORERS:
        yield f"{score.layer.value}.tools", agent, score.verdict, score.value


def _escalation_faults(score: Score, agent: str) -> Iterator[_Said]:
    """Missed can only be what was wanted, needless only what was not: each has its own denominator."""
    wanted = score.expected.split(" ", maxsplit=1)[0]
    for fault, possible in (
        ("missed", wanted != EscalationTarget.NONE),
        ("needless", wanted != EscalationTarget.HUMAN),
    ):
        if possible:
            judged = score.verdict in (Verdict.PASSED, Verdict.FAILED)
            verdict = score.verdict if not judged else Verdict.FAILED if score.outcome == fault else Verdict.PASSED
            yield f"escalation.{fault}", agent, verdict, None


def _asked(scenario: Scenario | None, level: Layer | None) -> Iterator[str]:
    """The metrics that an errored trial would have spoken to."""
    if scenario is None:
        return
    expectations = [scenario.expect, *(turn.expect for turn in scenario.conversation if turn.expect)]
    asked = {metric for expect in expectations for metric in _asked_by(expect, level)}
    yield from (metric for metric in METRICS if metric in asked)


def _asked_by(expect: Expectation, level: Layer | None) -> Iterator[str]:
    if expect.specialist or expect.route:
        yield "triage.routing"
    if expect.tools is not None or expect.forbidden_tools:
        yield "helper.tools" if level is Layer.HELPER else "specialist.tools"
    if expect.tools is not None and _asks_helpers(expect.tools):
        yield "helper.tools"
    if expect.escalation is not None:
        yield "escalation"
        yield from () if expect.escalation.to is EscalationTarget.NONE else ("escalation.missed",)
        yield from () if expect.escalation.to is EscalationTarget.HUMAN else ("escalation.needless",)


def _asks_helpers(tools: ToolsExpectation) -> bool:
    return any(call for call in _helped(tools.calls))


def _helped(items: Iterable[ExpectedItem]) -> Iterator[bool]:
    for item in items:
        match item.kind:
            case "call":
                yield item.helper is not None
            case "any_of":
                for alternative in item.alternatives:
                    yield from _helped(alternative)
            case _:
                yield from _helped(item.calls)
