from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.core.results import Verdict
from harness.reporting.formats import write
from harness.reporting.history import comparable, past_runs, trend_of
from harness.reporting.html.index import render_index, write_index
from harness.reporting.view import report_of

if TYPE_CHECKING:
    from pathlib import Path

    from harness.core.results import Run


def _saved(folder: Path, run: Run, day: int, **info: Any) -> Run:
    told = replace(run, info=replace(run.info, id=f"run-{day}", created_at=f"2026-11-{day:02d}T08:00:00Z", **info))
    write(report_of(told), folder / told.info.id, ["json"])
    return told


def test_runs_are_read_from_their_summaries_oldest_first(samples: Any, tmp_path: Path) -> None:
    _saved(tmp_path, samples.green(), 12)
    _saved(tmp_path, samples.regression(), 9)
    found = past_runs(tmp_path)
    assert [(each.folder, each.verdict) for each in found] == [("run-9", Verdict.FAILED), ("run-12", Verdict.PASSED)]
    assert (found[0].passed, found[0].scenarios, found[0].metrics["specialist.tools"].n) == (60, 61, 61)


def test_a_summary_that_cannot_be_read_is_left_out(samples: Any, tmp_path: Path) -> None:
    _saved(tmp_path, samples.green(), 1)
    for name, text in (("broken", "{"), ("empty", "{}"), ("list", "[]")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "summary.json").write_text(text)
    assert [each.folder for each in past_runs(tmp_path)] == ["run-1"]


def test_a_trend_takes_earlier_runs_of_the_same_kind_only(samples: Any, tmp_path: Path) -> None:
    _saved(tmp_path, samples.regression(), 1)
    _saved(tmp_path, samples.green(), 2)
    _saved(tmp_path, samples.green(), 3, variant="terse")
    _saved(tmp_path, samples.run_of(samples.kinds["misrouted"]()), 4)
    _saved(tmp_path, replace(samples.regression(), complete=False), 5)
    now = _saved(tmp_path, samples.green(), 6)
    rates = trend_of(past_runs(tmp_path), now.info)["specialist.tools"]
    assert [round(rate or 0, 3) for rate in rates] == [0.984, 1.0]


def test_a_run_of_a_few_scenarios_is_no_part_of_a_trend(samples: Any, tmp_path: Path) -> None:
    _saved(tmp_path, samples.green(), 1)
    _saved(tmp_path, samples.run_of(samples.kinds["passing"]()), 2)
    assert [each.folder for each in comparable(past_runs(tmp_path))] == ["run-1"]


def test_the_index_lists_verdict_trend_and_link(samples: Any, tmp_path: Path) -> None:
    _saved(tmp_path, samples.regression(), 1)
    _saved(tmp_path, samples.green(), 2)
    page = write_index(tmp_path).read_text(encoding="utf-8")
    assert page.index('href="run-2/index.html"') < page.index('href="run-1/index.html"')
    assert page.count("<polyline") == 5
    assert "stand-in, not a model" in page
    assert "default-src &#39;none&#39;" in page


def test_an_index_of_nothing_says_how_to_make_a_run() -> None:
    assert "harness run" in render_index(())


def test_text_of_a_summary_is_only_text(samples: Any, tmp_path: Path) -> None:
    _saved(tmp_path, samples.green(), 1)
    path = tmp_path / "run-1" / "summary.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(data | {"sentence": samples.hostile_text}), encoding="utf-8")
    assert "<script>" not in render_index(past_runs(tmp_path))


def test_the_trend_of_the_list_is_of_one_kind_of_run(samples: Any, tmp_path: Path) -> None:
    _saved(tmp_path, samples.green(), 1)
    _saved(tmp_path, samples.regression(), 2, variant="terse")
    _saved(tmp_path, samples.green(), 3)
    assert '<p class="dim">2 runs</p>' in render_index(past_runs(tmp_path))
