"""Files as several floors touch them: written whole or not at all, looked at while others write."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write_text(path: Path, text: str) -> Path:
    """Put `text` into `path` in one step, so that nobody reads half a file; its folder is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        waiting.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
        waiting.replace(path)
    finally:
        waiting.unlink(missing_ok=True)
    return path


def moment_of(path: Path) -> int | None:
    """When it was last changed; None for a file that has just been replaced or taken away."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None
