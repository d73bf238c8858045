"""`pytest scenarios/` in a process of its own: the same findings through pytest's own reporter."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


_TAGS = "tags: [skip, _own, slow]"
"""Pytest has marks of its own by the first, and takes none by the second; as tags they change nothing."""


@pytest.mark.parametrize("processes", [(), ("-n", "1")])
def test_a_failure_is_told_and_below_it_the_layers(bakery: Path, processes: tuple[str, ...]) -> None:
    suite = bakery / "scenarios" / "bakery.yaml"
    text = suite.read_text(encoding="utf-8")
    told = text.replace('contains: "4.20"', 'contains: "5.20"')
    suite.write_text(
        told.replace("  - id: price-of-bread\n", f"  - id: price-of-bread\n    {_TAGS}\n"), encoding="utf-8"
    )
    command = [sys.executable, "-m", "pytest", "scenarios", "-q", "-W", "error", *processes]
    flags = ["-o", "asyncio_default_fixture_loop_scope=function"]
    done = subprocess.run([*command, *flags], cwd=bakery, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    assert 'the answer does not contain "5.20"' in done.stdout
    assert "harness run price-of-bread" in done.stdout
    layers = done.stdout.partition("agents, layer by layer")[2]
    assert "Triage routing" in layers
    assert "FAILED: 1 of 4 scenarios failed" in layers
    assert "1 failed, 3 passed" in layers


def test_a_session_without_scenarios_says_nothing_of_layers(tmp_path: Path) -> None:
    (tmp_path / "test_plain.py").write_text("def test_plain(): pass\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0
    assert "layer" not in done.stdout
