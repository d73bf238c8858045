"""The recordings there are: what is in them, which are sound, what was left behind."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.cassettes import store
from harness.cassettes.bodies import plain_bytes, readable
from harness.cassettes.canonical import model_api
from harness.cassettes.detection import refuse_secrets
from harness.cassettes.review import is_pending
from harness.errors import HarnessError, Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence


_YAML = ".yaml"
_WRITING_S = 60
"""Within so many seconds the file of a recording that is being written has got its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One recording. `recorded_at` is ISO 8601 in UTC, `size` in bytes, `error` why the file cannot be read."""

    name: str
    path: Path
    size: int
    interactions: int = 0
    model_calls: int = 0
    cancelled: int = 0
    recorded_at: str | None = None
    endpoint: str | None = None
    models: tuple[str, ...] = ()
    stand_in: bool = False
    agents: tuple[str, ...] = ()
    error: str = ""


def entries(folder: Path) -> tuple[Entry, ...]:
    """Every recording below `folder`, by name; those that wait for review are not among them."""
    return tuple(_entry(path, folder) for path in _files(folder))


def names(folder: Path) -> dict[str, Path]:
    """The names of the recordings below `folder` with their files; nothing is read."""
    return {_name(path, folder): path for path in _files(folder)}


def verify(folder: Path) -> tuple[Problem, ...]:
    """What is wrong with the files below `folder`: unreadable, holding secrets, left half-written."""
    left = [f"{str(path)!r} was left by a recording that was killed" for path in leftovers(folder)]
    return (
        *(problem for path in _files(folder) for problem in _problems(path)),
        *(Problem(message=each, severity=Severity.WARNING) for each in left),
    )


def show(path: Path) -> tuple[dict[str, Any], ...]:
    """The interactions of a recording for a person: method, uri, body, status and answer, bodies as readable text.

    Raises what `store.load` raises.
    """
    return tuple(
        {
            "method": each.request.method,
            "uri": each.request.uri,
            "body": readable(plain_bytes(each.request.body)),
            "status": each.response["status"]["code"],
            "answer": readable(each.response["body"]["string"]),
        }
        for each in store.load(path).interactions
    )


def leftovers(folder: Path) -> tuple[Path, ...]:
    """Files of recordings that were killed while they were written; one that is written now is younger."""
    before = time.time() - _WRITING_S
    return tuple(path for path in sorted(folder.rglob(f".*{store.PART}")) if _written_at(path) < before)


def prune(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Remove these files and tell which were there."""
    there = tuple(path for path in paths if path.exists())
    for path in there:
        path.unlink(missing_ok=True)
    return there


def _written_at(path: Path) -> float:
    """In seconds since 1970; a file that got its name meanwhile is none that was left."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob(f"*{_YAML}")) if not is_pending(path) and path.is_file()]


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix().removesuffix(_YAML)


def _entry(path: Path, folder: Path) -> Entry:
    name, size = _name(path, folder), path.stat().st_size
    try:
        cassette = store.load(path)
    except HarnessError as error:
        return Entry(name=name, path=path, size=size, error=error.what)
    asked = [model_api(each.request.method, each.request.uri) for each in cassette.interactions]
    return Entry(
        name=name,
        path=path,
        size=size,
        interactions=len(asked),
        model_calls=sum(map(bool, asked)),
        cancelled=len(cassette.described.get("cancelled") or ()),
        recorded_at=cassette.described.get("recorded_at"),
        endpoint=cassette.described.get("endpoint"),
        models=tuple(cassette.described.get("models") or ()),
        stand_in=bool(cassette.described.get("stand_in")),
        agents=tuple(cassette.described.get("used") or ()),
    )


def _problems(path: Path) -> list[Problem]:
    try:
        store.load(path)
        refuse_secrets(path.read_text(encoding="utf-8"), str(path))
    except HarnessError as error:
        return [Problem(message=str(error))]
    return []
