from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from harness.core.results import Mode

if TYPE_CHECKING:
    from collections.abc import Callable

    Harness = Callable[..., Any]


@pytest.fixture
def reported(harness: Harness, save: Callable[..., Any]) -> None:
    """Three runs: two of the agents as they are, one of them live, and one of a variant."""
    for name, marks, given in (
        ("1", {"a": "+", "b": "-"}, {"created_at": "2026-01-01T00:00:00+00:00"}),
        ("2-terse", {"a": "-", "b": "+"}, {"created_at": "2026-01-02T00:00:00+00:00", "variant": "terse"}),
        ("3", {"a": "++-", "b": "+++"}, {"created_at": "2026-01-03T00:00:00+00:00", "mode": Mode.LIVE}),
    ):
        assert harness("report", save(name, marks, **given), "-q").exit_code == 0


def lines(harness: Harness, *arguments: str) -> list[list[str]]:
    result = harness("history", *arguments)
    assert result.exit_code == 0
    return [line.split() for line in result.stdout.splitlines()[1:]]


@pytest.mark.usefixtures("reported")
def test_the_runs_are_listed_oldest_first_with_rates_and_their_n(harness: Harness) -> None:
    found = lines(harness)
    assert [line[:5] for line in found] == [
        ["1", "replay", "baseline", "failed", "1/2"],
        ["2-terse", "replay", "terse", "failed", "1/2"],
        ["3", "live", "baseline", "failed", "1/2"],
    ]
    assert found[2][5:7] == ["83.3%", "n=6"]


@pytest.mark.usefixtures("reported")
@pytest.mark.parametrize(
    ("flags", "runs"),
    [
        (("--variant", "terse"), ["2-terse"]),
        (("--variant", "baseline"), ["1", "3"]),
        (("--mode", "live"), ["3"]),
        (("--last", "1"), ["3"]),
    ],
)
def test_flags_choose_among_the_runs(harness: Harness, flags: tuple[str, ...], runs: list[str]) -> None:
    assert [line[0] for line in lines(harness, *flags)] == runs


@pytest.mark.usefixtures("reported")
def test_a_scenario_is_followed_through_the_runs(harness: Harness) -> None:
    assert [line[:4] for line in lines(harness, "a")] == [
        ["a", "1", "passed", "1/1"],
        ["a", "2-terse", "failed", "0/1"],
        ["a", "3", "failed", "2/3"],
    ]
    data = json.loads(harness("history", "b", "a", "--json").stdout)
    assert [each["scenario"] for each in data] == ["b", "b", "b", "a", "a", "a"]


@pytest.mark.usefixtures("reported")
def test_a_scenario_that_never_ran_is_no_empty_table(harness: Harness) -> None:
    result = harness("history", "c")
    assert result.exit_code == 5
    assert "'c'" in result.stderr


def test_without_a_run_there_is_no_history(harness: Harness) -> None:
    result = harness("history")
    assert result.exit_code == 5
    assert "harness run" in result.stderr
