from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Harness = Callable[..., Any]

_SYSTEM = "agents_under_test.support:system"


def test_the_schema_is_data_on_stdout_with_the_applications_names(harness: Harness) -> None:
    result = harness("schema", "--system", _SYSTEM)
    assert (result.exit_code, result.stderr) == (0, "")
    names = json.loads(result.stdout)["$defs"]
    assert "BillingSpecialist" in names["agent"]["enum"]
    assert "process_refund" in names["tool"]["enum"]


def test_the_schema_can_be_written_to_a_file(harness: Harness, project: Path) -> None:
    result = harness("schema", "--system", _SYSTEM, "--to", "editor/scenario.schema.json")
    assert (result.exit_code, result.stdout) == (0, "")
    assert json.loads((project / "editor" / "scenario.schema.json").read_text(encoding="utf-8"))["title"] == "Scenarios"


def test_a_place_that_cannot_be_written_is_wrong_usage(harness: Harness, project: Path) -> None:
    (project / "file").write_text("", encoding="utf-8")
    result = harness("schema", "--system", _SYSTEM, "--to", "file/scenario.schema.json")
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


def test_without_a_system_there_are_no_names(harness: Harness) -> None:
    result = harness("schema")
    assert result.exit_code == 2
    assert "no system is given" in result.stderr


def test_the_bundled_suites_schema_has_the_names_of_today(harness: Harness) -> None:
    written = Path(__file__).parents[2] / "scenario.schema.json"
    assert harness("schema", "--system", _SYSTEM).stdout == written.read_text(encoding="utf-8")
