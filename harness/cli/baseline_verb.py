"""`harness baseline`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from harness.cli import options

_RUN = click.argument("run", required=False, type=click.Path(path_type=Path))
_FILE = click.option("--baseline", type=click.Path(path_type=Path), help="The file, instead of the policy's.")


@click.group("baseline")
def command() -> None:
    """Bless a run as what later runs are held against; look at what is blessed.

    \b
    harness baseline bless reports/20260101-120000-000
    harness baseline diff
    """


@command.command("bless")
@_RUN
@_FILE
@options.places
def bless(run: Path | None, **given: Any) -> int:
    """Write RUN (default: the newest) as the baseline; live runs are pooled with what is there, up to 30 trials.

    Refuses runs that are partial, stale, errored or from uncommitted code, and everything in CI.
    """
    from harness import saved

    path, summary, warning = saved.bless(options.settings_of(given), run)
    click.echo(f"{path}: {len(summary.entries)} scenarios from {', '.join(summary.runs)}", err=True)
    if warning:
        click.echo(f"warning: {warning}", err=True)
    return 0


@command.command("show")
@_FILE
@options.places
@click.option("--json", "as_json", is_flag=True, help="Data on stdout.")
def show(as_json: bool, **given: Any) -> int:  # noqa: FBT001
    """Show what is blessed, scenario by scenario."""
    from harness import saved

    summary = saved.baseline(options.settings_of(given))
    if as_json:
        click.echo(saved.as_json(summary))
        return 0
    click.echo(f"{summary.system}, {summary.mode}, {summary.created_at}, runs {', '.join(summary.runs)}", err=True)
    for name, entry in sorted(summary.entries.items()):
        tally = entry.tally()
        click.echo(f"{name}  {entry.verdict}  {tally.passed}/{tally.total}  {entry.digest}")
    return 0


@command.command("diff")
@_RUN
@_FILE
@options.places
def diff(run: Path | None, **given: Any) -> int:
    """Show what blessing RUN (default: the newest) would change. Exit code 1 when something would."""
    from harness import saved

    change = saved.baseline_diff(options.settings_of(given), run)
    for mark, names in (("+", change.added), ("-", change.removed)):
        for name in names:
            click.echo(f"{mark} {name}")
    for name, parts in change.changed.items():
        click.echo(f"~ {name}: {', '.join(parts)}")
    return int(bool(change.added or change.removed or change.changed))
