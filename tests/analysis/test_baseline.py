from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from harness.analysis.baseline import age_in_days, as_text, bless, changes, read_baseline
from harness.analysis.summary import summary_of
from harness.analysis.tally import Tally
from harness.core.results import Mode, Traffic
from harness.errors import RunFileError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.core.results import Run

    MakeRun = Callable[..., Run]

GOOD = {"b": "+", "a": "+"}
LIVE: dict[str, Any] = {"mode": Mode.LIVE}


def test_a_baseline_is_written_and_read_back(make_run: MakeRun, tmp_path: Path) -> None:
    blessed = bless(make_run({"a": "+-", "b": "~"}, **LIVE))
    path = tmp_path / "main.json"
    path.write_text(as_text(blessed), encoding="utf-8")
    assert read_baseline(path) == replace(blessed, label="main")


def test_the_file_has_one_sorted_line_a_scenario(make_run: MakeRun) -> None:
    lines = as_text(bless(make_run(GOOD))).splitlines()
    entries = [line.strip() for line in lines if '"digest"' in line]
    assert [line[:3] for line in entries] == ['"a"', '"b"']


def test_the_file_is_the_same_for_the_same_run(make_run: MakeRun) -> None:
    assert as_text(bless(make_run(GOOD))) == as_text(bless(make_run(dict(sorted(GOOD.items())))))


@pytest.mark.parametrize(
    ("marks", "given", "said"),
    [
        (GOOD, {"dirty": True}, "uncommitted"),
        (GOOD, {"complete": False}, "not finished"),
        (GOOD, {"shard": "1/2"}, "shard 1/2"),
        ({}, {}, "nothing ran"),
        ({"a": "!"}, {}, "a could not be judged"),
        ({"a": "s"}, {}, "recordings of a are stale"),
        ({"a": "+", "b": ""}, {}, "no trial of b"),
    ],
)
def test_what_cannot_be_trusted_is_not_blessed(
    make_run: MakeRun, marks: dict[str, str], given: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        bless(make_run(marks, **given))


def test_nothing_is_blessed_in_continuous_integration(make_run: MakeRun) -> None:
    with pytest.raises(UsageError, match="continuous integration"):
        bless(make_run(GOOD), in_ci=True)


def test_every_objection_is_named_at_once(make_run: MakeRun) -> None:
    with pytest.raises(UsageError, match=r"uncommitted.*could not be judged"):
        bless(make_run({"a": "!"}, dirty=True))


def test_live_trials_are_pooled_up_to_thirty(make_run: MakeRun) -> None:
    blessed = bless(make_run({"a": "---"}, id="r0", **LIVE))
    for number in range(1, 12):
        blessed = bless(make_run({"a": "+++"}, id=f"r{number}", **LIVE), blessed)
    assert blessed.entries["a"].tally() == Tally(30, 30)
    assert blessed.runs == tuple(f"r{number}" for number in range(2, 12))


def test_the_same_run_is_pooled_once(make_run: MakeRun) -> None:
    run = make_run({"a": "+++"}, **LIVE)
    assert bless(run, bless(run)).entries["a"].tally() == Tally(3, 3)


def test_a_replay_replaces_what_was_blessed(make_run: MakeRun) -> None:
    assert bless(make_run(GOOD, id="new"), bless(make_run(GOOD))).entries["a"].tally() == Tally(1, 1)


def test_a_changed_scenario_starts_its_history_anew(make_run: MakeRun) -> None:
    old = bless(make_run({"a": "---"}, **LIVE))
    changed = make_run({"a": "+++"}, id="new", scenario={"a": {"system": "other"}}, **LIVE)
    assert bless(changed, old).entries["a"].tally() == Tally(3, 3)


@pytest.mark.parametrize("given", [{"system": "bank:system"}, {"mode": Mode.LIVE}])
def test_runs_of_different_kinds_do_not_share_a_file(make_run: MakeRun, given: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="the baseline is of"):
        bless(make_run(GOOD, id="new", **given), bless(make_run(GOOD)))


def test_a_recording_run_that_reused_answers_is_not_blessed(make_run: MakeRun) -> None:
    recorded = make_run(GOOD, mode=Mode.RECORD)
    assert bless(recorded).mode is Mode.LIVE
    partly = tuple(replace(trial, traffic=Traffic(live=2, replayed=1)) for trial in recorded.trials)
    with pytest.raises(UsageError, match="neither live nor replays"):
        bless(replace(recorded, trials=partly))


def test_changes_say_what_blessing_would_do(make_run: MakeRun) -> None:
    change = changes(summary_of(make_run({"a": "+", "b": "+"})), summary_of(make_run({"b": "-", "c": "+"})))
    assert (change.added, change.removed) == (("c",), ("a",))
    assert "verdict passed -> failed" in change.changed["b"]


def test_the_age_is_counted_in_days(make_run: MakeRun) -> None:
    now = datetime(2026, 1, 31, 13, tzinfo=UTC)
    assert age_in_days(summary_of(make_run(GOOD)), now) == 30
    assert age_in_days(summary_of(make_run(GOOD, created_at="?")), now) is None


def test_no_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="harness baseline bless"):
        read_baseline(tmp_path / "none.json")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', json.dumps({"format": 99})])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "main.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RunFileError, match=r"main\.json"):
        read_baseline(path)
