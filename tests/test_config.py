from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness import config
from harness.core.results import Mode
from harness.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def _project(folder: Path, table: str) -> Path:
    (folder / "pyproject.toml").write_text(f"[tool.harness]\n{table}\n", encoding="utf-8")
    return folder


def test_defaults_hold_where_nothing_is_said(tmp_path: Path) -> None:
    settings = config.resolve(start=tmp_path)
    assert settings.mode is Mode.REPLAY
    assert settings.path(settings.scenarios) == tmp_path / "scenarios"


def test_the_command_line_beats_the_environment_and_that_beats_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _project(tmp_path, 'system = "project:system"\nconcurrency = 2\nseed = 1')
    monkeypatch.setenv("HARNESS_CONCURRENCY", "3")
    monkeypatch.setenv("HARNESS_SEED", "2")
    settings = config.resolve({"seed": 4, "system": None}, start=tmp_path)
    assert (settings.system, settings.concurrency, settings.seed) == ("project:system", 3, 4)


def test_the_project_is_found_from_a_folder_below(tmp_path: Path) -> None:
    below = _project(tmp_path, "seed = 7") / "a" / "b"
    below.mkdir(parents=True)
    settings = config.resolve(start=below)
    assert (settings.root, settings.seed) == (tmp_path, 7)


def test_a_pyproject_without_our_table_is_passed_over(tmp_path: Path) -> None:
    below = _project(tmp_path, "seed = 7") / "a"
    below.mkdir()
    (below / "pyproject.toml").write_text("[project]\nname = 'other'\n", encoding="utf-8")
    assert config.resolve(start=below).seed == 7


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('sytem = "a:b"', ["'sytem'", "did you mean 'system'?", "pyproject.toml"]),
        ('concurrency = "many"', ["concurrency = 'many'", "expected: a whole number, 1 or more"]),
        ("concurrency = 0", ["concurrency = 0", "expected: a whole number, 1 or more"]),
        ("processes = 0", ["processes = 0", "1 or more"]),
        ("trials = -1", ["trials = -1", "0 or more"]),
        ("timeout = -3", ["timeout = -3"]),
        ("max_cost = nan", ["max_cost = nan"]),
        ('api = "soap"', ["api = 'soap'", "responses | chat_completions"]),
        ("concurrency = 2.5", ["concurrency = 2.5"]),
        ('mode = "reply"', ["mode = 'reply'", "replay | record | live"]),
        ('strict = "perhaps"', ["strict = 'perhaps'", "true or false"]),
        ('gate = "red"', ["[tool.harness.gate]"]),
        ("seed = ", ["not valid TOML"]),
    ],
)
def test_a_wrong_setting_is_named_with_its_place(tmp_path: Path, table: str, words: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        config.resolve(start=_project(tmp_path, table))
    for word in words:
        assert word in str(caught.value)


def test_origins_say_where_each_value_came_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_SEED", "2")
    _project(tmp_path, "concurrency = 2")
    sources = {each.name: each.source for each in config.origins({"strict": True}, start=tmp_path)}
    assert sources["seed"] == "environment"
    assert sources["strict"] == "command line"
    assert sources["timeout"] == "default"
    assert sources["concurrency"].endswith("pyproject.toml [tool.harness]")
