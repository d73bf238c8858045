"""`harness list`."""

from __future__ import annotations

import json
from typing import Any

import click

from harness.cli import options


@click.command("list")
@options.choice
@options.places
@options.output
def command(as_json: bool, quiet: bool, **given: Any) -> int:  # noqa: FBT001
    """Show what would run, without loading the agents (unless --layer asks for them).

    \b
    harness list --tag refund
    """
    from harness import pipeline

    settings = options.settings_of(given)
    chosen = pipeline.listed(settings, options.selection_of(given))
    if as_json:
        rows = [
            {"id": each.id, "where": str(each.location), "tags": each.tags, "agent": each.agent, "trials": each.trials}
            for each in chosen
        ]
        click.echo(json.dumps(rows, indent=2))
        return 0
    width = max(len(each.id) for each in chosen)
    for each in chosen:
        click.echo(each.id if quiet else f"{each.id:{width}}  {each.location}  {' '.join(each.tags)}".rstrip())
    if not quiet:
        click.echo(f"{len(chosen)} scenarios, {sum(each.trials for each in chosen)} trials", err=True)
    return 0
