from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from tests.cli.conftest import Result

    Harness = Callable[..., Result]

NAMES = ["about-the-weather", "cancel-a-cake", "cancel-refused", "price-of-bread"]


def test_list_says_what_there_is(harness: Harness, bakery: Path) -> None:
    (bakery / "cassettes" / "broken.yaml").write_text("", encoding="utf-8")
    told = harness("cassettes", "list")
    lines = told.stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == sorted([*NAMES, "broken"])
    assert "(the stand-in)" in lines[1]
    assert "damaged: this is not a cassette that can be replayed: it is empty" in told.stdout
    assert "5 recordings" in told.stderr
    rows = json.loads(harness("cassettes", "list", "--json").stdout)
    assert [row["model_calls"] for row in rows if row["name"] == "price-of-bread"] == [5]


def test_verify_names_what_is_damaged(harness: Harness, bakery: Path) -> None:
    assert harness("cassettes", "verify").exit_code == 0
    path = bakery / "cassettes" / "price-of-bread.yaml"
    half = path.read_text(encoding="utf-8")[:2000]
    path.write_text(half, encoding="utf-8")
    told = harness("cassettes", "verify")
    assert told.exit_code == 4
    assert "price-of-bread.yaml" in told.stderr
    assert "1 of 4 recordings are not fine" in told.stderr
    assert path.read_text(encoding="utf-8") == half
    assert json.loads(harness("cassettes", "verify", "--json").stdout)[0]["severity"] == "error"


