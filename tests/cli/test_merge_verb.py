from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from harness.analysis.digest import suite_digest
from harness.execution.journal import read_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.core.results import Run

    Harness = Callable[..., Any]
    Save = Callable[..., Path]

MARKS = ({"a": "+"}, {"b": "+", "c": "+"}, {"d": "-"})


@pytest.fixture
def shards(save: Save, make_run: Callable[..., Run]) -> list[Path]:
    """Three saved shards; the third found a failure."""
    whole = make_run({name: mark for part in MARKS for name, mark in part.items()})
    now = datetime.now(UTC).isoformat(timespec="seconds")
    suite = suite_digest(whole.scenarios)
    return [
        save(f"shards/{number}", marks, id=f"2026010{number}", shard=f"{number}/3", suite=suite, created_at=now)
        for number, marks in enumerate(MARKS, 1)
    ]


def test_shards_become_one_run_with_its_reports(harness: Harness, shards: list[Path], project: Path) -> None:
    result = harness("merge", *reversed(shards))
    assert result.exit_code == 1, "one of them found a failure"
    assert "1 of 4 failed" in result.stderr or "1 of 4 scenarios failed" in result.stderr
    folder = project / "reports" / "20260103-merged"
    assert [each.scenario for each in read_run(folder).trials] == ["a", "b", "c", "d"]
    assert {each.name for each in folder.iterdir()} == {"run.jsonl", "index.html", "junit.xml", "summary.json"}


def test_a_folder_stands_for_the_runs_below_it_and_merging_again_changes_nothing(
    harness: Harness, shards: list[Path], project: Path
) -> None:
    below = shards[0].parent
    shutil.copytree(shards[1], shards[1] / "again")  # as fresh trials that the gate asked for stand in a run
    assert harness("merge", below).exit_code == 1
    made = (project / "reports" / "20260103-merged" / "run.jsonl").read_bytes()
    assert harness("merge", below, shards[0], shards[0] / "run.jsonl").exit_code == 1, "one place named twice is one"
    assert (project / "reports" / "20260103-merged" / "run.jsonl").read_bytes() == made


def test_one_of_three_missing_could_not_be_judged(harness: Harness, shards: list[Path], project: Path) -> None:
    result = harness("merge", shards[0], shards[1])
    assert result.exit_code == 4
    assert "could not judge: shard 3/3 is missing" in result.stderr
    assert not list((project / "reports").glob("*-merged"))


def test_a_shard_twice_could_not_be_judged(harness: Harness, shards: list[Path], save: Save) -> None:
    again = save("again", MARKS[0], shard="1/3", suite=read_run(shards[0]).info.suite)
    result = harness("merge", *shards, again)
    assert result.exit_code == 4
    assert "shard 1/3 is there 2 times: 20260101, again" in result.stderr


def test_a_shard_of_another_commit_could_not_be_judged(harness: Harness, shards: list[Path], save: Save) -> None:
    other = save("other", MARKS[2], shard="3/3", suite=read_run(shards[0]).info.suite, commit="abc")
    result = harness("merge", shards[0], shards[1], other)
    assert result.exit_code == 4
    assert "commit differs: none (1/3, 2/3), abc (3/3)" in result.stderr


def test_allowed_to_be_partial_it_shows_what_there_is_and_is_no_pass(
    harness: Harness, shards: list[Path], project: Path
) -> None:
    for more in ((), ("--gate",)):
        result = harness("merge", shards[0], shards[1], "--allow-partial", *more)
        assert result.exit_code == 4
        assert "next: harness merge SHARDS" in result.stderr
    folder = project / "reports" / "20260102-merged"
    assert not read_run(folder).complete
    assert "Not the whole run." in (folder / "index.html").read_text(encoding="utf-8")
    assert 'name="shard" value="1,2/3"' in (folder / "junit.xml").read_text(encoding="utf-8")
    assert harness("merge", shards[0], shards[1], "--allow-partial", "-q").stderr.startswith(
        "COULD NOT JUDGE: only shards 1, 2 of 3; 3 of 3 scenarios passed, 0 failed"
    )
    assert harness("gate", folder).exit_code == 4, "nor later"


def test_the_gate_decides_on_the_merged_run_against_a_baseline(
    harness: Harness, shards: list[Path], save: Save
) -> None:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    before = save("before", {"a": "+", "b": "+", "c": "+", "d": "-"}, created_at=now)
    result = harness("merge", *shards, "--baseline", before, "--gate")
    assert (result.exit_code, "0 regressed" in result.stderr) == (0, True)
    better = save("better", {"a": "+", "b": "+", "c": "+", "d": "+"}, created_at=now)
    result = harness("merge", *shards, "--baseline", better, "--gate")
    assert (result.exit_code, "1 regressed" in result.stderr) == (1, True)


def test_it_can_be_written_elsewhere_and_said_as_data(harness: Harness, shards: list[Path], project: Path) -> None:
    result = harness("merge", *shards, "--out", "elsewhere", "--json")
    said = json.loads(result.stdout)
    assert (said["run"], said["shard"], said["complete"]) == ("20260103-merged", None, True)
    assert (project / "elsewhere" / "20260103-merged" / "run.jsonl").exists()


def test_what_is_no_run_is_said(harness: Harness, shards: list[Path], project: Path) -> None:
    result = harness("merge", *shards, "nowhere")
    assert (result.exit_code, "no run at 'nowhere'" in result.stderr) == (2, True)
    (project / "empty").mkdir()
    result = harness("merge", "empty")
    assert (result.exit_code, "no run at 'empty" in result.stderr) == (2, True)
    assert harness("merge").exit_code == 2


def test_merging_imports_no_sdk(shards: list[Path], project: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from harness import config, merged;"
        f"merged.merge(config.resolve(), [Path({str(shards[0].parent)!r})]);"
        "print(sorted({'agents', 'openai', 'vcr'} & set(sys.modules)))"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_what_ran_in_shards_is_what_runs_at_once(harness: Harness, bakery: Path) -> None:
    assert harness("run", "--out", "whole").exit_code == 0
    for number in range(1, 10):
        code = harness("run", "--shard", f"{number}/9", "--out", f"shards/{number}").exit_code
        (run,) = map(read_run, (bakery / "shards" / str(number)).glob("2*"))
        assert code == (0 if run.trials else 4), "a part with no scenario is a shard, and no pass"
        assert run.complete
    assert harness("merge", "shards").exit_code == 0
    (whole,) = map(read_run, (bakery / "whole").glob("2*"))
    (made,) = map(read_run, (bakery / "reports").glob("*-merged"))
    assert made.scenarios == whole.scenarios
    assert [(each.key, each.verdict, each.scores, each.trace) for each in made.trials] == [
        (each.key, each.verdict, each.scores, each.trace) for each in whole.trials
    ]
