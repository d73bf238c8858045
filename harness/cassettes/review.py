"""New recordings beside the old ones: which there are, and what becomes of them. Files only.

`x.pending.yaml` waits beside `x.yaml`. What differs in meaning is for whoever runs both and compares the traces.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cassettes import store
from harness.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

_PENDING = ".pending.yaml"
_YAML = ".yaml"
HISTORY = "history.jsonl"
"""Beside the cassettes: one line for each decision, never changed afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A new recording and the one it would replace."""

    name: str
    recorded: Path
    pending: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One line of the history. `at` is ISO 8601 in UTC; `before` and `after` say when each side was recorded."""

    at: str
    cassette: str
    accepted: bool
    by: str
    reason: str = ""
    before: str | None = None
    after: str | None = None


def pending_of(path: Path) -> Path:
    """Where a new recording waits beside the one at `path`."""
    return path.with_name(path.name.removesuffix(_YAML) + _PENDING)


def is_pending(path: Path) -> bool:
    """Whether this is a recording that waits."""
    return path.name.endswith(_PENDING)


def waiting(folder: Path) -> tuple[Pending, ...]:
    """The recordings that wait for a decision, by name."""
    return tuple(_pending(path, folder) for path in sorted(folder.rglob(f"*{_PENDING}")))


def accept(folder: Path, name: str, by: str, reason: str = "") -> Decision:
    """Put the new recording in the place of the old one, and write it down.

    Raises UsageError when nothing of that name waits, CassetteCorruptError when the new one cannot be read.
    """
    found = _named(folder, name)
    decision = _decision(found, by, reason, accepted=True)
    found.pending.replace(found.recorded)
    _write_down(folder, decision)
    return decision


def reject(folder: Path, name: str, by: str, reason: str = "") -> Decision:
    """Remove the new recording and keep the old one, and write it down. Raises UsageError when nothing waits."""
    found = _named(folder, name)
    decision = _decision(found, by, reason, accepted=False)
    found.pending.unlink()
    _write_down(folder, decision)
    return decision


def history(folder: Path) -> Iterator[Decision]:
    """The decisions made so far, oldest first."""
    path = folder / HISTORY
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            yield Decision(**json.loads(line))


def _pending(path: Path, folder: Path) -> Pending:
    recorded = path.with_name(path.name.removesuffix(_PENDING) + _YAML)
    return Pending(name=recorded.relative_to(folder).as_posix().removesuffix(_YAML), recorded=recorded, pending=path)


def _named(folder: Path, name: str) -> Pending:
    there = {each.name: each for each in waiting(folder)}
    if name not in there:
        hint = did_you_mean(name, there) or "nothing waits: harness record makes new recordings"
        raise UsageError(f"no new recording of {name!r} waits", where=str(folder), hint=hint)
    return there[name]


def _decision(found: Pending, by: str, reason: str, *, accepted: bool) -> Decision:
    before = store.load(found.recorded).described if found.recorded.exists() else {}
    after = store.load(found.pending).described if accepted else {}
    return Decision(
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        cassette=found.name,
        accepted=accepted,
        by=by,
        reason=reason,
        before=before.get("recorded_at"),
        after=after.get("recorded_at"),
    )


def _write_down(folder: Path, decision: Decision) -> None:
    with (folder / HISTORY).open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(decision), ensure_ascii=False) + "\n")
