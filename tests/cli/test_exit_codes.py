"""What the process exits with, case by case; and what an interrupted run leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import ExitCode, gravest
from harness.standin.server import running

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Harness = Callable[..., Any]

_PATIENCE = 60


def _edit(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def test_fine_worse_could_not_judge_and_which_comes_first(harness: Harness, bakery: Path) -> None:
    assert harness("run", "-q").exit_code == ExitCode.FINE
    _edit(bakery / "scenarios" / "bakery.yaml", 'contains: "4.20"', 'contains: "5.20"')
    assert harness("run", "-q").exit_code == ExitCode.WORSE
    for path in (bakery / "cassettes").glob("cancel-a-cake*"):
        path.unlink()
    both = harness("run")
    assert both.exit_code == ExitCode.COULD_NOT_JUDGE
    assert "1 of 4 scenarios could not be judged; 1 scenario failed" in both.stderr
    assert "next: harness record" in both.stderr


@pytest.mark.parametrize("arguments", [("runn",), ("run", "--no-such-flag"), ("gate", "no-such-run"), ("power", "x")])
def test_wrong_usage(harness: Harness, arguments: tuple[str, ...]) -> None:
    assert harness(*arguments).exit_code == ExitCode.USAGE


def test_what_selects_nothing_or_cannot_be_read_runs_nothing(harness: Harness, bakery: Path) -> None:
    before = sorted(bakery.glob("reports/*"))
    assert harness("run", "--tag", "no-such-tag").exit_code == ExitCode.NOTHING_SELECTED
    assert harness("run", "no-such-scenario").exit_code == ExitCode.NOTHING_SELECTED
    (bakery / "scenarios" / "more.yaml").write_text("scenarios: [{id: x}]\n", encoding="utf-8")
    result = harness("run")
    assert (result.exit_code, "more.yaml:1" in result.stderr) == (ExitCode.USAGE, True)
    assert sorted(bakery.glob("reports/*")) == before


def test_a_defect_keeps_its_traceback_and_has_a_code_of_its_own() -> None:
    code = (
        "import sys; from harness import cli, saved\n"
        "def broken(settings): raise RuntimeError('a defect')\n"
        "saved.newest_run = broken; cli.main(['report'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == ExitCode.INTERNAL
    assert "RuntimeError: a defect" in done.stderr


def test_of_several_codes_a_defect_comes_first_and_not_judged_before_worse() -> None:
    fine, worse, unjudged, defect = ExitCode.FINE, ExitCode.WORSE, ExitCode.COULD_NOT_JUDGE, ExitCode.INTERNAL
    assert gravest([fine, worse, unjudged, defect]) is defect
    assert gravest([worse, unjudged, fine]) is unjudged
    assert gravest([fine, worse]) is worse
    assert gravest([fine, ExitCode.NOTHING_SELECTED]) is ExitCode.NOTHING_SELECTED
    assert gravest([]) is fine


def test_an_interrupted_run_keeps_and_reports_what_had_finished(bakery: Path) -> None:
    with running(bakery / "script.yaml", latency=0.4) as endpoint:
        environment = os.environ | {"HARNESS_ENDPOINT": endpoint, "OPENAI_API_KEY": "none"}
        flags = ["--mode", "live", "-j", "1", "--trials", "20", "--out", "cut"]
        process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-m", "harness", "run", *flags],
            cwd=bakery,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        _wait_for_a_trial(bakery / "cut")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=_PATIENCE)
    assert process.returncode == ExitCode.INTERRUPTED
    assert "harness: interrupted" in said
    assert "run not complete" in said
    assert "Traceback" not in said
    [folder] = [path.parent for path in (bakery / "cut").glob("*/run.jsonl")]
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["complete"] is False
    assert 1 <= summary["trials"] < 80
    assert (folder / "index.html").exists()


def _left_alone(folder: Path, *arguments: str) -> int:
    """The exit code of a call whose reader has gone before it says anything."""
    end, pipe = os.pipe()
    os.close(end)
    try:
        return subprocess.run(  # noqa: S603 - ourselves
            [sys.executable, "-m", "harness", *arguments],
            cwd=folder,
            check=False,
            stdout=pipe,
            stderr=pipe,
        ).returncode
    finally:
        os.close(pipe)


def test_a_run_that_nobody_reads_exits_with_what_it_found(bakery: Path) -> None:
    (bakery / "cassettes" / "about-the-weather.yaml").unlink()
    assert _left_alone(bakery, "run", "about-the-weather") == ExitCode.COULD_NOT_JUDGE


def test_data_that_nobody_takes_is_no_verdict(bakery: Path) -> None:
    assert _left_alone(bakery, "list", "--json") == ExitCode.INTERRUPTED


def _wait_for_a_trial(folder: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if any('"trial":' in path.read_text(encoding="utf-8") for path in folder.glob("*/run.jsonl")):
            return
        time.sleep(0.1)
    pytest.fail("no trial finished")


def test_a_traceback_of_our_own_repeats_no_secret(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key = "sk-proj-" + "Ab3" * 12
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    harness("--version")
    with pytest.raises(SystemExit) as left:
        sys.excepthook(ValueError, ValueError(f"{key} is refused"), None)
    told = capsys.readouterr().err
    assert (left.value.code, "<secret> is refused" in told, key in told) == (ExitCode.INTERNAL, True, False)
