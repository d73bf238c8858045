"""`pytest scenarios/` in somebody else's project, in processes of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Pytest = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def project(tmp_path: Path, recorded_bakery: Path) -> Path:
    folder = tmp_path / "bakery"
    shutil.copytree(recorded_bakery, folder)
    return folder


@pytest.fixture
def run(project: Path) -> Pytest:
    """Call pytest in the project, or `within` another folder."""

    def call(*arguments: str, within: Path = project) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        return subprocess.run(  # noqa: S603 - ourselves
            command, cwd=within, capture_output=True, text=True, check=False, timeout=200, env=environment
        )

    return call


def edited(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def test_each_scenario_is_an_item_in_as_many_processes_as_asked_for(run: Pytest) -> None:
    result = run("scenarios", "-n", "2", "-v")
    assert result.returncode == 0, result.stdout
    for name in ("price-of-bread", "cancel-a-cake", "cancel-refused", "about-the-weather"):
        assert f"PASSED scenarios/bakery.yaml::{name}" in result.stdout


def test_tags_are_markers_and_names_are_selected_from_wherever_pytest_starts(run: Pytest, project: Path) -> None:
    arguments = ("bakery/scenarios", "-m", "orders", "-k", "not refused", "--strict-markers", "-v")
    result = run(*arguments, within=project.parent)
    assert result.returncode == 0, result.stdout
    assert "1 passed, 3 deselected" in result.stdout
    assert "bakery.yaml::cancel-a-cake PASSED" in result.stdout


def test_a_failure_says_why_first_and_keeps_what_could_not_be_judged_apart(run: Pytest, project: Path) -> None:
    suite = project / "scenarios" / "bakery.yaml"
    edited(suite, 'contains: "4.20"', 'contains: "5.20"')
    edited(
        suite, 'state: {cancelled: ["7"]}', 'state: {cancelled: ["9"]}\n    quarantine: {until: 2999-12-31, reason: hm}'
    )
    (project / "cassettes" / "cancel-refused.yaml").unlink()
    other = "scenarios:\n  - {id: bread-again, agent: Baker, history: price-of-bread, user: hi, expect: {tools: []}}\n"
    (project / "scenarios" / "another.yaml").write_text(other, encoding="utf-8")

    result = run("scenarios", "-q", "-rfx", "--junitxml", "junit.xml")

    assert result.returncode == 1
    assert "3 failed, 1 passed, 1 xfailed" in result.stdout
    assert "XFAIL scenarios/bakery.yaml::cancel-a-cake - quarantined: hm" in result.stdout
    messages = {
        str(case.get("name")): failure.get("message", "")
        for case in ET.parse(project / "junit.xml").iter("testcase")  # noqa: S314 - our own file
        for failure in case.iter("failure")
    }
    assert messages["price-of-bread"].startswith('the answer does not contain "5.20"')
    assert messages["cancel-refused"].startswith("could not judge: CassetteMissingError")
    assert messages["bread-again"].startswith("could not judge: CassetteMissingError")
    assert "scenarios/bakery.yaml:2  ·  harness run price-of-bread" in result.stdout
    assert "Triage routing" in result.stdout.partition("agents, layer by layer")[2]


@pytest.mark.parametrize(
    ("file", "before", "after", "said"),
    [
        (
            "scenarios/bakery.yaml",
            "    user: Will",
            "    usr: Will",
            "scenarios/bakery.yaml:30: error: unknown key 'usr'",
        ),
        ("scenarios/bakery.yaml", "specialist: Baker\n", "specialist: Bakr\n", "did you mean 'Baker'?"),
        ("pyproject.toml", "system =", "sistem =", "unknown setting 'sistem'"),
    ],
)
def test_mistakes_are_said_without_a_traceback(
    run: Pytest, project: Path, file: str, before: str, after: str, said: str
) -> None:
    edited(project / file, before, after)
    result = run("scenarios", "-q")
    assert result.returncode in (1, 2)
    assert said in result.stdout
    assert "Traceback" not in result.stdout
    assert ".py:" not in result.stdout


def test_agents_that_cannot_be_loaded_let_no_key_out(run: Pytest, project: Path) -> None:
    key = "sk-proj-" + "Ab3" * 12
    (project / "bakery.py").write_text(f"raise ValueError('{key} is refused')\n", encoding="utf-8")
    result = run("scenarios", "-q", "-k", "weather")
    assert ("<secret> is refused" in result.stdout, key in result.stdout + result.stderr) == (True, False)


def test_collecting_loads_no_agents(project: Path) -> None:
    code = "import sys, pytest; pytest.main(['--co', '-q', 'scenarios']); print('agents' in sys.modules)"
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True)  # noqa: S603 - ourselves
    assert "scenarios/bakery.yaml::cancel-a-cake" in result.stdout
    assert result.stdout.splitlines()[-1] == "False"
