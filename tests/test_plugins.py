from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from harness.errors import UsageError
from harness.plugins import function_named

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty current folder whose modules are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each])
    yield tmp_path
    for name in ("own_rules", "broken_rules", "raising_rules"):
        sys.modules.pop(name, None)


def test_a_function_of_the_current_folder_is_found(here: Path) -> None:
    (here / "own_rules.py").write_text("def tone(scope, settings): return settings", encoding="utf-8")
    assert function_named("own_rules:tone", "scorer")(None, 3) == 3


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("tone", "'tone' names no scorer"),
        ("own_rules:", "'own_rules:' names no scorer"),
        ("no_such_module:tone", "cannot be imported: No module named 'no_such_module'"),
        ("own_rules:tune", "did you mean 'tone'?"),
        ("own_rules:LIMIT", "has no function 'LIMIT'"),
        ("broken_rules:tone", "cannot be imported: SyntaxError: "),
        ("raising_rules:tone", "cannot be imported: ZeroDivisionError: division by zero"),
    ],
)
def test_what_is_not_there_is_told(here: Path, reference: str, message: str) -> None:
    (here / "own_rules.py").write_text("LIMIT = 3\ndef tone(scope, settings): ...", encoding="utf-8")
    (here / "broken_rules.py").write_text("def tone(", encoding="utf-8")
    (here / "raising_rules.py").write_text("1 / 0", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        function_named(reference, "scorer")
    assert message in str(caught.value)
