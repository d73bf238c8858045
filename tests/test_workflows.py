"""The workflows that people copy: every call of harness in them names a verb and flags that there are."""

from __future__ import annotations

import importlib
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from harness.cli import VERBS

if TYPE_CHECKING:
    from collections.abc import Iterator

WORKFLOWS = sorted((Path(__file__).parents[1] / ".github" / "workflows").glob("*.yml"))


def calls(path: Path) -> Iterator[list[str]]:
    for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values():
        for line in "\n".join(step.get("run", "") for step in job["steps"]).splitlines():
            words = shlex.split(line)
            if words[:1] == ["harness"]:
                end = next((at for at, word in enumerate(words) if word in ("||", "|", ">", "&&")), len(words))
                yield words[1:end]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_what_a_workflow_calls_is_there(path: Path) -> None:
    for verb, *words in calls(path):
        assert verb in VERBS
        command = importlib.import_module(f"harness.cli.{verb}_verb").command
        known = {flag for each in command.params for flag in each.opts}
        assert {word for word in words if word.startswith("-")} <= known


def test_a_pull_request_is_gated_and_a_recording_opens_its_comparison() -> None:
    verbs = {path.stem: [verb for verb, *_ in calls(path)] for path in WORKFLOWS}
    assert verbs["agents"] == ["check", "run"]
    assert verbs["record"] == ["run", "record", "record", "accept", "compare"]
