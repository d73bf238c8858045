from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.core.files import moment_of, write_text

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_is_replaced_in_one_step_and_takes_any_text(tmp_path: Path) -> None:
    path = write_text(tmp_path / "report.txt", "first")
    write_text(path, "lone surrogate \ud800")
    assert path.read_text(encoding="utf-8") == "lone surrogate \\ud800"
    assert [each.name for each in tmp_path.iterdir()] == ["report.txt"]


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "report.txt").mkdir()
    with pytest.raises(OSError, match=r"report\.txt"):
        write_text(tmp_path / "report.txt", "text")
    assert [each.name for each in tmp_path.iterdir()] == ["report.txt"]


def test_a_file_that_is_gone_has_no_moment(tmp_path: Path) -> None:
    assert moment_of(tmp_path / "gone.txt") is None
    assert moment_of(write_text(tmp_path / "new" / "there.txt", "")) is not None
