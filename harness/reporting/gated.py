"""What a gate and a comparison say, in the form that every report shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.analysis.comparison import Change, Comparison
from harness.analysis.decision import Decision, Ruling, Weight
from harness.core.results import Verdict
from harness.reporting.decided import confirming
from harness.reporting.view import CHANGES, ChangesShown, GateShown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_VERDICTS: Mapping[Ruling, Verdict] = {
    Ruling.PASS: Verdict.PASSED,
    Ruling.FAIL: Verdict.FAILED,
    Ruling.INCONCLUSIVE: Verdict.ERRORED,
}
_MARKS: Mapping[Weight, str] = {
    Weight.BROKEN: "broken",
    Weight.UNJUDGED: "not judged",
    Weight.UNDECIDED: "undecided",
    Weight.NOTE: "note",
}


def gate_shown(decision: Decision) -> GateShown:
    """The gate's verdict with every reason; a pass leaves the headline to the run itself."""
    told = "" if decision.verdict is Ruling.PASS else decision.sentence.partition(": ")[2]
    return GateShown(
        verdict=_VERDICTS[decision.verdict],
        sentence=told and f"gate: {told}",
        reasons=tuple(_reasons(decision)),
        limits=decision.limits,
    )


def changes_shown(comparison: Comparison) -> ChangesShown:
    """Which scenarios changed, how, and the other side's rates."""
    named = {name: tuple(each.scenario for each in comparison.of(Change(name))) for name in CHANGES}
    rates = {each.metric: rate for each in comparison.layers if (rate := each.rate_before) is not None}
    return ChangesShown(
        baseline=comparison.reference,
        sentence=comparison.sentence,
        rates=rates,
        agents=comparison.agents,
        **named,
    )


def _reasons(decision: Decision) -> Iterator[str]:
    yield from (f"{_MARKS[each.weight]}: {each.message}" for each in decision.reasons)
    yield from (f"blind spot: {each}" for each in decision.blind_spots)
    if step := confirming(decision):
        yield " ".join(step)
