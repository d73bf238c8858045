"""`harness view` as a process of its own, ended as a person ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@contextmanager
def _viewing(project: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "harness", "view", "--port", "0", *arguments]
    process = subprocess.Popen(command, cwd=project, stderr=subprocess.PIPE, text=True)  # noqa: S603
    try:
        assert process.stderr is not None
        yield process, process.stderr.readline().strip()
    finally:
        process.kill()
        process.communicate(timeout=10)


def _read(address: str) -> str:
    with urlopen(address, timeout=10) as answer:  # noqa: S310 - our own address
        text: str = answer.read().decode()
        return text


def test_it_serves_list_and_runs_until_it_is_interrupted(
    project: Path, save: Callable[..., Path], harness: Callable[..., Any]
) -> None:
    save("a-run", {"refund": "-"})
    harness("report")
    with _viewing(project) as (process, address):
        assert address.startswith("http://127.0.0.1:")
        assert "a-run/index.html" in _read(address)
        assert "FAILED" in _read(f"{address}a-run/")
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(timeout=10) == 0


def test_a_run_is_where_the_address_leads(
    project: Path, save: Callable[..., Path], harness: Callable[..., Any]
) -> None:
    run = save("a-run", {"refund": "+"})
    harness("report")
    with _viewing(project, str(run)) as (_, address):
        assert address.endswith("/a-run/")
        assert "PASSED" in _read(address)


def test_a_run_elsewhere_is_wrong_usage(project: Path, harness: Callable[..., Any]) -> None:
    assert harness("view", project, "--port", "0").exit_code == 2
