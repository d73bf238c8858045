"""`harness pending`."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

import click

from harness.cli import options


@click.command("pending")
@options.places
@click.option("--history", "past", is_flag=True, help="Say what was decided so far, oldest first.")
@options.output
def command(past: bool, as_json: bool, quiet: bool, **given: Any) -> int:  # noqa: FBT001 - flags
    """Say which new recordings wait for a decision, and what each means in a word; regressions first.

    `--quiet` gives the names alone, without running anything.

    \b
    harness pending
    harness pending --history
    """
    from harness import recordings
    from harness.reporting.reviewed import pending_text

    settings = options.settings_of(given)
    if past:
        return _history(settings, as_json=as_json)
    if quiet:
        for each in recordings.pending(settings):
            click.echo(each.name)
        return 0
    found = asyncio.run(recordings.reviewed(settings))
    if as_json:
        options.echo_json([recordings.as_data(each) for each in found])
        return 0
    for review in found:
        click.echo(pending_text(review.pending.name, review.meaning))
    click.echo(f"{len(found)} wait; next: harness review" if found else "no new recording waits", err=True)
    return 0


def _history(settings: Any, *, as_json: bool) -> int:
    from harness import recordings
    from harness.reporting.numbers import plural

    decisions = recordings.history(settings)
    if as_json:
        options.echo_json([asdict(each) for each in decisions])
        return 0
    for each in decisions:
        reason = f": {each.reason}" if each.reason else ""
        click.echo(f"{each.at}  {'accepted' if each.accepted else 'rejected'}  {each.cassette}  by {each.by}{reason}")
    click.echo(plural(len(decisions), "decision"), err=True)
    return 0
