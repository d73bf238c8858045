"""`harness watch` as a process of its own, over a copy of one bundled scenario and its recording."""

from __future__ import annotations

import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
_PATIENCE = 90
"""Seconds that one run may take on a busy machine."""

SCENARIO = """
scenarios:
  - id: duplicate-charge
    user: I was charged twice for my subscription this month. My customer id is C-1042.
    expect: {specialist: BillingSpecialist}
"""


class Watching:
    """The process, started in a folder below the project's, and what it says line by line."""

    def __init__(self, project: Path) -> None:
        environment = os.environ | {"PYTHONPATH": f"{project}{os.pathsep}{ROOT}", "PYTHONUNBUFFERED": "1"}
        places = ["--system", "shop:system", "--scenarios", ".", "--out", "../runs"]
        command = [sys.executable, "-m", "harness", "watch", *places]
        self.process = subprocess.Popen(  # noqa: S603 - ourselves
            command, cwd=project / "scenarios", stderr=subprocess.PIPE, text=True, env=environment
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stderr or ():
            self._lines.put(line)

    def end(self) -> None:
        self.process.kill()
        self.process.wait(timeout=10)
        self._reader.join(timeout=10)
        if self.process.stderr:
            self.process.stderr.close()

    def until(self, wanted: str) -> str:
        """The first line that holds `wanted`."""
        end = time.monotonic() + _PATIENCE
        said = []
        while time.monotonic() < end:
            try:
                said.append(self._lines.get(timeout=1))
            except queue.Empty:
                continue
            if wanted in said[-1]:
                return said[-1]
        pytest.fail(f"never said {wanted!r}: {said}")


@pytest.fixture
def watching(project: Path) -> Iterator[tuple[Watching, Path]]:
    (project / "shop.py").write_text("from agents_under_test.support import system\n", encoding="utf-8")
    (project / "scenarios").mkdir()
    (project / "scenarios" / "refunds.yaml").write_text(SCENARIO, encoding="utf-8")
    (project / "cassettes").mkdir()
    for path in (ROOT / "cassettes").glob("duplicate-charge.*"):
        shutil.copy(path, project / "cassettes")
    started = Watching(project)
    yield started, project
    started.end()


def test_what_an_edit_flips_is_said_and_interrupting_is_the_end(watching: tuple[Watching, Path]) -> None:
    seen, project = watching
    assert "1 passed; watching" in seen.until("watching")

    scenario = project / "scenarios" / "refunds.yaml"
    scenario.write_text(SCENARIO.replace("BillingSpecialist", "TechnicalSpecialist"), encoding="utf-8")
    assert "edited: scenarios/refunds.yaml" in seen.until("edited")
    assert "Triage handed off to BillingSpecialist" in seen.until("duplicate-charge: passed -> failed: ")

    (project / "shop.py").write_text("from agents_under_test.support import system  # edited\n", encoding="utf-8")
    next((project / "cassettes").iterdir()).write_text("not a cassette", encoding="utf-8")
    assert "duplicate-charge" in seen.until("failed -> errored")

    scenario.write_text("scenarios: [{id: x}]", encoding="utf-8")
    assert "refunds.yaml:1" in seen.until("error")
    seen.process.send_signal(signal.SIGINT)
    assert seen.process.wait(timeout=30) == 0
