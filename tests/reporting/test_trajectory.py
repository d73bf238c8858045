from __future__ import annotations

from typing import Any

from harness.core.results import Fit
from harness.core.trace import AgentRef, Layer, ToolCall
from harness.reporting.trajectory import call_of, trajectory


def _rows(trial: Any, title: str) -> list[tuple[str, str, str]]:
    [section] = [each for each in trajectory(trial) if each.title == title]
    return [(row.mark, row.expected, row.actual) for row in section.rows]


def test_expected_and_actual_calls_stand_side_by_side_with_a_mark(samples: Any) -> None:
    _, trial = samples.kinds["wrong_tools"]()
    assert _rows(trial, "Tool calls: BillingSpecialist") == [
        ("=", "lookup_account", 'lookup_account(input="Look up C-2001")'),
        ("-", "calculate_proration", ""),
        (
            "x",
            'process_refund(customer_id="C-2001", amount=120.0)',
            'process_refund(customer_id="C-2001", amount=210)',
        ),
        ("+", "", 'get_invoice(customer_id="C-2001")'),
    ]


def test_a_mismatch_is_told_key_by_key(samples: Any) -> None:
    _, trial = samples.kinds["wrong_tools"]()
    rows = [row for section in trajectory(trial) for row in section.rows if row.fit is Fit.MISMATCHED]
    [difference] = rows[0].differences
    assert (difference.path, difference.expected, difference.actual) == ("$.amount", "120.0", "210")


def test_the_route_comes_first(samples: Any) -> None:
    _, trial = samples.kinds["misrouted"]()
    assert _rows(trial, "Route")[:2] == [
        (".", "", "Triage > TechnicalSpecialist"),
        ("x", "BillingSpecialist", "TechnicalSpecialist"),
    ]


def test_what_was_not_reached_is_not_held_against_anyone(samples: Any) -> None:
    _, trial = samples.kinds["misrouted"]()
    [section] = [each for each in trajectory(trial) if each.title.startswith("Tool calls")]
    assert section.note.startswith("not reached")
    assert not any(row.wrong for row in section.rows)


def test_helpers_have_a_section_of_their_own(samples: Any) -> None:
    _, trial = samples.kinds["wrong_helper"]()
    [(mark, _, actual)] = _rows(trial, "Helper calls: AccountLookup")
    assert (mark, actual) == ("x", 'fetch_account(customer_id="C-3030")')


def test_calls_that_nobody_judged_are_shown_as_unchecked(samples: Any) -> None:
    _, trial = samples.kinds["missed_escalation"]()
    [section] = [each for each in trajectory(trial) if each.title == "Tool calls"]
    assert section.note.startswith("not checked")
    assert [row.mark for row in section.rows] == ["."]


def test_a_trial_without_steps_has_no_trajectory(samples: Any) -> None:
    _, trial = samples.kinds["stale"]()
    assert trajectory(trial) == ()


def test_arguments_that_are_no_json_are_shown_as_they_came() -> None:
    owner = AgentRef(name="A", layer=Layer.SPECIALIST)
    call = ToolCall(id="1", owner=owner, tool="refund", call_id=None, arguments='{"amount": ')
    assert call_of(call) == 'refund({"amount": )'
