"""`harness merge`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from harness.cli import options


@click.command("merge")
@click.argument("shards", required=True, nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--allow-partial",
    is_flag=True,
    help="Show what there is where shards are missing or ended early; never a pass.",
)
@options.held
@options.places
@options.output
def command(shards: tuple[Path, ...], **given: Any) -> int:
    """Make one run out of SHARDS, what `harness run --shard I/N` left on N machines.

    SHARDS are runs, or folders with runs somewhere below. Every shard has to be there once, all of one commit, suite,
    system, mode and variant; otherwise exit code 4, saying which is missing, doubled or different. The result is a run
    of its own, its name ending with -merged, and the only one that a gate decides on. Exit codes as of `harness run`.

    \b
    harness merge shards
    harness merge shards/1 shards/2 shards/3 --gate
    harness merge shards --allow-partial
    """
    from harness import merged, saved

    flags = {name: given.pop(name) for name in ("as_json", "quiet", "verbose", "no_color")}
    allow_partial = given.pop("allow_partial")
    found = merged.merge(options.settings_of(given), shards, allow_partial=allow_partial)
    options.screen_of(flags).summary(found)
    if flags["as_json"]:
        click.echo((found.folder / "summary.json").read_text(encoding="utf-8"))
    click.echo(saved.tell_github(found.report), nl=False)
    return int(found.code)
