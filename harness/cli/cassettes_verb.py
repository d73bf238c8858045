"""`harness cassettes`."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from harness.cli import options
from harness.errors import ExitCode, Severity, seen_from
from harness.reporting.numbers import plural

if TYPE_CHECKING:
    from pathlib import Path

    from harness.cassettes.inventory import Entry
    from harness.config import Settings

_JSON = click.option("--json", "as_json", is_flag=True, help="Data on stdout.")


@click.group("cassettes")
def command() -> None:
    """Look after the recordings: what there is, what is damaged, what no longer fits, what nobody asks for.

    \b
    harness cassettes list
    harness cassettes stale               exit code 4 when a recording no longer fits the agents
    harness cassettes show duplicate-charge
    harness cassettes prune
    """


@command.command("list")
@options.places
@_JSON
def list_(as_json: bool, **given: Any) -> int:  # noqa: FBT001 - a flag
    """List every recording: calls, when, by which models, how large; damaged ones too.

    \b
    harness cassettes list --json
    """
    from harness import recordings

    found = recordings.entries(options.settings_of(given))
    if as_json:
        options.echo_json([asdict(each) for each in found])
        return 0
    rows = [("recording", "model calls", "other", "recorded", "model", "size"), *(_row(each) for each in found)]
    for line in _columns(rows):
        click.echo(line)
    total = sum(each.size for each in found)
    click.echo(f"{plural(len(found), 'recording')}, {total / 1024:,.0f} KiB", err=True)
    return 0


def _row(entry: Entry) -> tuple[str, ...]:
    if entry.error:
        return (entry.name, f"damaged: {entry.error}")
    models = ", ".join(entry.models) or "-"
    return (
        entry.name,
        str(entry.model_calls),
        str(entry.interactions - entry.model_calls),
        (entry.recorded_at or "unknown")[:10],
        f"{models} (the stand-in)" if entry.stand_in else models,
        f"{entry.size / 1024:,.0f} KiB",
    )


@command.command("verify")
@options.places
@_JSON
def verify(as_json: bool, **given: Any) -> int:  # noqa: FBT001 - a flag
    """Read every recording: is it whole, is it a cassette, does it hold a secret? Exit code 4 when one is not fine.

    \b
    harness cassettes verify
    """
    from harness import recordings

    settings = options.settings_of(given)
    problems = recordings.verify(settings)
    bad = [each for each in problems if each.severity is Severity.ERROR]
    if as_json:
        options.echo_json([{"severity": each.severity, "message": each.message} for each in problems])
    else:
        for each in problems:
            click.echo(str(each), err=True)
        total = recordings.count(settings)
        told = f"{len(bad)} of {total} recordings are not fine" if bad else f"{total} recordings are fine"
        click.echo(told, err=True)
    return ExitCode.COULD_NOT_JUDGE if bad else ExitCode.FINE


@command.command("stale")
@options.choice
@options.age
@options.places
@_JSON
def stale(as_json: bool, **given: Any) -> int:  # noqa: FBT001 - a flag
    """Replay what is recorded and say what no longer fits the agents, and why. Exit code 4 when something does not.

    \b
    harness cassettes stale
    """
    from harness import recordings
    from harness.analysis.staleness import reasons

    selection, settings = options.selection_of(given), options.settings_of(given)
    trials = asyncio.run(recordings.replayed(settings, selection))
    found = reasons(trials)
    if as_json:
        options.echo_json([asdict(each) for each in found])
    for each in () if as_json else found:
        count = len({trial.scenario for trial in trials})
        click.echo(f"{each.what}; affects {len(each.scenarios)} of {count} scenarios")
        click.echo("\n".join(f"  {line}" for line in (", ".join(each.scenarios), *each.advice)), err=True)
    if not found:
        click.echo(f"all {len(trials)} recordings fit the agents", err=True)
    return ExitCode.COULD_NOT_JUDGE if found else ExitCode.FINE


@command.command("unused")
@options.choice
@options.places
@_JSON
def unused(as_json: bool, **given: Any) -> int:  # noqa: FBT001 - a flag
    """Replay what is recorded and say which recorded answers nobody asked for.

    \b
    harness cassettes unused
    """
    from harness import recordings

    selection, settings = options.selection_of(given), options.settings_of(given)
    found = recordings.unused(asyncio.run(recordings.replayed(settings, selection)))
    if as_json:
        options.echo_json([{"path": path, "unused": list(what)} for path, what in found])
        return 0
    for path, what in found:
        click.echo(f"{path}: {len(what)} not asked for")
        for each in what:
            click.echo(f"  {each}")
    click.echo(f"{plural(len(found), 'recording')} with answers that nobody asked for", err=True)
    return 0


@command.command("orphans")
@options.places
@_JSON
def orphans(as_json: bool, **given: Any) -> int:  # noqa: FBT001 - a flag
    """List the recordings that no scenario asks for.

    \b
    harness cassettes orphans
    """
    from harness import recordings

    settings = options.settings_of(given)
    found = [_shown(path, settings) for path in recordings.orphans(settings)]
    if as_json:
        options.echo_json(found)
        return 0
    for each in found:
        click.echo(each)
    advice = "; next: harness cassettes prune" if found else ""
    click.echo(f"{plural(len(found), 'recording')} without a scenario{advice}", err=True)
    return 0


@command.command("show")
@click.argument("name")
@options.places
@_JSON
def show(name: str, as_json: bool, **given: Any) -> int:  # noqa: FBT001 - a flag
    """Show one recording, by its name in the list or its file: what was asked and answered, in order.

    \b
    harness cassettes show duplicate-charge
    harness cassettes show duplicate-charge.pending
    """
    from harness import recordings
    from harness.reporting.clean import clean

    found = recordings.shown(options.settings_of(given), name)
    if as_json:
        options.echo_json(found)
        return 0
    for number, each in enumerate(found, 1):
        click.echo(f"--- {number}: {each['method']} {each['uri']}")
        click.echo(clean(_text(each["body"])))
        click.echo(f"--- {number}: answer {each['status']}")
        click.echo(clean(_text(each["answer"])))
    return 0


@command.command("prune")
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.places
def prune(yes: bool, **given: Any) -> int:  # noqa: FBT001 - a flag
    """Remove recordings without a scenario, and what killed recordings left behind; asks first.

    \b
    harness cassettes prune
    harness cassettes prune --yes
    """
    from harness import recordings

    settings = options.settings_of(given)
    paths = recordings.to_prune(settings)
    for path in paths:
        click.echo(_shown(path, settings))
    if not paths:
        click.echo("nothing to remove", err=True)
        return 0
    if not yes and not click.confirm(f"remove {plural(len(paths), 'file')}?", err=True):
        click.echo("nothing was removed", err=True)
        return 0
    click.echo(f"{plural(len(recordings.prune(paths)), 'file')} removed", err=True)
    return 0


def _text(body: object) -> str:
    return f"<{len(body)} bytes>" if isinstance(body, bytes) else str(body or "(no body)")


def _shown(path: Path, settings: Settings) -> str:
    return seen_from(path.resolve(), settings.root.resolve())


def _columns(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [
        max((len(row[place]) for row in rows if place < len(row) - 1), default=0) for place in range(len(rows[0]))
    ]
    return ["  ".join(cell.ljust(widths[place]) for place, cell in enumerate(row)).rstrip() for row in rows]
