"""What was edited since the last look, and which scenarios that touches."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core.files import moment_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from harness.core.scenario import Scenario


_WATCHED = (".py", ".yaml", ".yml", ".toml", ".json", ".txt", ".md")
_DATA = (".json", ".txt", ".md")
_SKIPPED = frozenset({"__pycache__", "node_modules", "site"})


@dataclass(frozen=True, slots=True)
class Touched:
    """The scenarios an edit touches, by id; `everything` when it may touch any (code, settings)."""

    scenarios: tuple[str, ...] = ()
    everything: bool = False


def snapshot(root: Path, out: Path) -> dict[Path, int]:
    """Every file below `root` that could change what a run finds, with when it was changed; `out` holds runs."""
    return {path: moment for path in _files(root, out.resolve()) if (moment := moment_of(path)) is not None}


def _files(root: Path, out: Path) -> Iterator[Path]:
    """Folders that vanish meanwhile are passed over, links to folders not followed: they may lead in a circle."""
    for place, folders, names in os.walk(root):
        here = Path(place)
        folders[:] = [each for each in folders if _is_looked_into(here / each, out)]
        yield from (here / each for each in names if not each.startswith(".") and Path(each).suffix in _WATCHED)


def _is_looked_into(folder: Path, out: Path) -> bool:
    hidden = folder.name.startswith(".") or folder.name in _SKIPPED
    return not hidden and folder.resolve() != out and not (folder / "pyvenv.cfg").exists()


def edited(before: Mapping[Path, int], after: Mapping[Path, int]) -> tuple[Path, ...]:
    """Files that were changed, added or removed."""
    return tuple(sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path)))


def written_by_runs(paths: Iterable[Path], before: Iterable[Path], during: Iterable[Path]) -> tuple[Path, ...]:
    """Of the `paths` that were the reason of a run, those that runs write themselves: no edit, and no end to it.

    That is data that changed while the run `before` went on, and `during` this one again, when nothing else changed.
    """
    if not set(paths) <= set(before):
        return ()
    return tuple(sorted(path for path in set(paths) & set(during) if path.suffix in _DATA))


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
