from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.suite.loading import load_suite, parse_suite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Harness = Callable[..., Any]
    Save = Callable[..., Path]


def test_drafts_of_the_newest_run_are_data_on_stdout(harness: Harness, save: Save) -> None:
    save("20260101", {"a": "+"})
    save("20260102", {"b": "+"})
    result = harness("derive")
    assert result.exit_code == 0
    (draft,) = parse_suite(result.stdout)
    assert (draft.id, draft.agent, draft.draft) == ("b-billing", "Billing", True)
    assert result.stderr.startswith("1 drafts; read each")


def test_a_run_can_be_named_and_a_file_written(harness: Harness, save: Save, project: Path) -> None:
    run = save("20260101", {"a": "+"})
    save("20260102", {"b": "+"})
    result = harness("derive", run, "--to", "scenarios/derived.yaml")
    assert (result.exit_code, result.stdout) == (0, "")
    assert [each.id for each in load_suite([project / "scenarios"])] == ["a-billing"]


def test_a_file_that_was_reviewed_is_never_replaced(harness: Harness, save: Save, project: Path) -> None:
    save("run", {"a": "+"})
    (project / "reviewed.yaml").write_text("mine", encoding="utf-8")
    result = harness("derive", "--to", "reviewed.yaml")
    assert result.exit_code == 2
    assert "exists already" in result.stderr
    assert (project / "reviewed.yaml").read_text(encoding="utf-8") == "mine"


def test_what_the_suite_has_is_left_out(harness: Harness, save: Save) -> None:
    save("run", {"a": "+"})
    assert harness("derive", "--to", "scenarios/derived.yaml").exit_code == 0
    again = harness("derive")
    assert again.exit_code == 5
    assert "the suite has all 1 scenarios" in again.stderr
    save("later", {"a": "+", "b": "+"})
    assert "left out, because the suite has them: a-billing" in harness("derive", "reports/later").stderr


def test_one_layer_can_be_asked_for(harness: Harness, save: Save) -> None:
    save("run", {"a": "+"})
    assert harness("derive", "--layer", "specialist").exit_code == 0
    result = harness("derive", "--layer", "helper")
    assert result.exit_code == 5
    assert "no helper took part" in result.stderr


def test_nothing_is_derived_from_a_run_that_failed(harness: Harness, save: Save) -> None:
    save("run", {"a": "-"})
    assert harness("derive").exit_code == 5
