"""How tapes are used."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from harness.cassettes.redaction import Patterns


@dataclass(frozen=True, slots=True, kw_only=True)
class TapeOptions:
    """How tapes are used.

    `everything` records anew also what is recorded; `beside` writes a new recording beside one that is there, for
    review; `strict` refuses drift; `forgiving` takes the answer of another agent definition to the same conversation;
    a recording older than `max_age_days` (0: no limit) is stale; `redact` hides what the user named. `root` is
    the project's folder, from which files are told.
    """

    everything: bool = False
    beside: bool = False
    strict: bool = False
    forgiving: bool = False
    max_age_days: int = 0
    redact: Patterns = ()
    root: Path | None = None

    def told(self, path: Path) -> str:
        """`path` as a trial tells it: the same on every machine, whatever folder the project is in."""
        if self.root is None:
            return str(path)
        try:
            return Path(os.path.relpath(path, self.root)).as_posix()
        except ValueError:  # on Windows another drive
            return path.as_posix()


PLAIN = TapeOptions()
