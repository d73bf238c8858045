from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.core.scenario import Location
from harness.execution.edits import Touched, edited, snapshot, touched, written_by_runs

if TYPE_CHECKING:
    from pathlib import Path


def _written(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_code_scenarios_and_recordings_are_seen_runs_and_environments_are_not(tmp_path: Path) -> None:
    seen = {_written(tmp_path / name) for name in ("app.py", "scenarios/a.yaml", "cassettes/a.yaml", "pyproject.toml")}
    for name in ("runs/r/summary.json", ".git/x.py", "venv/pyvenv.cfg", "venv/lib/y.py", "picture.png"):
        _written(tmp_path / name)
    assert set(snapshot(tmp_path, tmp_path / "runs")) == seen


def test_what_was_changed_added_or_removed_is_edited(tmp_path: Path) -> None:
    one, two, three = (tmp_path / name for name in ("1.py", "2.py", "3.py"))
    assert edited({one: 1, two: 1}, {one: 2, two: 1, three: 1}) == (one, three)
    assert edited({one: 1}, {}) == (one,)


def test_an_edit_touches_the_scenarios_of_its_file_or_cassette_and_code_touches_all(
    tmp_path: Path, make_run: Any
) -> None:
    run = make_run({"refund": "+", "invoice.late": "+"})
    scenarios = [replace(each, location=Location(file=f"scenarios/{each.id}.yaml", line=1)) for each in run.scenarios]
    cassettes = tmp_path / "cassettes"

    def by(*names: str) -> Touched:
        return touched([tmp_path / name for name in names], scenarios, cassettes, tmp_path)

    assert by("scenarios/refund.yaml").scenarios == ("refund",)
    assert by("cassettes/refund.2.yaml", "cassettes/invoice.late.yaml").scenarios == ("refund", "invoice.late")
    assert by("cassettes/nobody.yaml") == Touched()
    assert by("scenarios/refund.yaml", "app.py").everything


def test_links_that_lead_in_a_circle_are_not_followed(tmp_path: Path) -> None:
    seen = _written(tmp_path / "app" / "app.py")
    for name in ("one", "two"):
        (tmp_path / "app" / name).symlink_to(tmp_path, target_is_directory=True)
    assert set(snapshot(tmp_path, tmp_path / "runs")) == {seen}


def test_data_that_a_run_wrote_and_writes_again_is_its_own_and_an_edit_is_not(tmp_path: Path) -> None:
    log, code = tmp_path / "log.json", tmp_path / "app.py"
    assert written_by_runs([log], before=[log], during=[log]) == (log,)
    assert written_by_runs([log], before=[log], during=[]) == ()
    assert written_by_runs([log], before=[], during=[log]) == ()
    assert written_by_runs([log, code], before=[log], during=[log]) == ()
    assert written_by_runs([code], before=[code], during=[code]) == ()
