from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from harness.core.results import Mode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Harness = Callable[..., Any]
    Save = Callable[..., Path]


def test_power_is_simulated_from_the_history(harness: Harness, save: Save) -> None:
    harness("baseline", "bless", save("run", {f"s{number}": "+++++" for number in range(10)}, mode=Mode.LIVE))
    result = harness("power", "--suites", "50")
    assert result.exit_code == 0
    assert "one scenario broke" in result.stdout
    rows = json.loads(harness("power", "--suites", "50", "--json").stdout)
    assert [row["suites"] for row in rows] == [50] * 5


def test_replays_tell_nothing_of_chance(harness: Harness, save: Save) -> None:
    harness("baseline", "bless", save("run", {"a": "+"}))
    result = harness("power")
    assert result.exit_code == 2
    assert "replays" in result.stderr


def test_power_without_history_says_what_is_missing(harness: Harness) -> None:
    result = harness("power")
    assert result.exit_code == 2
    assert "harness baseline bless" in result.stderr
