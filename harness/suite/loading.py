"""Scenario files -> scenarios. All that is wrong with all files is said at once, each with file:line."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core.scenario import Location, Scenario
from harness.errors import Problem, ProblemsError, seen_from
from harness.suite import values
from harness.suite.language import FILE
from harness.suite.nodes import Fields, Items, described
from harness.suite.page import Page
from harness.suite.scenarios import defaults, scenario
from harness.suite.yaml_nodes import read_nodes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.suite.nodes import Node

_SUFFIXES = (".yaml", ".yml")
_IGNORED = "x-"
"""Top-level keys that begin so are the writer's own, for anchors to stand on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What files hold: the scenarios of those without problems, the problems, and the ids in files that have some."""

    scenarios: tuple[Scenario, ...]
    problems: tuple[Problem, ...]
    unread: frozenset[str] = frozenset()


def load_suite(paths: Sequence[Path], root: Path | None = None) -> tuple[Scenario, ...]:
    """Every scenario of these files and folders, in the order of file names and lines.

    Folders are searched for *.yaml and *.yml; hidden files and folders are left out. Places are given relative to
    `root` (default: the current folder). Raises ProblemsError with the problems of all files together.
    """
    reading = read_suite(paths, root)
    if reading.problems:
        raise ProblemsError(reading.problems)
    return reading.scenarios


def read_suite(paths: Sequence[Path], root: Path | None = None) -> Reading:
    """As `load_suite`, for a check that goes on with the files that can be read. Raises nothing."""
    base = (root or Path.cwd()).resolve()
    missing: list[Problem] = []
    pages: list[tuple[Page, list[Scenario]]] = []
    with _no_garbage_collection():
        for path in _files(paths, missing):
            page = Page(seen_from(path, base))
            pages.append((page, _load_file(path, page)))
    return _reading(missing, pages)


def parse_suite(text: str | bytes, file: str = "<text>") -> tuple[Scenario, ...]:
    """The scenarios of one file's text. Raises ProblemsError."""
    page = Page(file)
    scenarios = _parse(page, text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
    reading = _reading([], [(page, scenarios)])
    if reading.problems:
        raise ProblemsError(reading.problems)
    return reading.scenarios


def _reading(missing: Sequence[Problem], pages: Sequence[tuple[Page, list[Scenario]]]) -> Reading:
    everything = [each for _, scenarios in pages for each in scenarios]
    broken = [each.id for page, scenarios in pages if page.found for each in scenarios]
    noted = [problem for page, _ in pages for problem in page.problems]
    return Reading(
        scenarios=tuple(each for page, scenarios in pages if not page.found for each in scenarios),
        problems=(*missing, *noted, *_duplicates(everything)),
        unread=frozenset(broken),
    )


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Reading makes many small objects that all stay: looking for garbage among them takes two thirds of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _files(paths: Sequence[Path], problems: list[Problem]) -> list[Path]:
    found: dict[Path, Path] = {}
    for path in paths:
        if path.is_dir():
            found |= {each.resolve(): each for each in _yaml_files(path)}
        elif path.exists():
            found[path.resolve()] = path
        else:
            hint = "scenarios stand in the folder `scenarios`, or in the one that --scenarios or [tool.harness] names"
            problems.append(Problem(message=f"no such file or folder: {str(path)!r}", hint=hint))
    return list(found)


def _yaml_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.suffix in _SUFFIXES and not any(part.startswith(".") for part in parts) and path.is_file():
            yield path


def _load_file(path: Path, page: Page) -> list[Scenario]:
    try:
        data = path.read_bytes()
    except OSError as error:
        page.error(1, f"cannot be read: {error.strerror}")
        return []
    return _parse(page, data)


def _parse(page: Page, data: bytes) -> list[Scenario]:
    node = read_nodes(page, data)
    if node is None:
        return []
    if not isinstance(node, Fields):
        hint = "begin the file with `scenarios:` and indent the list below it"
        page.error(node.line, f"a scenario file must be a mapping, not {described(node)}", hint)
        return []
    own = {key: field for key, field in node.fields.items() if not key.startswith(_IGNORED)}
    found = values.fields(page, Fields(node.line, own), FILE) or {}
    inherited = defaults(page, found["defaults"].node) if "defaults" in found else {}
    if "scenarios" not in found:
        return []
    read = [scenario(page, each, inherited) for each in _listed(page, found["scenarios"].node)]
    return [each for each in read if each is not None and each.id]


def _listed(page: Page, node: Node) -> Iterable[Node]:
    if isinstance(node, Items) and node.items:
        return node.items
    what = "an empty list" if isinstance(node, Items) else described(node)
    page.error(node.line, f"`scenarios` must be a list of scenarios, not {what}", "begin each with `- id:`")
    return ()


def _duplicates(scenarios: Iterable[Scenario]) -> Iterator[Problem]:
    """Ids are file names of recordings, and some file systems know no upper case."""
    first: dict[str, Scenario] = {}
    for each in scenarios:
        earlier = first.setdefault(each.id.casefold(), each)
        if earlier is not each:
            alike = "" if earlier.id == each.id else f" (as {earlier.id!r})"
            where = Location(file=each.location.file, line=each.lines.get("id", each.location.line))
            yield Problem(
                message=f"the id {each.id!r} is taken{alike} by {earlier.location}", where=where, hint="rename one"
            )
