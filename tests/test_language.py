"""Every word of the scenario language in scenarios that run, and pass, on an application that is nobody's example."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from harness.cli import main
from harness.core.results import Verdict
from harness.execution.journal import read_run
from harness.suite.language import COUNTS, ESCALATIONS, MATCHER_OPTIONS, MATCHERS, ORDERS, SHAPES
from harness.suite.schema import json_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.core.results import Run

_BANK = Path(__file__).parent / "data" / "bank"


def _words(value: Any) -> Iterator[str]:
    """Every key, and every text that is a value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from _words(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner)
    elif isinstance(value, str):
        yield value


def test_the_scenarios_use_every_word_of_the_language() -> None:
    texts = [path.read_text(encoding="utf-8") for path in sorted((_BANK / "scenarios").glob("*.yaml"))]
    used = {word for text in texts for word in _words(yaml.load(text, Loader=yaml.CSafeLoader))}
    keys = {key for shape in SHAPES for key in shape.names()} | {key.name for key in (*MATCHERS, *MATCHER_OPTIONS)}
    assert (keys | {*ORDERS, *COUNTS, *ESCALATIONS, "*", "**"}) - used == set()


def test_the_schema_of_editors_takes_them_all() -> None:
    validator = jsonschema.Draft7Validator(json_schema())
    for path in sorted((_BANK / "scenarios").glob("*.yaml")):
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        plain = json.loads(json.dumps(document, default=str))
        assert [error.json_path for error in validator.iter_errors(plain)] == []


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the application with its scenarios, and the current folder."""
    shutil.copytree(_BANK, tmp_path, dirs_exist_ok=True)
    (tmp_path / "pyproject.toml").write_text('[tool.harness]\nsystem = "bank:system"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    for name in ("bank", "house"):
        sys.modules.pop(name, None)


def _run(bank: Path, *arguments: str) -> Run:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    newest = max((bank / "reports").glob("*/run.jsonl"))
    run = read_run(newest)
    wrong = {
        trial.key: [score.reason for score in trial.scores if score.verdict is not Verdict.PASSED]
        for trial in run.trials
        if trial.verdict is not Verdict.PASSED
    }
    assert (left.value.code, wrong) == (0, {})
    return run


def _reasons(run: Run) -> list[list[str]]:
    """What was said of each trial; of costs a replay tells those of the recording."""
    return [[score.reason for score in trial.scores if score.scorer != "limits"] for trial in run.trials]


def test_every_scenario_passes_when_recorded_and_when_replayed(bank: Path) -> None:
    recorded = _run(bank, "record", "--script", "script.yaml")
    replayed = _run(bank, "run")
    assert [each.key for each in replayed.trials] == [each.key for each in recorded.trials]
    assert _reasons(replayed) == _reasons(recorded)
    assert all(each.traffic.live == 0 for each in replayed.trials)