def test_stale_names_the_agent_the_line_and_the_scenarios(
    harness: Harness, bakery: Path, bakers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert harness("cassettes", "stale").exit_code == 0
    monkeypatch.setattr(bakers.cake, "instructions", "You bake cakes twice.")
    told = harness("cassettes", "stale")
    assert told.exit_code == 4
    assert told.stdout == (
        'stale: Baker (2).instructions line 1 changed ("You bake cakes." -> "You bake cakes twice.");'
        " affects 2 of 4 scenarios\n"
    )
    assert "  cancel-a-cake, cancel-refused\n  next: harness record --stale\n" in told.stderr
    [row] = json.loads(harness("cassettes", "stale", "cancel-a-cake", "--json").stdout)
    assert row["scenarios"] == ["cancel-a-cake"]


def test_a_run_says_once_what_makes_many_scenarios_stale(
    harness: Harness, bakery: Path, bakers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bakers.cake, "instructions", "You bake cakes twice.")
    told = harness("run")
    assert told.exit_code == 4
    assert told.stderr.count("stale: Baker (2).instructions line 1 changed") == 1
    assert "affects 2 of 4 scenarios" in told.stderr
    assert told.stderr.count("next: harness record --stale") == 2


def test_a_recording_that_is_too_old_is_stale(harness: Harness, bakery: Path) -> None:
    path = bakery / "cassettes" / "price-of-bread.yaml"
    text = path.read_text(encoding="utf-8")
    start = text.index("recorded_at: '") + len("recorded_at: '")
    path.write_text(f"{text[:start]}2020{text[start + 4 :]}", encoding="utf-8")
    assert harness("cassettes", "stale").exit_code == 0
    told = harness("cassettes", "stale", "--max-age-days", 30)
    assert (told.exit_code, "the limit is 30 days; affects 1 of 4 scenarios" in told.stdout) == (4, True)
    assert harness("run", "-q", "--max-age-days", 30).exit_code == 4


def test_unused_names_answers_that_nobody_asked_for(
    harness: Harness, bakery: Path, bakers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "0 recordings" in harness("cassettes", "unused").stderr
    monkeypatch.setattr(bakers.desk, "input_guardrails", [])
    told = harness("cassettes", "unused", "cancel-a-cake")
    assert "cancel-a-cake.yaml: 1 not asked for" in told.stdout
    assert "a model call with the instructions 'You say whether this is about baking.'" in told.stdout
    [row] = json.loads(harness("cassettes", "unused", "cancel-a-cake", "--json").stdout)
    assert len(row["unused"]) == 1


def test_orphans_are_recordings_without_a_scenario(harness: Harness, bakery: Path) -> None:
    folder = bakery / "cassettes"
    for name in ("gone", "cancel-a-cake.1", "variants/gone/cancel-a-cake"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.yaml").write_text("interactions: []\nversion: 1\n", encoding="utf-8")
    told = harness("cassettes", "orphans")
    assert told.stdout.split() == ["cassettes/gone.yaml", "cassettes/variants/gone/cancel-a-cake.yaml"]
    assert "next: harness cassettes prune" in told.stderr
    assert len(json.loads(harness("cassettes", "orphans", "--json").stdout)) == 2
    assert "cassettes/gone.yaml" in harness("check").stderr


def test_show_makes_one_recording_readable(harness: Harness, bakery: Path) -> None:
    told = harness("cassettes", "show", "about-the-weather").stdout
    assert '"content": "Will it rain?"' in told
    assert "--- 1: answer 200" in told
    [row] = json.loads(harness("cassettes", "show", "about-the-weather", "--json").stdout)
    assert row["status"] == 200
    assert harness("cassettes", "show", "cassettes/about-the-weather.yaml").exit_code == 0
    assert "did you mean 'about-the-weather'" in harness("cassettes", "show", "about-weather").stderr


def test_prune_asks_and_removes_what_no_scenario_needs(
    harness: Harness, bakery: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = bakery / "cassettes"
    assert harness("cassettes", "prune").stderr == "nothing to remove\n"
    (folder / "gone.yaml").write_text("x", encoding="utf-8")
    for name, age in (("killed", 3600), ("written-now", 0)):
        part = folder / f".{name}.part"
        part.touch()
        os.utime(part, (time.time() - age,) * 2)
    monkeypatch.setattr("click.confirm", lambda *_, **__: False)
    assert "nothing was removed" in harness("cassettes", "prune").stderr
    assert (folder / "gone.yaml").exists()
    assert harness("cassettes", "prune", "--yes").stderr == "2 files removed\n"
    assert sorted(each.stem for each in folder.iterdir()) == [".written-now", *NAMES]


def test_prune_removes_nothing_where_there_is_no_scenario(harness: Harness, bakery: Path) -> None:
    (bakery / "none").mkdir()
    told = harness("cassettes", "prune", "--yes", "--scenarios", "none")
    assert (told.exit_code, "every recording would go" in told.stderr) == (2, True)
    assert sorted(each.stem for each in (bakery / "cassettes").iterdir()) == NAMES


def test_what_waits_goes_with_its_scenario(harness: Harness, bakery: Path) -> None:
    for name in ("gone.pending", "cancel-a-cake.pending"):
        (bakery / "cassettes" / f"{name}.yaml").write_text("interactions: []\nversion: 1\n", encoding="utf-8")
    assert harness("cassettes", "orphans").stdout == "cassettes/gone.pending.yaml\n"


def test_show_hides_what_a_foreign_recording_holds(harness: Harness, bakery: Path) -> None:
    path, key = bakery / "cassettes" / "about-the-weather.yaml", "sk-proj-" + "Ab3" * 12
    path.write_text(path.read_text(encoding="utf-8").replace("Will it rain", f"Is {key} good"), encoding="utf-8")
    for flags in ((), ("--json",)):
        told = harness("cassettes", "show", "about-the-weather", *flags)
        assert ("Is <secret> good" in told.stdout, key in told.stdout) == (True, False)


def test_an_error_repeats_no_secret(harness: Harness, bakery: Path) -> None:
    key = "sk-proj-" + "Ab3" * 12
    (bakery / "keyed.py").write_text(f"raise ValueError('{key} is refused')\n", encoding="utf-8")
    told = harness("run", "--system", "keyed:system")
    assert told.exit_code not in (0, 1)
    assert ("<secret> is refused" in told.stderr, key in told.stderr) == (True, False)
