"""The recordings there are: which are sound, which fit the agents of today, which nobody asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.cassettes import store
from harness.cassettes.bodies import plain_bytes, readable
from harness.cassettes.canonical import canonical
from harness.cassettes.detection import refuse_secrets
from harness.cassettes.difference import agent_of
from harness.cassettes.provenance import changed_parts
from harness.cassettes.review import is_pending
from harness.errors import HarnessError, Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.cassettes.provenance import Provenance
    from harness.core.results import CassetteUse

_YAML = ".yaml"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """A recording whose agents changed since: agent -> parts that differ, of the agents that it holds requests of."""

    name: str
    path: Path
    changes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    age_days: int | None = None


def entries(folder: Path, provenance: Provenance | None = None) -> tuple[Entry, ...]:
    """Every recording below `folder`, by name; those that wait for review are not among them."""
    return tuple(_entry(path, folder, provenance) for path in _files(folder))


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


def stale(folder: Path, provenance: Provenance, max_age_days: int = 0) -> tuple[Stale, ...]:
    """The recordings that were made with other agents, or more than `max_age_days` days ago (0: no limit).

    What no replay was needed for: an agent whose parts differ may still ask the same, and a replay says so exactly.
    """
    found = []
    now = provenance.fingerprints()
    for path in _files(folder):
        described, agents = _described(path, provenance)
        before = described.get("agents") or {}
        changes = changed_parts(before, now) if before else {}
        changes = {agent: parts for agent, parts in changes.items() if agent in agents}
        age = _age(described.get("recorded_at"))
        if changes or (max_age_days and age is not None and age > max_age_days):
            found.append(Stale(name=_name(path, folder), path=path, changes=changes, age_days=age))
    return tuple(found)


def orphans(folder: Path, wanted: Iterable[Path]) -> tuple[Path, ...]:
    """The recordings that belong to no trial; `wanted` are the cassettes of all trials there are."""
    known = {path.resolve() for path in wanted}
    return tuple(path for path in _files(folder) if path.resolve() not in known)


def unused(uses: Iterable[CassetteUse]) -> tuple[tuple[str, int], ...]:
    """(path, how many) of the recorded interactions that a run did not ask for."""
    return tuple((use.path, use.total - use.used) for use in uses if use.total > use.used)


def leftovers(folder: Path) -> tuple[Path, ...]:
    """Files of recordings that were killed while they were written."""
    return tuple(sorted(folder.rglob(f".*{store.PART}")))


def prune(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Remove these files and tell which were there."""
    there = tuple(path for path in paths if path.exists())
    for path in there:
        path.unlink()
    return there


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob(f"*{_YAML}")) if not is_pending(path) and path.is_file()]


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix().removesuffix(_YAML)


def _entry(path: Path, folder: Path, provenance: Provenance | None) -> Entry:
    name, size = _name(path, folder), path.stat().st_size
    try:
        cassette = store.load(path)
    except HarnessError as error:
        return Entry(name=name, path=path, size=size, error=error.what)
    asked = [canonical(each.request.method, each.request.uri, each.request.body) for each in cassette.interactions]
    graph = provenance.graph if provenance else None
    used = {agent_of(each.body, graph) for each in asked if each.is_model_call} if graph else set()
    agents = used or set(cassette.described.get("used") or ())
    return Entry(
        name=name,
        path=path,
        size=size,
        interactions=len(asked),
        model_calls=sum(each.is_model_call for each in asked),
        cancelled=len(cassette.described.get("cancelled") or ()),
        recorded_at=cassette.described.get("recorded_at"),
        endpoint=cassette.described.get("endpoint"),
        models=tuple(cassette.described.get("models") or ()),
        stand_in=bool(cassette.described.get("stand_in")),
        agents=tuple(sorted(agent for agent in agents if agent)),
    )


def _problems(path: Path) -> list[Problem]:
    try:
        store.load(path)
        refuse_secrets(path.read_text(encoding="utf-8"), str(path))
    except HarnessError as error:
        return [Problem(message=str(error))]
    return []


def _described(path: Path, provenance: Provenance) -> tuple[dict[str, Any], set[str]]:
    """The harness's own part, and the agents the recording holds requests of; nothing for a file that is damaged."""
    try:
        cassette = store.load(path)
    except HarnessError:
        return {}, set()
    names = set(cassette.described.get("used") or ())
    for each in cassette.interactions:
        asked = canonical(each.request.method, each.request.uri, each.request.body)
        agent = agent_of(asked.body, provenance.graph) if asked.is_model_call else None
        names |= {agent} if agent else set()
    return cassette.described, names


def _age(recorded_at: Any) -> int | None:
    if not recorded_at:
        return None
    return (datetime.now(UTC) - datetime.fromisoformat(str(recorded_at))).days
