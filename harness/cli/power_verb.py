"""`harness power`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from harness.cli import options


@click.command("power")
@click.option("--baseline", type=click.Path(path_type=Path), help="The history, instead of the policy's baseline.")
@click.option("--trials", "tried", default=3, show_default=True, type=click.IntRange(1), help="Trials of a live run.")
@click.option("--confirming", default=5, show_default=True, type=click.IntRange(1), help="Fresh trials of each side.")
@click.option("--suites", default=400, show_default=True, type=click.IntRange(50), help="Simulated suites a row.")
@options.places
@click.option("--json", "as_json", is_flag=True, help="Data on stdout.")
def command(tried: int, confirming: int, suites: int, as_json: bool, **given: Any) -> int:  # noqa: FBT001
    """Say what the live gate would catch, simulated from your own history, and what it costs in trials.

    \b
    harness power
    harness power --trials 5
    """
    from harness import saved

    rows = saved.power(options.settings_of(given), tried, confirming, suites)
    if as_json:
        click.echo(saved.as_json(rows))
        return 0
    click.echo(f"{'what happens':34}  gate fails  alarms  trials a scenario")
    for row in rows:
        click.echo(f"{row.effect:34}  {row.red:10.1%}  {row.alarmed:6.1%}  {row.trials:.1f}")
    click.echo(f"simulated: {suites} suites a row, with the pass rates your history leaves open", err=True)
    return 0
