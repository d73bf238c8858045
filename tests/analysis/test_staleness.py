from __future__ import annotations

from harness.analysis.staleness import advice_of, command_of, reasons
from harness.core.results import CassetteUse, Trial, TrialError, Verdict
from harness.core.trace import ErrorKind


def _trial(scenario: str, what: str, hint: str = "next: harness record --stale") -> Trial:
    path = f"cassettes/{scenario}.yaml"
    error = TrialError(kind=ErrorKind.INFRASTRUCTURE, type="CassetteStaleError", message=f"{path}: {what}", hint=hint)
    return Trial(scenario=scenario, verdict=Verdict.ERRORED, error=error, cassette=CassetteUse(path=path))


def test_a_reason_is_told_once_with_all_it_concerns_the_most_important_first() -> None:
    trials = [_trial("a", "one"), _trial("b", "two"), _trial("c", "two"), _trial("c", "two")]
    found = reasons([*trials, Trial(scenario="fine", verdict=Verdict.PASSED)])
    assert [(each.what, each.scenarios) for each in found] == [("two", ("b", "c")), ("one", ("a",))]


def test_advice_ends_in_a_command() -> None:
    hint = "recorded with openai-agents 1, now 2\n  next: harness record --stale"
    assert advice_of(hint) == ["recorded with openai-agents 1, now 2", "next: harness record --stale"]
    assert command_of(hint) == "harness record --stale"
    assert advice_of("look at it") == ["next: look at it"]
    assert command_of("look at it") == ""
    assert advice_of("") == []
