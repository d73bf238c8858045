from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    Harness = Callable[..., Any]
    Save = Callable[..., Path]


def test_bless_writes_the_file_and_warns_when_the_run_is_old(harness: Harness, save: Save, project: Path) -> None:
    result = harness("baseline", "bless", save("run", {"a": "+"}, created_at="2020-01-01T00:00:00+00:00"))
    assert result.exit_code == 0
    assert "warning: this run is" in result.stderr
    assert (project / "baselines" / "main.json").is_file()


def test_bless_refuses_and_leaves_the_file_alone(harness: Harness, save: Save, project: Path) -> None:
    result = harness("baseline", "bless", save("run", {"a": "+"}, dirty=True))
    assert result.exit_code == 2
    assert "uncommitted" in result.stderr
    assert not (project / "baselines").exists()


def test_bless_refuses_in_continuous_integration(harness: Harness, save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    result = harness("baseline", "bless", save("run", {"a": "+"}))
    assert result.exit_code == 2
    assert "continuous integration" in result.stderr


def test_show_lists_the_scenarios(harness: Harness, save: Save) -> None:
    harness("baseline", "bless", save("run", {"b": "+", "a": "-"}))
    shown = harness("baseline", "show").stdout.splitlines()
    assert [line.split()[:3] for line in shown] == [["a", "failed", "0/1"], ["b", "passed", "1/1"]]
    assert json.loads(harness("baseline", "show", "--json").stdout)["entries"]["a"]["verdict"] == "failed"


def test_show_without_a_baseline_says_how_to_make_one(harness: Harness) -> None:
    result = harness("baseline", "show")
    assert result.exit_code == 2
    assert "harness baseline bless" in result.stderr


def test_diff_says_what_would_change(harness: Harness, save: Save) -> None:
    harness("baseline", "bless", save("1", {"a": "+", "b": "+"}))
    assert harness("baseline", "diff", save("2", {"a": "+", "b": "+"})).exit_code == 0
    changed = harness("baseline", "diff", save("3", {"b": "-", "c": "+"}))
    assert changed.exit_code == 1
    assert changed.stdout.splitlines()[:2] == ["+ c", "- a"]
    assert "~ b: verdict passed -> failed" in changed.stdout
