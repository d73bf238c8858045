"""A project in a temporary folder, saved runs in it, and the command line as a person calls it."""

from __future__ import annotations

import importlib
import shutil
import sys
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from harness.cli import main
from harness.execution.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from harness.core.results import Run


NONE: Mapping[str, Mapping[str, str]] = {}
"""No variants."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a call left behind."""

    exit_code: int
    stdout: str
    stderr: str


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project, and the current folder."""
    (tmp_path / "pyproject.toml").write_text('[tool.harness]\nout = "reports"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def harness(project: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Call `harness` with these arguments."""

    def call(*arguments: object) -> Result:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main([str(each) for each in arguments])
        said = capsys.readouterr()
        return Result(int(left.value.code or 0), said.out, said.err)

    return call


@pytest.fixture
def bakery(project: Path, recorded_bakery: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of `recorded_bakery`: the current folder, with its module imported from there."""
    shutil.copytree(recorded_bakery, project, dirs_exist_ok=True)
    monkeypatch.setattr(sys, "path", [str(project), *sys.path])
    monkeypatch.delitem(sys.modules, "bakery", raising=False)
    importlib.import_module("bakery")
    return project


@pytest.fixture
def bakers(bakery: Path) -> Any:
    """Its module, as the harness will load it."""
    return importlib.import_module("bakery")


@pytest.fixture
def rewritten(bakery: Path) -> Callable[[str, str], str]:
    """Another script for the stand-in, where one text stands for another: its file."""

    def write(before: str, after: str) -> str:
        text = (bakery / "script.yaml").read_text(encoding="utf-8")
        assert before in text
        (bakery / "other.yaml").write_text(text.replace(before, after), encoding="utf-8")
        return "other.yaml"

    return write


@pytest.fixture
def serving() -> Iterator[Callable[[type[BaseHTTPRequestHandler]], str]]:
    """Serve on this machine until the test ends: the address."""
    with ExitStack() as stack:

        def serve(handler: type[BaseHTTPRequestHandler]) -> str:
            server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), handler))
            thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
            thread.start()
            stack.callback(thread.join, 5)
            stack.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_port}"

        yield serve


@pytest.fixture
def save(project: Path, make_run: Callable[..., Run]) -> Callable[..., Path]:
    """Save a run of these marks (see `make_run`) under a name; `also` adds variants to it."""

    def saved(
        name: str, marks: Mapping[str, str], also: Mapping[str, Mapping[str, str]] | None = None, **given: Any
    ) -> Path:
        run = make_run(marks, **{"id": name, **given})
        more = [trial for variant, row in (also or {}).items() for trial in make_run(row, variant=variant).trials]
        folder = project / "reports" / name
        with Journal(folder) as journal:
            journal.begin(run.info, run.graph, run.scenarios)
            for trial in [*run.trials, *more]:
                journal.add(trial)
            journal.end()
        return folder

    return saved
