"""The house keeps its floors, its homes for dependencies, and its promise to start fast."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def _python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)  # noqa: S603
    return done.stdout.strip()


def test_the_import_contracts_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], capture_output=True, text=True, check=False, cwd=ROOT)  # noqa: S603
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["list"], ["list", "--help"], ["report", "--help"], ["check", "--help"], ["merge", "--help"]],
)
def test_a_verb_that_runs_no_agents_does_not_import_the_sdk(arguments: list[str]) -> None:
    code = f"""
import sys
from harness.cli import main
try:
    main({arguments!r})
except SystemExit as end:
    assert not end.code, end.code
print("\\n", [name for name in ("agents", "openai", "vcr", "pandas", "pytest") if name in sys.modules])
"""
    assert _python(code).splitlines()[-1].strip() == "[]"


def test_importing_the_package_imports_no_sdk() -> None:
    assert _python("import sys, harness, harness.pytest_plugin; print('agents' in sys.modules)") == "False"


def test_no_module_outgrows_the_house() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for folder in ("harness", "agents_under_test")
        for path in (ROOT / folder).rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert long == {}


def test_the_constraints_name_no_host() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert "--" not in text
