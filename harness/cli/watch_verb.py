"""`harness watch`."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import click

from harness.cli import options
from harness.errors import HarnessError

if TYPE_CHECKING:
    from harness.config import Settings

_PAUSE = 0.5


@click.command("watch")
@options.places
@click.option("--once", is_flag=True, hidden=True, help="Stop after the first edit.")
def command(once: bool, **given: Any) -> int:  # noqa: FBT001 - a flag
    """Run again what an edit touches, and say what flipped; Ctrl-C ends it.

    An edited scenario file runs its scenarios, an edited cassette its own, edited code all of them: each time in a
    process of its own, so that the code is read anew.

    \b
    harness watch
    """
    from harness import pipeline
    from harness.execution.edits import edited, snapshot, touched

    settings = options.settings_of(given)
    places = (settings.root,)
    seen, verdicts = snapshot(places), _verdicts(settings, ())
    click.echo(_told(verdicts), err=True)
    while True:
        time.sleep(_PAUSE)
        now = snapshot(places)
        paths, seen = edited(seen, now), now
        if not paths:
            continue
        click.echo(f"edited: {', '.join(str(each.relative_to(settings.root)) for each in paths)}", err=True)
        try:
            scenarios = pipeline.read_scenarios(settings)
        except HarnessError as error:
            click.echo(str(error), err=True)
            continue
        found = touched(paths, scenarios, settings.path(settings.cassettes), settings.root)
        if found.everything or found.scenarios:
            fresh = _verdicts(settings, found.scenarios)
            click.echo(_flips(verdicts, fresh) or _told(fresh), err=True)
            verdicts |= fresh
        if once:
            return 0


def _verdicts(settings: Settings, ids: tuple[str, ...]) -> dict[str, str]:
    """Scenario -> verdict, of a run in a process of its own; what went wrong there is shown."""
    arguments = [sys.executable, "-m", "harness", "run", *ids, "--json", "--system", settings.system]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, cwd=settings.root)  # noqa: S603 - ourselves
    try:
        summary = json.loads(done.stdout)
    except ValueError:
        click.echo(done.stderr.strip(), err=True)
        return {}
    return {each["id"]: each["verdict"] for each in summary["scenarios"]}


def _flips(before: dict[str, str], after: dict[str, str]) -> str:
    lines = [
        f"{name}: {before[name]} -> {verdict}"
        for name, verdict in after.items()
        if name in before and before[name] != verdict
    ]
    return "\n".join(lines)


def _told(verdicts: dict[str, str]) -> str:
    counts = {verdict: list(verdicts.values()).count(verdict) for verdict in sorted(set(verdicts.values()))}
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.items()) or "nothing ran"
