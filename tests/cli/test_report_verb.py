"""`harness report`: every format by its flag, and what it leaves alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from harness.cli.report_verb import FORMATS
from harness.reporting.formats import REPORTERS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _files(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()} - {"run.jsonl"}


def test_the_newest_run_is_written_in_the_usual_formats(harness: Callable[..., Any], save: Callable[..., Path]) -> None:
    save("a-run", {"refund": "+"})
    newest = save("b-run", {"refund": "-"})
    result = harness("report")
    assert result.exit_code == 0
    assert _files(newest) == {"index.html", "junit.xml", "summary.json"}
    assert (newest.parent / "index.html").exists()
    assert "expected Billing, went to Technical" in result.stderr
    assert str(newest / "index.html") in result.stdout


@pytest.mark.parametrize("name", FORMATS)
def test_each_flag_writes_its_format_and_no_other(
    harness: Callable[..., Any], save: Callable[..., Path], tmp_path: Path, name: str
) -> None:
    run = save("a-run", {"refund": "+", "invoice": "-"})
    assert harness("report", run / "run.jsonl", f"--{name}", "--to", tmp_path / "out").exit_code == 0
    assert _files(tmp_path / "out") == {REPORTERS[name].file}
    assert _files(run) == set()


def test_several_flags_and_formats_by_name_add_up(
    harness: Callable[..., Any], save: Callable[..., Path], tmp_path: Path
) -> None:
    run = save("a-run", {"refund": "+"})
    harness("report", run, "--junit", "--md", "--format", "json", "--to", tmp_path / "out")
    assert _files(tmp_path / "out") == {"junit.xml", "report.md", "summary.json"}


def test_every_format_has_a_flag() -> None:
    assert {*FORMATS, "json"} == set(REPORTERS)


def test_an_own_reporter_is_named_by_module_and_function(
    harness: Callable[..., Any], save: Callable[..., Path], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = save("a-run", {"refund": "-"})
    (project / "own_reports.py").write_text("def wiki(report):\n    return f'h1. {report.verdict.value}'\n")
    monkeypatch.syspath_prepend(project)
    assert harness("report", "--format", "own_reports:wiki").exit_code == 0
    assert (run / "wiki.txt").read_text() == "h1. failed"


def test_an_unknown_format_and_a_missing_run_are_wrong_usage(
    harness: Callable[..., Any], save: Callable[..., Path]
) -> None:
    assert harness("report").exit_code == 5
    run = save("a-run", {"refund": "+"})
    wrong = harness("report", run, "--format", "junti")
    assert (wrong.exit_code, "did you mean 'junit'?" in wrong.stderr) == (2, True)
    assert harness("report", "no-such-run").exit_code == 2


def test_json_is_the_summary_on_stdout_and_nothing_else(harness: Callable[..., Any], save: Callable[..., Path]) -> None:
    save("a-run", {"refund": "-"})
    assert json.loads(harness("report", "--json").stdout)["verdict"] == "failed"


def test_quiet_says_nothing_and_verbose_shows_the_layers(
    harness: Callable[..., Any], save: Callable[..., Path]
) -> None:
    save("a-run", {"refund": "+"})
    quiet = harness("report", "--quiet")
    assert (quiet.stdout, quiet.stderr) == ("", "")
    assert "Triage routing" in harness("report", "--verbose", "--no-color").stderr


def test_a_baseline_shows_what_changed_and_the_gate_decides_the_exit_code(
    harness: Callable[..., Any], save: Callable[..., Path]
) -> None:
    before = save("a-run", {"refund": "+", "invoice": "+"}, created_at=datetime.now(UTC).isoformat())
    save("b-run", {"refund": "-", "invoice": "+"})
    shown = harness("report", "--baseline", before)
    assert shown.exit_code == 0
    assert "regressed: refund" in shown.stderr
    gated = harness("report", "--baseline", before, "--gate")
    assert gated.exit_code == 1
    assert "FAILED: gate: " in gated.stderr
    page = (before.parent / "b-run" / "index.html").read_text(encoding="utf-8")
    assert "<b>1</b> regressed" in page


def test_a_baseline_that_is_not_there_is_refused(harness: Callable[..., Any], save: Callable[..., Path]) -> None:
    save("a-run", {"refund": "+"})
    assert harness("report", "--baseline", "none.json").exit_code == 2


def test_on_github_only_githubs_own_formats_tell_github(
    harness: Callable[..., Any], save: Callable[..., Path], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save("a-run", {"refund": "-"})
    summary = project / "step.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert "::error" not in harness("report").stdout
    assert not summary.exists()
    told = harness("report", "--github")
    assert "::error file=scenarios/shop.yaml,line=1,title=refund failed::" in told.stdout
    assert summary.read_text(encoding="utf-8").startswith("## ✗ Failed")


def test_on_github_the_annotations_leave_json_alone(
    harness: Callable[..., Any], save: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    save("a-run", {"refund": "-"})
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    result = harness("report", "--github", "--json")
    assert json.loads(result.stdout)["verdict"] == "failed"
    assert "::error file=" in result.stderr
    assert "::error file=" in harness("report", "--github").stdout
