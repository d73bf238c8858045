"""`harness watch`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli import options
from harness.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.config import Settings

_PAUSE = 0.3


@dataclass(frozen=True, slots=True)
class _Found:
    """What a run said of a scenario."""

    verdict: str
    sentence: str


@click.command("watch")
@options.places
def command(**given: Any) -> int:
    """Run again what an edit touches, and say what flipped; Ctrl-C ends it.

    An edited scenario file runs its scenarios, an edited cassette its own, edited code all of them: each time in a
    process of its own, so that the code is read anew.

    \b
    harness watch
    """
    repeated = [part for name, value in given.items() if value is not None for part in (f"--{name}", _full(value))]
    settings = options.settings_of(given)
    try:
        _watch(settings, repeated)
    except KeyboardInterrupt:
        click.echo("", err=True)
    return 0


def _full(value: str | Path) -> str:
    """Paths of the command line are seen from the current folder, and runs are started in the project's."""
    return str(value.absolute()) if isinstance(value, Path) else value


def _watch(settings: Settings, flags: list[str]) -> None:
    seen = _look(settings)
    found = _run(settings, flags, ())
    click.echo(f"{_counts(found)}; watching {settings.root.resolve()}", err=True)
    for paths in _edits(settings, seen):
        click.echo(f"\nedited: {', '.join(str(each.relative_to(settings.root)) for each in paths)}", err=True)
        ids = _touched(settings, paths)
        if ids is None:
            continue
        fresh = _run(settings, flags, ids)
        click.echo("\n".join(_flips(found, fresh)) or f"nothing flipped: {_counts(fresh)}", err=True)
        found |= fresh


def _look(settings: Settings) -> Mapping[Path, int]:
    from harness.execution.edits import snapshot

    return snapshot(settings.root, settings.path(settings.out))


def _edits(settings: Settings, seen: Mapping[Path, int]) -> Iterator[tuple[Path, ...]]:
    """Files that were edited, once nothing more changes: editors and formatters save in several steps."""
    from harness.execution.edits import edited, written_by_runs

    own: set[Path] = set()
    before: tuple[Path, ...] = ()
    while True:
        time.sleep(_PAUSE)
        now = _look(settings)
        if now == seen:
            continue
        time.sleep(_PAUSE)
        later = _look(settings)
        if later != now:
            continue
        paths = tuple(each for each in edited(seen, now) if each not in own)
        seen = now
        if not paths:
            continue
        yield paths
        during = edited(now, _look(settings))
        for each in written_by_runs(paths, before, during):
            own.add(each)
            click.echo(f"no longer watched, each run writes it: {each.relative_to(settings.root)}", err=True)
        before = during


def _touched(settings: Settings, paths: tuple[Path, ...]) -> tuple[str, ...] | None:
    """The ids to run, empty for all; None when there is nothing to run, with the reason told."""
    from harness import pipeline
    from harness.execution.edits import touched

    try:
        scenarios = pipeline.read_scenarios(settings)
    except HarnessError as error:
        click.echo(str(error), err=True)
        return None
    found = touched(paths, scenarios, settings.path(settings.cassettes), settings.root)
    if not (found.everything or found.scenarios):
        click.echo("no scenario is touched", err=True)
        return None
    return found.scenarios


def _run(settings: Settings, flags: list[str], ids: tuple[str, ...]) -> dict[str, _Found]:
    """Scenario -> what a run in a process of its own said; what went wrong there is shown."""
    arguments = [sys.executable, "-m", "harness", "run", *ids, "--json", *flags]
    environment = os.environ | {"PYTHONUTF8": "1"}
    done = subprocess.run(  # noqa: S603 - ourselves
        arguments, capture_output=True, encoding="utf-8", check=False, cwd=settings.root, env=environment
    )
    try:
        summary = json.loads(done.stdout)
    except ValueError:
        click.echo(done.stderr.strip(), err=True)
        return {}
    return {each["id"]: _Found(each["verdict"], each["sentence"]) for each in summary["scenarios"]}


def _flips(before: Mapping[str, _Found], after: Mapping[str, _Found]) -> Iterator[str]:
    for name, now in after.items():
        old = before[name].verdict if name in before else "new"
        if old != now.verdict:
            why = "" if now.verdict == "passed" else f": {now.sentence}"
            yield f"{name}: {old} -> {now.verdict}{why}"


def _counts(found: Mapping[str, _Found]) -> str:
    verdicts = [each.verdict for each in found.values()]
    return ", ".join(f"{verdicts.count(each)} {each}" for each in sorted(set(verdicts))) or "nothing ran"
