from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core.scenario import Location, Scenario, Turn
from harness.execution.edits import Touched, edited, snapshot, touched

if TYPE_CHECKING:
    from pathlib import Path


def _scenario(name: str, file: str) -> Scenario:
    return Scenario(id=name, location=Location(file=file), conversation=(Turn(user="hello"),))


SUITE = (
    _scenario("one", "scenarios/a.yaml"),
    _scenario("two", "scenarios/a.yaml"),
    _scenario("three", "scenarios/b.yaml"),
)


def test_changed_added_and_removed_files_are_edits(tmp_path: Path) -> None:
    for name in ("kept.py", "changed.yaml", "removed.py"):
        (tmp_path / name).write_text("1", encoding="utf-8")
    before = snapshot([tmp_path])
    (tmp_path / "removed.py").unlink()
    (tmp_path / "added.py").write_text("1", encoding="utf-8")
    after = snapshot([tmp_path]) | {tmp_path / "changed.yaml": 0}
    assert [each.name for each in edited(before, after)] == ["added.py", "changed.yaml", "removed.py"]


def test_reports_and_hidden_folders_are_not_watched(tmp_path: Path) -> None:
    for folder in ("reports", ".venv"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.py").write_text("1", encoding="utf-8")
    assert snapshot([tmp_path]) == {}


def test_a_scenario_file_touches_its_scenarios_and_a_cassette_its_own(tmp_path: Path) -> None:
    cassettes = tmp_path / "cassettes"
    file = tmp_path / "scenarios" / "a.yaml"
    assert touched([file], SUITE, cassettes, tmp_path) == Touched(("one", "two"))
    assert touched([cassettes / "three.yaml"], SUITE, cassettes, tmp_path) == Touched(("three",))
    assert touched([cassettes / "three.1.yaml"], SUITE, cassettes, tmp_path) == Touched(("three",))
    assert touched([cassettes / "unknown.yaml"], SUITE, cassettes, tmp_path) == Touched()


def test_code_may_touch_everything(tmp_path: Path) -> None:
    assert touched([tmp_path / "agents.py"], SUITE, tmp_path / "cassettes", tmp_path).everything
