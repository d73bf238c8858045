"""A run file: written line by line, read back whole, and told apart when something is wrong with it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.core.graph import AgentGraph, AgentNode
from harness.core.results import Mode, Run, RunInfo, Score, Trial, TrialError, Verdict, Versions
from harness.core.scenario import Expectation, ExpectedCall, Location, Scenario, ToolsExpectation, Turn
from harness.core.trace import (
    AgentRef,
    AgentRun,
    ErrorKind,
    Handoff,
    Layer,
    Message,
    ModelCall,
    OtherItem,
    ToolCall,
    Trace,
    TurnTrace,
)
from harness.errors import RunFileError
from harness.execution.journal import Journal, done, read_run, write_run

if TYPE_CHECKING:
    from pathlib import Path

TRIAGE, HELPER = AgentRef(name="Triage", layer=Layer.TRIAGE), AgentRef(name="Lookup", layer=Layer.HELPER)


def some_trace(text: str = "bye") -> Trace:
    inner = AgentRun(id="r1", agent=HELPER, input="C-1", steps=(ModelCall(id="s3", owner=HELPER, model="small"),))
    steps = (
        ModelCall(id="s0", owner=TRIAGE, model="large"),
        OtherItem(id="s1", owner=TRIAGE, type="reasoning", data={"tokens": [1, None, 2.5]}),
        ToolCall(id="s2", owner=TRIAGE, tool="lookup", call_id="c", arguments="{}", runs=(inner,)),
        Handoff(id="s4", owner=TRIAGE, target=None, tool="transfer_to_nobody"),
        Message(id="s5", owner=TRIAGE, text=text),
    )
    return Trace(turns=(TurnTrace(user="hi", runs=(AgentRun(id="r0", agent=TRIAGE, input="hi", steps=steps),)),))


def some_scenario(name: str) -> Scenario:
    tools = ToolsExpectation(calls=(ExpectedCall(tool="lookup", arguments={"id": {"matches": "C-.*"}}),))
    return Scenario(
        id=name,
        location=Location(file="a.yaml", line=3),
        conversation=(Turn(user="hi", expect=Expectation(tools=tools)),),
        approvals={"refund": True},
    )


def some_trial(name: str, verdict: Verdict = Verdict.PASSED, index: int = 0, text: str = "bye") -> Trial:
    score = Score(scorer="routing", verdict=verdict, reason="because", layer=Layer.TRIAGE)
    return Trial(scenario=name, index=index, verdict=verdict, scores=(score,), trace=some_trace(text))


@pytest.fixture
def run() -> Run:
    return Run(
        info=RunInfo(id="1", created_at="2026-01-31T12:00:00+00:00", system="shop:system", mode=Mode.REPLAY),
        graph=AgentGraph(entry="Triage", agents=(AgentNode(ref=TRIAGE),)),
        scenarios=(some_scenario("a"), some_scenario("b")),
        trials=(some_trial("a"), some_trial("b"), some_trial("a", index=1), some_trial("b", index=1)),
    )


def test_a_run_is_read_back_as_it_was(run: Run, tmp_path: Path) -> None:
    path = write_run(run, tmp_path / "1")

    assert read_run(path) == run
    assert read_run(tmp_path / "1") == run


def test_trials_come_in_the_order_of_the_scenarios_however_they_finished(run: Run, tmp_path: Path) -> None:
    write_run(replace(run, trials=tuple(reversed(run.trials))), tmp_path)

    assert read_run(tmp_path).trials == run.trials


def test_each_trial_can_be_read_as_soon_as_it_is_added(run: Run, tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.begin(run.info, run.graph, run.scenarios)
        journal.add(run.trials[0])
        so_far = read_run(tmp_path)

    assert so_far.trials == run.trials[:1]
    assert not so_far.complete


def test_a_torn_last_line_is_left_out_with_a_warning(
    run: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_run(replace(run, complete=False), tmp_path)
    path.write_bytes(path.read_bytes()[:-10])

    assert read_run(tmp_path).trials == run.trials[:-1]
    assert f"{path}:7: the last line is torn" in caplog.text


def test_a_resumed_run_goes_on_after_the_torn_line(run: Run, tmp_path: Path) -> None:
    path = write_run(replace(run, complete=False), tmp_path)
    path.write_bytes(path.read_bytes()[:-10])

    with Journal(tmp_path, resume=True) as journal:
        journal.add(run.trials[-1])
        journal.end()

    assert read_run(tmp_path) == run


def test_resuming_cuts_a_torn_line_of_any_length(run: Run, tmp_path: Path) -> None:
    path = write_run(replace(run, complete=False), tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"kind": "trial", "trial": ' + b" " * 200_000)

    Journal(tmp_path, resume=True).__exit__(None, None, None)

    assert path.read_bytes() == whole


def test_the_first_row_of_a_trial_counts_unless_it_errored(run: Run, tmp_path: Path) -> None:
    errored = some_trial("b", Verdict.ERRORED)
    rows = (some_trial("a"), some_trial("a", text="again"), errored, some_trial("b"), some_trial("b", text="again"))
    write_run(replace(run, trials=rows), tmp_path)

    assert read_run(tmp_path).trials == (some_trial("a"), some_trial("b"))


def test_errored_trials_are_not_done(run: Run) -> None:
    error = TrialError(kind=ErrorKind.INFRASTRUCTURE, type="X", message="outage")
    errored = replace(run.trials[1], verdict=Verdict.ERRORED, error=error)
    failed = replace(run.trials[2], verdict=Verdict.FAILED)

    assert done(replace(run, trials=(run.trials[0], errored, failed))) == {"-/a/0", "-/a/1"}


def test_half_a_character_is_replaced_and_the_run_goes_on(run: Run, tmp_path: Path) -> None:
    write_run(replace(run, trials=(some_trial("a", text="\ud83d \ud83d\ude00 ok"),)), tmp_path)

    (trial,) = read_run(tmp_path).trials

    assert trial == some_trial("a", text="\ufffd \U0001f600 ok")


def test_a_folder_holds_one_run(run: Run, tmp_path: Path) -> None:
    write_run(run, tmp_path)

    with pytest.raises(RunFileError, match="a run already"):
        write_run(run, tmp_path)
    with pytest.raises(RunFileError, match="no run to resume"):
        Journal(tmp_path / "other", resume=True)


def test_a_missing_run_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(RunFileError, match="no run at") as caught:
        read_run(tmp_path / "nowhere")

    assert "reports/" in caught.value.hint


@pytest.mark.parametrize(
    "content", ["", "hello\n", '{"kind": "run"}\n', '{"kind": "end"}\n', "[1]\n", '{"kind": "run"']
)
def test_a_foreign_file_is_no_run(content: str, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text(content)

    with pytest.raises(RunFileError, match="not a run of the harness"):
        read_run(path)


@pytest.mark.parametrize("damage", ["{", '{"kind": "trial", "trial": {"scenario": 3}}', '{"kind": "song"}', ""])
def test_a_damaged_line_is_named(damage: str, run: Run, tmp_path: Path) -> None:
    path = write_run(run, tmp_path)
    lines = path.read_text().splitlines()
    lines[4] = damage
    path.write_text("\n".join(lines) + "\n")

    with pytest.raises(RunFileError, match="damaged") as caught:
        read_run(path)

    assert str(caught.value.where) == f"{path}:5"


def test_a_newer_format_is_refused_with_the_version_that_wrote_it(run: Run, tmp_path: Path) -> None:
    info = replace(run.info, format_version=99, versions=Versions(harness="9.1"))
    path = write_run(replace(run, info=info), tmp_path)
    lines = path.read_text().splitlines(keepends=True)
    head = json.loads(lines[0])
    head["graph"] = "something else by then"
    path.write_text(json.dumps(head) + "\n" + "".join(lines[1:]))

    with pytest.raises(RunFileError, match="format 99") as caught:
        read_run(path)

    assert "9.1" in caught.value.hint
