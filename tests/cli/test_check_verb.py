from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Harness = Callable[..., Any]
    Write = Callable[[str, str], None]

_SYSTEM = "agents_under_test.support:system"


@pytest.fixture
def write(project: Path) -> Write:
    """Write one scenario with this expectation into a file of the suite."""

    def written(name: str, expect: str) -> None:
        (project / "scenarios").mkdir(exist_ok=True)
        text = f"scenarios:\n  - id: {name}\n    user: Hello.\n    expect: {expect}\n"
        (project / "scenarios" / f"{name}.yaml").write_text(text, encoding="utf-8")

    return written


def test_a_suite_that_fits_is_fine(harness: Harness, write: Write) -> None:
    write("a", "{specialist: BillingSpecialist}")
    result = harness("check", "--system", _SYSTEM)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "warning: not recorded: a" in result.stderr
    assert "1 scenario fits the agents" in result.stderr


def test_every_error_of_every_file_comes_in_one_go(harness: Harness, write: Write, project: Path) -> None:
    write("a", "{escalaton: none}")
    write("b", "{specialist: BilingSpecialist, tools: [lookup_acount]}")
    write("c", "{tools: [}")
    (project / "cassettes").mkdir()
    (project / "cassettes" / "gone.yaml").write_text("interactions: []\n", encoding="utf-8")
    result = harness("check", "--system", _SYSTEM)
    assert result.exit_code == 2
    for line in (
        "scenarios/a.yaml:4: error: unknown key 'escalaton' in `expect`\n  did you mean 'escalation'?",
        "scenarios/b.yaml:4: error: `specialist`: no agent is named 'BilingSpecialist'\n  did you mean 'BillingSpec",
        "scenarios/b.yaml:4: error: no tool is named 'lookup_acount'\n  did you mean 'lookup_account'?",
        "scenarios/c.yaml:4: error: not valid YAML",
        "4 errors, nothing would run",
    ):
        assert line in result.stderr


def test_a_recording_without_a_scenario_is_an_error(harness: Harness, write: Write, project: Path) -> None:
    write("a", "{specialist: BillingSpecialist}")
    (project / "cassettes").mkdir()
    (project / "cassettes" / "gone.yaml").write_text("interactions: []\n", encoding="utf-8")
    result = harness("check", "--system", _SYSTEM)
    assert result.exit_code == 2
    assert "cassettes/gone.yaml belongs to no scenario" in result.stderr


@pytest.mark.parametrize("what", ["scenarios/b.yaml", "b", "scenarios/b.yaml::b"])
def test_one_file_can_be_checked_alone(harness: Harness, write: Write, what: str) -> None:
    write("a", "{escalaton: none}")
    write("b", "{specialist: BilingSpecialist}")
    result = harness("check", "--system", _SYSTEM, what)
    assert result.exit_code == 2
    assert "scenarios/b.yaml:4" in result.stderr
    assert "scenarios/a.yaml" not in result.stderr
    assert "1 error, nothing would run" in result.stderr


def test_a_file_that_there_is_not_is_no_success(harness: Harness, write: Write) -> None:
    write("billing", "{specialist: BillingSpecialist}")
    result = harness("check", "--system", _SYSTEM, "scenarios/biling.yaml")
    assert result.exit_code == 5
    assert "did you mean 'scenarios/billing.yaml'?" in result.stderr


def test_strict_takes_warnings_for_errors(harness: Harness, write: Write) -> None:
    write("a", "{specialist: BillingSpecialist}")
    assert harness("check", "--system", _SYSTEM, "--strict").exit_code == 2


def test_quiet_leaves_out_the_warnings(harness: Harness, write: Write) -> None:
    write("a", "{specialist: BillingSpecialist}")
    assert "warning" not in harness("check", "--system", _SYSTEM, "--quiet").stderr


def test_json_is_data_on_stdout(harness: Harness, write: Write) -> None:
    write("a", "{specialist: BilingSpecialist}")
    result = harness("check", "--system", _SYSTEM, "--json")
    assert result.exit_code == 2
    (row,) = (each for each in json.loads(result.stdout) if each["severity"] == "error")
    assert (row["where"], row["hint"]) == ("scenarios/a.yaml:4", "did you mean 'BillingSpecialist'?")


def test_agents_that_cannot_be_loaded_are_said_so(harness: Harness, bakery: Path) -> None:
    result = harness("check", "--system", "bakery:sistem")
    assert (result.exit_code, "did you mean 'system'?" in result.stderr) == (2, True)
    (bakery / "pyproject.toml").write_text("[tool.harness]\n", encoding="utf-8")
    assert "give --system module:attribute" in harness("check").stderr


def test_a_scenario_of_another_system_is_not_judged_by_this_one(harness: Harness, bakery: Path) -> None:
    text = "scenarios:\n  - id: other\n    system: shop:desk\n    user: hi\n    expect: {tools: []}\n"
    (bakery / "scenarios" / "other.yaml").write_text(text, encoding="utf-8")
    for verb in ("check", "run"):
        result = harness(verb)
        assert result.exit_code == 2
        assert "scenarios/other.yaml:3: error: `system`: this scenario is of 'shop:desk'" in result.stderr
