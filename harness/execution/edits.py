"""What was edited since the last look, and which scenarios that touches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from harness.core.scenario import Scenario


_WATCHED = (".py", ".yaml", ".yml", ".toml", ".json", ".txt", ".md")
_SKIPPED = frozenset({"__pycache__", "node_modules", "site"})


@dataclass(frozen=True, slots=True)
class Touched:
    """The scenarios an edit touches, by id; `everything` when it may touch any (code, settings)."""

    scenarios: tuple[str, ...] = ()
    everything: bool = False


def snapshot(root: Path, out: Path) -> dict[Path, int]:
    """Every file below `root` that could change what a run finds, with when it was changed; `out` holds runs."""
    return {path: moment for path in _files(root, out.resolve()) if (moment := _changed(path)) is not None}


def _files(folder: Path, out: Path) -> Iterable[Path]:
    for path in folder.iterdir():
        if path.name.startswith(".") or path.name in _SKIPPED:
            continue
        if path.suffix in _WATCHED:
            yield path
        elif path.is_dir() and path.resolve() != out and not (path / "pyvenv.cfg").exists():
            yield from _files(path, out)


def _changed(path: Path) -> int | None:
    """None for a file that an editor has just replaced or taken away."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None


def edited(before: Mapping[Path, int], after: Mapping[Path, int]) -> tuple[Path, ...]:
    """Files that were changed, added or removed."""
    return tuple(sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path)))


def touched(paths: Sequence[Path], scenarios: Sequence[Scenario], cassettes: Path, root: Path) -> Touched:
    """What `paths` touch: a scenario file its scenarios, a cassette its own, anything else possibly all of them."""
    by_file: dict[Path, list[str]] = {}
    for each in scenarios:
        by_file.setdefault((root / each.location.file).resolve(), []).append(each.id)
    ids = {each.id for each in scenarios}
    found: list[str] = []
    for path in paths:
        if path.resolve() in by_file:
            found += by_file[path.resolve()]
        elif path.is_relative_to(cassettes):
            found += [each for each in (path.stem, path.stem.rpartition(".")[0]) if each in ids][:1]
        else:
            return Touched(everything=True)
    return Touched(tuple(dict.fromkeys(found)))
