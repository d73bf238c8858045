from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from harness.core.results import Mode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Harness = Callable[..., Any]
    Save = Callable[..., Path]


def test_the_newest_run_is_judged_when_none_is_named(harness: Harness, save: Save) -> None:
    save("20260101", {"a": "-"})
    save("20260102", {"a": "+"})
    result = harness("gate")
    assert (result.exit_code, result.stderr.splitlines()[0]) == (0, "PASS")


def test_a_failed_gate_names_reason_and_scenario(harness: Harness, save: Save) -> None:
    result = harness("gate", save("run", {"a": "+", "b": "-"}))
    assert result.exit_code == 1
    assert "FAIL: 1 scenarios failed" in result.stderr
    assert result.stdout == ""


def test_explain_names_rule_layer_and_agent(harness: Harness, save: Save) -> None:
    result = harness("gate", save("run", {"a": "-"}), "--explain")
    assert "rule: scenarios; layer: triage; agent: Triage" in result.stderr


def test_quiet_says_the_verdict_only(harness: Harness, save: Save) -> None:
    assert len(harness("gate", save("run", {"a": "-"}), "--quiet").stderr.splitlines()) == 1


def test_json_is_data_on_stdout(harness: Harness, save: Save) -> None:
    result = harness("gate", save("run", {"a": "s"}), "--json")
    assert result.exit_code == 4
    assert json.loads(result.stdout)["verdict"] == "inconclusive"


def test_markdown_suits_a_pull_request(harness: Harness, save: Save) -> None:
    assert harness("gate", save("run", {"a": "-"}), "--md").stdout.startswith("**FAIL: ")


def test_an_empty_run_has_its_own_code(harness: Harness, save: Save) -> None:
    assert harness("gate", save("run", {})).exit_code == 5


def test_the_policy_of_the_project_decides(harness: Harness, save: Save, project: Path) -> None:
    with (project / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write('[tool.harness.gate.metrics]\n"triage.routing" = {floor = 0.4}\n')
    assert harness("gate", save("run", {"a": "+", "b": "-"})).exit_code == 0


def test_an_unknown_metric_is_wrong_usage(harness: Harness, save: Save, project: Path) -> None:
    with (project / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write('[tool.harness.gate.metrics]\n"triage.routes" = {floor = 0.4}\n')
    result = harness("gate", save("run", {"a": "+"}))
    assert result.exit_code == 2
    assert "triage.routing" in result.stderr


def test_a_baseline_that_is_named_must_exist(harness: Harness, save: Save) -> None:
    result = harness("gate", save("run", {"a": "+"}), "--baseline", "baselines/none.json")
    assert result.exit_code == 2
    assert "harness baseline bless" in result.stderr


def test_one_variant_of_several_is_judged_when_named(harness: Harness, save: Save) -> None:
    run = save("run", {"a": "+"}, also={"terse": {"a": "-"}})
    assert harness("gate", run).exit_code == 2
    assert harness("gate", run, "--of", "baseline").exit_code == 0
    assert harness("gate", run, "--of", "terse").exit_code == 1


def test_fresh_runs_of_both_sides_confirm_a_live_drop(harness: Harness, save: Save) -> None:
    marks = {f"s{number}": "+++" for number in range(20)}
    today = datetime.now(UTC).isoformat()
    past = save("past", dict.fromkeys(marks, "+" * 30), mode=Mode.LIVE, created_at=today)
    assert harness("baseline", "bless", past, "--baseline", "live.json").exit_code == 0
    now = save("now", {**marks, "s3": "---"}, mode=Mode.LIVE)
    screened = harness("gate", now, "--baseline", "live.json")
    assert screened.exit_code == 4
    assert "harness run s3 --mode live --trials 5" in screened.stderr
    mine, other = save("mine", {"s3": "-----"}, mode=Mode.LIVE), save("main", {"s3": "+++++"}, mode=Mode.LIVE)
    decided = harness("gate", now, "--baseline", "live.json", "--confirm", mine, "--against", other)
    assert decided.exit_code == 1
    assert "s3 broke: 0/5" in decided.stderr


@pytest.mark.parametrize("flag", ["--confirm", "--against"])
def test_one_side_alone_confirms_nothing(harness: Harness, save: Save, flag: str) -> None:
    run = save("run", {"a": "+"})
    result = harness("gate", run, flag, run)
    assert result.exit_code == 2
    assert "belong together" in result.stderr
