from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    Harness = Callable[..., Any]


def test_the_gate_decides_what_a_run_exits_with(harness: Harness, bakery: Path) -> None:
    assert harness("run", "-q").exit_code == 0
    assert harness("baseline", "bless").exit_code == 0
    passed = harness("run", "--gate", "--baseline", "baselines/main.json")
    assert passed.exit_code == 0
    assert "gate passed: all 4 judged scenarios passed" in passed.stderr
    assert "blind spot: a replay repeats recorded answers" in passed.stderr

    suite = bakery / "scenarios" / "bakery.yaml"
    suite.write_text(
        suite.read_text(encoding="utf-8").replace('contains: "4.20"', 'contains: "5.20"'), encoding="utf-8"
    )
    policy = bakery / "pyproject.toml"
    policy.write_text(
        f'{policy.read_text(encoding="utf-8")}[tool.harness.gate]\nbaseline = "baselines/main.json"\n'
        '[tool.harness.gate.metrics]\n"end_to_end" = {floor = 0.7}\n',
        encoding="utf-8",
    )
    assert harness("run", "-q").exit_code == 1
    changed = harness("run", "--gate", "--json")
    summary = json.loads(changed.stdout)
    assert (changed.exit_code, summary["verdict"], summary["gate"]["verdict"]) == (0, "passed", "passed")
    assert summary["changes"]["changed_expectation"] == ["price-of-bread"]
    page = next((bakery / "reports").glob("*/index.html"))
    assert "agent evaluation" in page.read_text(encoding="utf-8")


def test_a_saved_run_is_reported_with_the_gate(harness: Harness, bakery: Path) -> None:
    harness("run", "-q")
    harness("baseline", "bless")
    result = harness("report", "--gate", "--baseline", "baselines/main.json", "--format", "md")
    assert result.exit_code == 0
    [text] = [path.read_text(encoding="utf-8") for path in (bakery / "reports").glob("*/report.md")]
    assert "gate passed: all 4 judged scenarios passed" in text
    assert "Against main: **0** regressed" in text


def test_a_selection_is_held_against_its_part_of_the_baseline(harness: Harness, bakery: Path) -> None:
    harness("run", "-q")
    harness("baseline", "bless")
    summary = json.loads(harness("run", "cancel-a-cake", "--json").stdout)
    assert summary["changes"]["removed"] == []
    gated = harness("run", "cancel-a-cake", "--gate", "--baseline", "baselines/main.json")
    assert gated.exit_code == 1
    assert "MISSING: 3 scenarios of the baseline did not run" in gated.stderr


def test_a_run_never_tells_where_on_this_machine_the_project_is(harness: Harness, bakery: Path) -> None:
    (bakery / "cassettes").rename(bakery.parent / "recordings")
    (bakery.parent / "recordings" / "price-of-bread.yaml").unlink()
    (bakery.parent / "recordings" / "about-the-weather.yaml").write_text("interactions:", encoding="utf-8")
    told = harness("run", "--cassettes", "../recordings")
    assert "no recording at '../recordings/price-of-bread.yaml'" in told.stderr
    assert "../recordings/about-the-weather.yaml" in told.stderr
    [run] = (bakery / "reports").glob("*/run.jsonl")
    text = run.read_text(encoding="utf-8")
    assert '"path":"../recordings/cancel-a-cake.yaml"' in text
    assert str(bakery.parent) not in text


def test_strict_refuses_a_replay_that_drifted(
    harness: Harness, bakery: Path, bakers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dearer(*_: Any) -> str:
        return "rye loaf costs 4.30"

    monkeypatch.setattr(bakers.price_of, "on_invoke_tool", dearer)
    suite = bakery / "scenarios" / "bakery.yaml"
    suite.write_text(
        suite.read_text(encoding="utf-8").replace('contains: "4.20"', 'contains: "4.30"'), encoding="utf-8"
    )
    assert harness("run", "price-of-bread", "-q").exit_code == 0
    strict = harness("run", "price-of-bread", "--strict")
    assert strict.exit_code == 4
    assert "rye loaf costs 4.20" in strict.stderr
    assert "rye loaf costs 4.30" in strict.stderr
