"""A gate's decision for people: on the terminal and in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.analysis.decision import Weight
from harness.analysis.screening import CONFIRM_TRIALS
from harness.reporting.clean import clean
from harness.reporting.markdown import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.analysis.decision import Decision, Reason

_MARKS: Mapping[Weight, str] = {
    Weight.BROKEN: "x broken",
    Weight.UNJUDGED: "! could not be judged",
    Weight.UNDECIDED: "? undecided",
    Weight.NOTE: "- note",
}
_SHOWN = 8


def decision_text(decision: Decision, *, explain: bool = False) -> str:
    """The verdict, every reason, and what could not have been seen; `explain` names all scenarios."""
    return clean("\n".join(_lines(decision, explain=explain)) + "\n")


def decision_markdown(decision: Decision) -> str:
    """The same for a pull request."""
    rows = [f"| {_MARKS[each.weight][2:]} | {_cell(each)} |" for each in decision.reasons]
    table = ["", "| weight | reason |", "| --- | --- |", *rows] if rows else []
    blind = ["", "What this run could not have seen:", "", *(f"- {plain(each)}" for each in decision.blind_spots)]
    step = confirming(decision)
    asked = ["", step[0], "", f"    {step[1]}"] if step else []
    said = f"**{plain(decision.sentence)}**"
    return "\n".join([said, *table, *(blind if decision.blind_spots else []), *asked]) + "\n"


def _lines(decision: Decision, *, explain: bool) -> Iterator[str]:
    yield decision.sentence
    for weight in (Weight.UNJUDGED, Weight.BROKEN, Weight.UNDECIDED, Weight.NOTE):
        for reason in decision.of(weight):
            yield f"  {_MARKS[weight]}: {reason.message}"
            if reason.scenarios:
                yield f"      {_names(reason.scenarios, len(reason.scenarios) if explain else _SHOWN)}"
            if explain:
                yield f"      rule: {reason.rule}; layer: {reason.layer or '-'}; agent: {reason.agent or '-'}"
    if decision.blind_spots:
        yield "What this run could not have seen:"
        yield from (f"  - {each}" for each in decision.blind_spots)
    if step := confirming(decision):
        yield step[0]
        yield f"  {step[1]}"


def confirming(decision: Decision) -> tuple[str, str] | None:
    """What a person does to get fresh trials, and the call for it; None where nothing is left open.

    A variant and the agents as they are take one call, else there is one for each checkout.
    """
    if not decision.confirm:
        return None
    sides = f" --variant baseline --variant {decision.variant}" if decision.variant else ""
    where = "" if sides else ", here and in a checkout of the baseline's commit, in the same minutes"
    text = f"Next: {CONFIRM_TRIALS} trials of these on both sides{where}, then gate with --confirm and --against:"
    return text, f"harness run {' '.join(decision.confirm)} --mode live --trials {CONFIRM_TRIALS}{sides}"


def _names(names: tuple[str, ...], most: int) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _cell(reason: Reason) -> str:
    text = plain(reason.message)
    return f"{text}<br>`{_names(reason.scenarios, _SHOWN)}`" if reason.scenarios else text
