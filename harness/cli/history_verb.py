"""`harness history`."""

from __future__ import annotations

from typing import Any

import click

from harness.cli import options


@click.command("history")
@click.argument("ids", nargs=-1, metavar="[IDS]...")
@click.option("--last", default=20, show_default=True, type=click.IntRange(1), help="So many runs, the newest.")
@click.option("--mode", type=click.Choice(["replay", "record", "live"]), help="Only runs of this mode.")
@click.option("--variant", metavar="NAME", help="Only runs of this variant; `baseline`: the agents as they are.")
@options.places
@click.option("--json", "as_json", is_flag=True, help="Data on stdout.")
def command(ids: tuple[str, ...], as_json: bool, **given: Any) -> int:  # noqa: FBT001 - a flag
    """List the saved runs, oldest first, with the rate of each layer; or what became of single scenarios in them.

    \b
    harness history
    harness history refund-over-the-limit --last 50
    harness history --mode live --json
    """
    from harness import saved
    from harness.reporting.past import results_text, runs_text

    last, mode, variant = (given.pop(name) for name in ("last", "mode", "variant"))
    settings = options.settings_of(given)
    runs = saved.history(settings, mode, variant)[-last:]
    if not ids:
        click.echo(saved.as_json(runs) if as_json else runs_text(runs))
        return 0
    results = saved.history_of(settings, runs, ids)
    click.echo(saved.as_json(results) if as_json else results_text(results))
    return 0
