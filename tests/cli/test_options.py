"""What `run`, `record` and `list` have in common: which scenarios, where things are, how trials run, what is said."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest

from harness.core.results import Mode, Run
from harness.execution.journal import read_run
from harness.standin.server import running

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Harness = Callable[..., Any]


def listed(harness: Harness, *arguments: object) -> list[str]:
    found: list[str] = harness("list", "-q", *arguments).stdout.split()
    return found


def newest(project: Path, out: str = "reports") -> Run:
    return read_run(max((project / out).glob("*/run.jsonl")))


def edited(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


CANCEL = ["cancel-a-cake", "cancel-refused"]


@pytest.mark.parametrize(
    ("arguments", "chosen"),
    [
        (["cancel-a-cake"], ["cancel-a-cake"]),
        (["scenarios/bakery.yaml::cancel-refused"], ["cancel-refused"]),
        (["-k", "cancel and not refused"], ["cancel-a-cake"]),
        (["-k", "order"], CANCEL),
        (["--tag", "orders"], CANCEL),
        (["--tag", "orders", "-k", "refused"], ["cancel-refused"]),
        (["--layer", "triage", "-k", "price"], ["price-of-bread"]),
        (["scenarios", "--layer", "specialist"], []),
    ],
)
def test_scenarios_are_chosen_by_path_id_expression_tag_and_layer(
    harness: Harness, bakery: Path, arguments: list[str], chosen: list[str]
) -> None:
    result = harness("list", "-q", *arguments)
    assert (result.stdout.split(), result.exit_code) == (chosen, 0 if chosen else 5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["price"], "no scenario, file or folder is 'price'"),
        (["-k", "cake and"], "-k 'cake and': expected a word or an opening bracket, found the end"),
        (["--tag", "order"], "no scenario has the tag 'order'"),
        (["--last-failed"], "no run in"),
    ],
)
def test_what_cannot_be_chosen_is_said(harness: Harness, bakery: Path, arguments: list[str], message: str) -> None:
    result = harness("list", *arguments)
    assert message in result.stderr
    assert result.exit_code in (2, 5)


def test_last_failed_is_what_did_not_pass_in_the_newest_run(harness: Harness, bakery: Path) -> None:
    edited(bakery / "scenarios" / "bakery.yaml", 'contains: "4.20"', 'contains: "5.20"')
    assert harness("run", "-q").exit_code == 1
    assert listed(harness, "--last-failed") == ["price-of-bread"]


def test_shards_hold_every_scenario_once_whatever_else_is_there(harness: Harness, bakery: Path) -> None:
    parts = [listed(harness, "--shard", f"{index}/2") for index in (1, 2)]
    assert sorted(parts[0] + parts[1]) == sorted(listed(harness))
    edited(
        bakery / "scenarios" / "bakery.yaml",
        "  - id: cancel-refused",
        "  - id: another\n    user: hi\n    expect: {tools: []}\n  - id: cancel-refused",
    )
    assert set(parts[0]) <= set(listed(harness, "--shard", "1/2"))
    assert "expected: i/n" in harness("list", "--shard", "3/2").stderr


def test_places_can_be_given_and_are_seen_from_the_current_folder(
    harness: Harness, bakery: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("scenarios", "cassettes"):
        shutil.move(bakery / name, bakery / f"my-{name}")
    monkeypatch.chdir(bakery / "my-scenarios")
    places = ("--scenarios", ".", "--cassettes", "../my-cassettes", "--out", "../out", "--system", "bakery:desk")
    result = harness("run", "price-of-bread", "-q", *places)
    assert "SystemLoadError" in str(newest(bakery, "out").trials[0].error)
    assert result.exit_code == 4


def test_the_agents_are_found_from_a_folder_below_the_project(
    harness: Harness, bakery: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "bakery")
    monkeypatch.setattr("sys.path", [each for each in sys.path if each != str(bakery)])
    monkeypatch.chdir(bakery / "scenarios")
    assert harness("run", "-q").exit_code == 0


@pytest.mark.parametrize("by", ["variable", "table"])
def test_settings_stand_in_variables_and_in_the_project(
    harness: Harness, bakery: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    if by == "variable":
        monkeypatch.setenv("HARNESS_OUT", "elsewhere")
    else:
        edited(bakery / "pyproject.toml", "[tool.harness]", '[tool.harness]\nout = "elsewhere"')
    harness("run", "price-of-bread", "-q")
    assert newest(bakery, "elsewhere").info.system == "bakery:system"


def test_a_wrong_setting_is_named_with_its_place(harness: Harness, bakery: Path) -> None:
    edited(bakery / "pyproject.toml", "[tool.harness]", "[tool.harness]\nconcurency = 3")
    result = harness("run")
    assert result.exit_code == 2
    assert "pyproject.toml [tool.harness]: unknown setting 'concurency'\n  did you mean 'concurrency'?" in result.stderr


@pytest.mark.parametrize("flags", [("-j", 1), ("-j", 100), ("--processes", 2)])
def test_however_many_trials_run_at_once_the_traces_are_the_same(
    harness: Harness, bakery: Path, flags: tuple[object, ...]
) -> None:
    harness("run", "-q")
    usual = newest(bakery)
    assert harness("run", "-q", *flags).exit_code == 0
    assert [trial.trace for trial in newest(bakery).trials] == [trial.trace for trial in usual.trials]


def test_trials_without_recordings_cannot_be_judged(harness: Harness, bakery: Path) -> None:
    result = harness("run", "cancel-a-cake", "--trials", 2)
    assert result.exit_code == 4
    assert "next: harness record" in result.stderr
    assert [trial.index for trial in newest(bakery).trials] == [0, 1]


def test_a_run_stops_after_so_many_failures_and_can_be_resumed(harness: Harness, bakery: Path) -> None:
    recording = bakery / "cassettes" / "price-of-bread.yaml"
    shutil.move(recording, bakery / "kept.yaml")
    assert harness("run", "-q", "-j", 1, "--max-failures", 1).exit_code == 4
    early = newest(bakery)
    assert (early.complete, len(early.trials)) == (False, 1)

    shutil.move(bakery / "kept.yaml", recording)
    assert harness("run", "-q", "--resume", bakery / "reports" / early.info.id).exit_code == 0
    whole = newest(bakery)
    assert (whole.complete, whole.info.id) == (True, early.info.id)
    assert [trial.scenario for trial in whole.trials] == [scenario.id for scenario in whole.scenarios]


def test_a_resumed_run_keeps_its_number_of_trials(harness: Harness, bakery: Path) -> None:
    harness("run", "cancel-a-cake", "-q", "--trials", 2)
    run = newest(bakery)
    shutil.copy(bakery / "cassettes" / "cancel-a-cake.yaml", bakery / "cassettes" / "cancel-a-cake.1.yaml")
    assert harness("run", "-q", "--resume", bakery / "reports" / run.info.id).exit_code == 0
    assert [(trial.index, trial.error) for trial in newest(bakery).trials] == [(0, None), (1, None)]


@pytest.mark.parametrize(
    ("file", "before", "after", "named"),
    [
        ("scenarios/bakery.yaml", "order 8", "order 9", "cancel-refused"),
        ("bakery.py", "You bake cakes.", "You bake pies.", "Baker (2)"),
    ],
)
def test_a_run_is_not_resumed_after_a_change(
    harness: Harness, bakery: Path, monkeypatch: pytest.MonkeyPatch, file: str, before: str, after: str, named: str
) -> None:
    harness("run", "-q")
    edited(bakery / file, before, after)
    monkeypatch.delitem(sys.modules, "bakery")
    result = harness("run", "--resume", bakery / "reports" / newest(bakery).info.id)
    assert (result.exit_code, f"changed since the run began: {named}" in result.stderr) == (2, True)


def test_a_resumed_run_takes_no_selection(harness: Harness, bakery: Path) -> None:
    assert "leave out what selects" in harness("run", "cancel-a-cake", "--resume", "reports/x").stderr


def test_live_calls_an_endpoint_and_uses_no_recording(
    harness: Harness, bakery: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(bakery / "cassettes")
    with running(script=bakery / "script.yaml") as url:
        monkeypatch.setenv("HARNESS_ENDPOINT", url)
        assert harness("run", "-q", "--mode", "live").exit_code == 0
    run = newest(bakery)
    assert run.info.mode is Mode.LIVE
    assert sum(trial.traffic.live for trial in run.trials) > 0
    assert not (bakery / "cassettes").exists()


@pytest.mark.parametrize("arguments", [("run", "--mode", "live"), ("record",)])
def test_a_missing_key_is_said_once_and_before_anything_runs(
    harness: Harness, bakery: Path, arguments: tuple[str, ...]
) -> None:
    result = harness(*arguments)
    assert result.exit_code == 2
    assert result.stderr.count("OPENAI_API_KEY is not set") == 1
    assert not (bakery / "reports").exists()


def test_a_timeout_ends_a_trial(harness: Harness, bakery: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(script=bakery / "script.yaml") as url:
        monkeypatch.setenv("HARNESS_ENDPOINT", url)
        result = harness("run", "price-of-bread", "--mode", "live", "--timeout", "0.001")
    assert result.exit_code == 4
    assert "did not end within 0.001 s" in result.stderr


def test_a_variant_runs_beside_the_agents_as_they_are(harness: Harness, bakery: Path) -> None:
    (bakery / "variants").mkdir()
    (bakery / "variants" / "terse.yaml").write_text(
        "agents:\n  Baker:\n    instructions: Be brief.\n", encoding="utf-8"
    )
    result = harness("run", "cancel-a-cake", "-q", "--variant", "baseline", "--variant", "terse")
    assert result.exit_code in (0, 4)
    assert {read_run(each).info.variant for each in (bakery / "reports").glob("*/run.jsonl")} == {None, "terse"}
    assert "did you mean 'terse'?" in harness("run", "--variant", "tense").stderr


def test_json_is_all_there_is_on_stdout(harness: Harness, bakery: Path) -> None:
    result = harness("run", "--json")
    assert json.loads(result.stdout)["verdict"] == "passed"
    assert json.loads(harness("list", "--json").stdout)[0]["id"] == "price-of-bread"


def test_quiet_says_the_verdict_and_verbose_the_layers(harness: Harness, bakery: Path) -> None:
    quiet, plain, verbose = (harness("run", *flags).stderr for flags in (("-q",), (), ("-v",)))
    assert quiet.startswith("PASSED: all 4 judged scenarios passed")
    assert (plain.count("\n"), "Triage routing" in plain) == (1, False)
    assert "Triage routing" in verbose


def test_colours_can_be_refused(harness: Harness, bakery: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in harness("run", "cancel-a-cake").stderr
    assert "\x1b[" not in harness("run", "cancel-a-cake", "--no-color").stderr
