"""The bundled suite as `make run` runs it: replayed from the recordings that are committed, and nothing else."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import TypeAdapter

from harness import config, pipeline
from harness.analysis.outcome import run_verdict, scenario_results
from harness.core.results import Verdict
from harness.core.trace import Trace
from harness.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.reported import Outcome

    Replay = Callable[..., Outcome]

ROOT = Path(__file__).parents[1]
_TRACE = TypeAdapter(Trace)


@pytest.fixture
def replay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Replay:
    """Replay what is selected, so many trials at once."""
    monkeypatch.chdir(ROOT)

    def run(at_once: int, keyword: str | None = None) -> Outcome:
        settings = config.resolve({"concurrency": at_once, "out": tmp_path}, start=ROOT)
        return asyncio.run(pipeline.run(settings, pipeline.Selection(keyword=keyword)))

    return run


def traces(outcome: Outcome) -> dict[str, bytes]:
    return {trial.key: _TRACE.dump_json(trial.trace) for trial in outcome.run.trials}


def test_it_replays_whole_without_a_live_call_and_passes(replay: Replay) -> None:
    outcome = replay(16)
    run = outcome.run
    assert (outcome.code, run.complete) == (ExitCode.FINE, True)
    assert run_verdict(run, scenario_results(run)) is Verdict.PASSED
    assert {trial.traffic.live for trial in run.trials} == {0}
    assert [trial.error for trial in run.trials if trial.error] == []
    assert all(trial.cassette and trial.cassette.used == trial.cassette.total for trial in run.trials)
    assert {"run.jsonl", "index.html", "junit.xml"} <= {path.name for path in outcome.folder.iterdir()}


def test_two_runs_leave_the_same_traces_byte_for_byte(replay: Replay) -> None:
    one_by_one, at_once = (traces(replay(count, "refund or clarif or outage")) for count in (1, 100))
    assert len(one_by_one) > 10
    assert at_once == one_by_one
