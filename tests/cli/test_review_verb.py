from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Harness = Callable[..., "Result"]

    from tests.cli.conftest import Result

WORSE = ('order_id: "7"', 'order_id: "9"')
CAKE, WEATHER = "cancel-a-cake", "about-the-weather"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the new recordings are kept for the next test."""
    return tmp_path_factory.mktemp("waiting")


@pytest.fixture
def waiting(harness: Harness, rewritten: Callable[[str, str], str], made_once: Path) -> Path:
    """Two new recordings: one that is worse, one that is the same."""
    folder = Path("cassettes")
    if not any(made_once.iterdir()):
        harness("record", "--all", CAKE, WEATHER, "--script", rewritten(*WORSE), "-q")
        for path in folder.glob("*.pending.yaml"):
            shutil.copy(path, made_once)
    shutil.copytree(made_once, folder, dirs_exist_ok=True)
    return folder


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_a_new_recording_is_written_beside_the_old_one(harness: Harness, bakery: Path) -> None:
    before = _text(bakery / "cassettes" / f"{CAKE}.yaml")
    told = harness("record", "--all", CAKE, "--script", "script.yaml")
    assert "1 new recording waits beside the old one" in told.stderr
    assert "next: harness review" in told.stderr
    assert _text(bakery / "cassettes" / f"{CAKE}.yaml") == before
    assert (bakery / "cassettes" / f"{CAKE}.pending.yaml").exists()


def test_review_shows_the_meaning_regressions_first_and_asks_nothing_without_a_terminal(
    harness: Harness, waiting: Path
) -> None:
    told = harness("review")
    assert told.exit_code == 0
    first, second = told.stdout.split("[2/2]")
    assert "[1/2] cancel-a-cake  regressed" in first
    assert "verdict: passed -> failed: Baker (2) called cancel_order, but $.order_id is different" in first
    assert '- Baker (2): cancel_order(order_id="7")' in first
    assert '+ Baker (2): cancel_order(order_id="9")' in first
    assert "end state" in first
    assert "about-the-weather  same meaning" in second
    assert "harness accept" in told.stderr
    assert len(list(waiting.glob("*.pending.yaml"))) == 2


def test_review_asks_one_by_one_on_a_terminal(harness: Harness, waiting: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", _Terminal("r\na\n"))
    harness("review")
    assert list(waiting.glob("*.pending.yaml")) == []
    assert '\\"9\\"' not in _text(waiting / f"{CAKE}.yaml")
    decided = [json.loads(line) for line in _text(waiting / "history.jsonl").splitlines()]
    assert [(each["cassette"], each["accepted"]) for each in decided] == [(CAKE, False), (WEATHER, True)]


def test_review_asks_nothing_in_ci(harness: Harness, waiting: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", _Terminal("a\na\n"))
    monkeypatch.setenv("CI", "true")
    assert harness("review").exit_code == 0
    assert len(list(waiting.glob("*.pending.yaml"))) == 2


def test_skipping_and_quitting_leave_what_waits(
    harness: Harness, waiting: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", _Terminal("s\nq\n"))
    harness("review")
    assert len(list(waiting.glob("*.pending.yaml"))) == 2


def test_review_gives_data_and_takes_names(harness: Harness, waiting: Path) -> None:
    [row] = json.loads(harness("review", CAKE, "--json").stdout)
    assert (row["name"], row["shift"], row["verdicts"]) == (CAKE, "regressed", {"before": "passed", "after": "failed"})
    assert [each["name"] for each in row["facets"]] == ["verdict", "arguments", "end state"]
    assert harness("review", "cancel-a-cakes").exit_code == 2


def test_the_old_side_of_an_edited_agent_is_still_judged(
    harness: Harness, bakery: Path, bakers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bakers.cake, "instructions", "You bake cakes and pies.")
    script = bakery / "pies.yaml"
    script.write_text(_text(bakery / "script.yaml").replace("cakes", "cakes and pies"), encoding="utf-8")
    harness("record", "--stale", "--script", script, "-q")
    told = harness("pending")
    assert told.stdout.splitlines() == ["cancel-a-cake  same meaning", "cancel-refused  same meaning"]
    assert harness("run", "-q").exit_code == 4
    assert harness("accept", "--same").exit_code == 0
    assert harness("run", "-q").exit_code == 0


def test_pending_says_what_each_means_in_a_word(harness: Harness, waiting: Path) -> None:
    told = harness("pending")
    assert told.stdout.splitlines() == [
        "cancel-a-cake  regressed (verdict, arguments, end state)",
        "about-the-weather  same meaning",
    ]
    assert harness("pending", "-q").stdout.split() == [WEATHER, CAKE]
    assert [each["name"] for each in json.loads(harness("pending", "--json").stdout)] == [CAKE, WEATHER]


def test_accept_takes_names_and_keeps_a_history(harness: Harness, waiting: Path) -> None:
    told = harness("accept", CAKE, "--reason", "the ninth")
    assert (told.exit_code, told.stdout.split()) == (0, [CAKE])
    assert '\\"9\\"' in _text(waiting / f"{CAKE}.yaml")
    assert harness("pending", "-q").stdout.split() == [WEATHER]
    assert "accepted  cancel-a-cake" in harness("pending", "--history").stdout
    [decision] = json.loads(harness("pending", "--history", "--json").stdout)
    assert decision["reason"] == "the ninth"
    assert decision["by"]


def test_accept_same_takes_what_means_the_same(harness: Harness, waiting: Path) -> None:
    assert harness("accept", "--same").stdout.split() == [WEATHER]
    assert harness("accept", "--same").stderr == "0 accepted\n"


def test_reject_all_keeps_every_old_recording(harness: Harness, waiting: Path) -> None:
    before = _text(waiting / f"{CAKE}.yaml")
    assert harness("reject", "--all").stderr == "2 rejected\n"
    assert _text(waiting / f"{CAKE}.yaml") == before
    assert harness("pending", "-q").stdout == ""


@pytest.mark.parametrize("verb", ["accept", "reject"])
def test_a_decision_says_about_what(harness: Harness, waiting: Path, verb: str) -> None:
    assert "waiting: about-the-weather, cancel-a-cake" in harness(verb).stderr
    assert harness(verb, CAKE, "--all").exit_code == 2
    assert "did you mean 'cancel-a-cake'" in harness(verb, "cancel-a-cakes").stderr


@pytest.mark.parametrize("verb", ["accept", "reject"])
def test_nothing_is_decided_in_ci(harness: Harness, waiting: Path, verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "1")
    told = harness(verb, "--all")
    assert (told.exit_code, "in CI nothing is accepted or rejected" in told.stderr) == (2, True)
    assert len(list(waiting.glob("*.pending.yaml"))) == 2
