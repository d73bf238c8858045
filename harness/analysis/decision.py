"""What a gate says: a verdict, every reason for it, and what it could not have seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from harness.core.trace import Layer
from harness.errors import ExitCode

if TYPE_CHECKING:
    from harness.analysis.policy import Policy


class Ruling(StrEnum):
    """The three answers to "may this be merged?"."""

    PASS = "pass"  # noqa: S105 - a verdict, not a secret
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


class Weight(StrEnum):
    """What a reason does to the verdict.

    `broken` fails the gate. `unjudged` means that nothing could be judged, and no policy makes a pass of that.
    `undecided` means that the numbers leave it open; the policy says what that amounts to. A `note` is shown only.
    """

    BROKEN = "broken"
    UNJUDGED = "unjudged"
    UNDECIDED = "undecided"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One finding. `rule` is what was asked, e.g. `must_pass` or a metric's name."""

    weight: Weight
    rule: str
    message: str
    layer: Layer | None = None
    agent: str | None = None
    scenarios: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The gate's answer. `blind_spots` are what this run could not have seen, each one sentence.

    `confirm` are the scenarios that need fresh trials of both sides before the gate can decide; `variant` is the
    candidate's, None for the agents as they are. `limits` are the policy's floors and ceilings by metric.
    """

    verdict: Ruling
    code: ExitCode
    reasons: tuple[Reason, ...] = ()
    blind_spots: tuple[str, ...] = ()
    confirm: tuple[str, ...] = ()
    variant: str | None = None
    limits: Mapping[str, float] = field(default_factory=dict)

    def of(self, weight: Weight) -> tuple[Reason, ...]:
        """The reasons of one weight."""
        return tuple(each for each in self.reasons if each.weight is weight)

    @property
    def sentence(self) -> str:
        """The verdict with its first reason."""
        for weight in (Weight.UNJUDGED, Weight.BROKEN, Weight.UNDECIDED):
            found = self.of(weight)
            if found and self.verdict is not Ruling.PASS:
                more = f" (and {len(self.reasons) - 1} more)" if len(self.reasons) > 1 else ""
                return f"{self.verdict.upper()}: {found[0].message}{more}"
        notes = len(self.reasons)
        return f"{self.verdict.upper()}{f' with {notes} note' + 's' * (notes > 1) if notes else ''}"


def ruled(reasons: tuple[Reason, ...], policy: Policy) -> tuple[Ruling, ExitCode]:
    """Verdict and exit code of these reasons: what could not be judged comes before what is broken."""
    found = {each.weight for each in reasons}
    if found & {Weight.UNJUDGED, Weight.UNDECIDED} and policy.inconclusive == "fail":
        return Ruling.FAIL, ExitCode.WORSE
    if Weight.UNJUDGED in found:
        return Ruling.INCONCLUSIVE, ExitCode.COULD_NOT_JUDGE
    if Weight.BROKEN in found:
        return Ruling.FAIL, ExitCode.WORSE
    if Weight.UNDECIDED in found and policy.inconclusive == "inconclusive":
        return Ruling.INCONCLUSIVE, ExitCode.COULD_NOT_JUDGE
    return Ruling.PASS, ExitCode.FINE
