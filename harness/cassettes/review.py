"""New recordings beside the old ones: which there are, and what becomes of them. Files only.

`x.pending.yaml` waits beside `x.yaml`. What differs in meaning is for whoever runs both and compares the traces.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cassettes import store
from harness.errors import CassetteError, UsageError, did_you_mean

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
    after = store.load(found.pending).described.get("recorded_at")
    decision = replace(_decision(found, by, reason), accepted=True, after=after)
    with _decided_once(found):
        found.pending.replace(found.recorded)
    _write_down(folder, decision)
    return decision


def reject(folder: Path, name: str, by: str, reason: str = "") -> Decision:
    """Remove the new recording and keep the old one, and write it down. Raises UsageError when nothing waits."""
    found = _named(folder, name)
    decision = _decision(found, by, reason)
    with _decided_once(found):
        found.pending.unlink()
    _write_down(folder, decision)
    return decision


def history(folder: Path) -> Iterator[Decision]:
    """The decisions made so far, oldest first. Raises UsageError for a line that tells of none."""
    path = folder / HISTORY
    lines = path.read_text(encoding="utf-8").split("\n") if path.exists() else []
    for number, line in enumerate(lines, 1):
        try:
            if line.strip():
                yield Decision(**json.loads(line))
        except (ValueError, TypeError) as error:
            hint = "a decision is one JSON object a line; mend the line, or remove it"
            raise UsageError(f"this is no decision: {line[:80]!r}", where=f"{path}:{number}", hint=hint) from error


def _pending(path: Path, folder: Path) -> Pending:
    recorded = path.with_name(path.name.removesuffix(_PENDING) + _YAML)
    return Pending(name=recorded.relative_to(folder).as_posix().removesuffix(_YAML), recorded=recorded, pending=path)


def _named(folder: Path, name: str) -> Pending:
    there = {each.name: each for each in waiting(folder)}
    if name not in there:
        hint = did_you_mean(name, there) or "nothing waits: harness record makes new recordings"
        raise UsageError(f"no new recording of {name!r} waits", where=str(folder), hint=hint)
    return there[name]


def _decision(found: Pending, by: str, reason: str) -> Decision:
    """The decision to reject. A damaged recording may be replaced: nobody knows when it was made."""
    try:
        before = store.load(found.recorded).described.get("recorded_at")
    except CassetteError:
        before = None
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return Decision(at=at, cassette=found.name, accepted=False, by=by, reason=reason, before=before)


@contextmanager
def _decided_once(found: Pending) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise UsageError(f"{found.name!r} waits no more: somebody else decided", where=str(found.pending)) from error


def _write_down(folder: Path, decision: Decision) -> None:
    """On a line of its own, whatever a process that was killed left before it."""
    path = folder / HISTORY
    text = path.read_bytes() if path.exists() else b""
    start = "\n" if text and not text.endswith(b"\n") else ""
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{start}{json.dumps(asdict(decision), ensure_ascii=False)}\n")
