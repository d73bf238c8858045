from __future__ import annotations

from typing import Any

import pytest

from harness.analysis.policy import DEFAULT, Tier, read_policy
from harness.analysis.verdicts import METRICS
from harness.errors import ExitCode, UsageError


def test_an_empty_table_is_the_default() -> None:
    assert read_policy({}, METRICS) == DEFAULT


def test_a_full_table_is_read() -> None:
    table = {
        "baseline": "baselines/main.json",
        "must_pass": ["refund"],
        "paths": True,
        "inconclusive": "fail",
        "max_errors": 0.05,
        "max_age_days": 7,
        "metrics": {"helper.tools": {"tier": "supporting", "floor": 0.9}, "escalation.missed": {"ceiling": 0}},
    }
    policy = read_policy(table, METRICS)
    assert policy.must_pass == ("refund",)
    assert policy.metrics["helper.tools"].tier is Tier.SUPPORTING
    assert policy.metrics["escalation.missed"].ceiling == 0.0
    assert (policy.paths, policy.inconclusive, policy.max_errors, policy.max_age_days) == (True, "fail", 0.05, 7)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"metrics": {"triage.routng": {"floor": 0.9}}}, "did you mean 'triage.routing'?"),
        ({"floor": 0.9}, "unknown key 'floor'"),
        ({"metrics": {"triage.routing": {"flor": 0.9}}}, "did you mean 'floor'?"),
        ({"metrics": {"triage.routing": {}}}, "asks for nothing"),
        ({"metrics": {"triage.routing": {"floor": 95}}}, "a rate between 0 and 1"),
        ({"metrics": {"triage.routing": {"floor": True}}}, "a rate between 0 and 1"),
        ({"metrics": {"triage.routing": {"tier": "urgent", "floor": 0.9}}}, "tier = 'urgent'"),
        ({"metrics": {"triage.routing": 0.9}}, "is not a table"),
        ({"metrics": []}, "is not a table"),
        ({"must_pass": "refund"}, "a list of scenario ids"),
        ({"must_pass": 3}, "a list of scenario ids"),
        ({"baseline": 3}, "a path"),
        ({"paths": "no"}, "true or false"),
        ({"max_age_days": "x"}, "a whole number of days"),
        ({"inconclusive": "green"}, "one of pass, fail, inconclusive"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused_with_advice(table: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_policy(table, METRICS)
    assert said in str(caught.value)
    assert "[tool.harness.gate" in str(caught.value)
    assert caught.value.exit_code is ExitCode.USAGE
