from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from harness.execution.journal import read_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Harness = Callable[..., Any]
    Save = Callable[..., Path]


@pytest.fixture
def write(project: Path) -> Callable[..., None]:
    """Write the suite as it is today: specialist by scenario id."""

    def written(specialists: dict[str, str], *, user: str = "please {}", folder: str = "scenarios") -> None:
        items = [
            f"  - id: {name}\n    user: {user.format(name)}\n    expect: {{specialist: {specialist}}}\n"
            for name, specialist in specialists.items()
        ]
        (project / folder).mkdir(exist_ok=True)
        (project / folder / "shop.yaml").write_text("scenarios:\n" + "".join(items), encoding="utf-8")

    return written


def test_the_newest_run_is_judged_by_the_scenarios_of_today(
    harness: Harness, save: Save, write: Callable[..., None], project: Path
) -> None:
    was = save("20260101", {"a": "-", "b": "+"})
    write({"a": "Technical", "b": "Billing"})
    before = (was / "run.jsonl").read_bytes()
    result = harness("score")
    assert result.exit_code == 0
    assert "a/0: failed -> passed" in result.stderr
    assert (was / "run.jsonl").read_bytes() == before
    again = read_run(project / "reports" / "20260101-scored")
    assert [each.verdict for each in again.trials] == ["passed", "passed"]
    assert (project / "reports" / "20260101-scored" / "index.html").exists()


def test_an_expectation_that_was_tightened_fails_without_a_run(
    harness: Harness, save: Save, write: Callable[..., None]
) -> None:
    run = save("run", {"a": "+"})
    write({"a": "Technical"})
    result = harness("score", run)
    assert result.exit_code == 1
    assert "a/0: passed -> failed" in result.stderr


def test_a_question_that_changed_has_to_be_asked_again(
    harness: Harness, save: Save, write: Callable[..., None], project: Path
) -> None:
    save("run", {"a": "+"})
    write({"a": "Billing"}, user="kindly {}")
    result = harness("score")
    assert result.exit_code == 4
    assert "`user` changed since this trial was run" in result.stderr
    assert "harness run a" in result.stderr
    write({"a": "Billing"})
    assert harness("score").exit_code == 0, "what was run counts, not what was made of it"


def test_scenarios_that_are_gone_are_named(harness: Harness, save: Save, write: Callable[..., None]) -> None:
    save("run", {"a": "+", "b": "-"})
    write({"a": "Billing"})
    result = harness("score")
    assert result.exit_code == 0
    assert "left out, no longer in the suite: b" in result.stderr
    assert "no verdict changed" in result.stderr


def test_a_suite_without_any_of_them_is_nothing_selected(
    harness: Harness, save: Save, write: Callable[..., None]
) -> None:
    save("run", {"a": "+"})
    write({"other": "Billing"})
    assert harness("score").exit_code == 5


def test_a_suite_with_errors_judges_nothing(
    harness: Harness, save: Save, write: Callable[..., None], project: Path
) -> None:
    save("run", {"a": "+"})
    write({"a": "Biling"})
    result = harness("score")
    assert result.exit_code == 2
    assert "scenarios/shop.yaml:4" in result.stderr
    assert "did you mean 'Billing'?" in result.stderr
    assert not (project / "reports" / "run-scored").exists()


def test_the_folders_can_be_named(harness: Harness, save: Save, write: Callable[..., None], project: Path) -> None:
    run = save("run", {"a": "+"})
    write({"a": "Billing"}, folder="other")
    result = harness("score", run, "--scenarios", "other", "--out", "elsewhere")
    assert result.exit_code == 0
    assert (project / "elsewhere" / "run-scored" / "run.jsonl").exists()


def test_json_is_data_on_stdout(harness: Harness, save: Save, write: Callable[..., None]) -> None:
    save("run", {"a": "-"})
    write({"a": "Billing"})
    result = harness("score", "--json")
    assert result.exit_code == 1
    assert [each["verdict"] for each in json.loads(result.stdout)["scenarios"]] == ["failed"]


def test_a_scorer_of_the_projects_own_is_found_from_a_folder_below(
    harness: Harness, save: Save, write: Callable[..., None], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save("run", {"a": "+"})
    write({"a": "Billing, scorers: [own_style:fine]"})
    text = "def fine(scope, settings): return Score(scorer='', verdict=Verdict.FAILED, reason='not my style')"
    imports = "from harness.core.results import Score, Verdict\n"
    (project / "own_style.py").write_text(imports + text, encoding="utf-8")
    (project / "below").mkdir()
    monkeypatch.chdir(project / "below")
    monkeypatch.setattr(sys, "path", list(sys.path))
    result = harness("score")
    assert result.exit_code == 1
    assert "not my style" in result.stderr


def test_what_is_hidden_in_a_run_is_hidden_when_it_is_judged_again(
    harness: Harness, save: Save, write: Callable[..., None], project: Path
) -> None:
    with (project / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write('[tool.harness.redact]\nsecret = "please"\n')
    save("run", {"a": "+"})
    path = project / "reports" / "run" / "run.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace("please", "<secret>"), encoding="utf-8")
    write({"a": "Billing"})
    assert harness("score").exit_code == 0
    again = (project / "reports" / "run-scored" / "run.jsonl").read_text(encoding="utf-8")
    assert "please" not in again


def test_quiet_says_the_verdict_only(harness: Harness, save: Save, write: Callable[..., None]) -> None:
    save("run", {"a": "-"})
    write({"a": "Technical"})
    said = harness("score", "--quiet").stderr
    assert said.startswith("PASSED: ")
    assert "changed" not in said


def test_judging_again_imports_no_sdk(save: Save, write: Callable[..., None], project: Path) -> None:
    save("run", {"a": "+"})
    write({"a": "Billing"})
    code = (
        "import sys; from harness import config, scored; scored.score(config.resolve());"
        "print(sorted({'agents', 'openai', 'vcr'} & set(sys.modules)))"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_it_can_be_held_against_a_baseline_and_the_gate(
    harness: Harness, save: Save, write: Callable[..., None]
) -> None:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    before = save("20260101", {"a": "+"}, created_at=now)
    save("20260102", {"a": "+"}, created_at=now)
    write({"a": "Technical"})
    result = harness("score", "--baseline", before, "--gate")
    assert result.exit_code == 1, result.stderr
    assert "a/0: passed -> failed" in result.stderr
