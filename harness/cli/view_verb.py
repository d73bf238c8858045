"""`harness view`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from harness.cli import options

_PORT = 8766


@click.command("view")
@click.argument("run", required=False, type=click.Path(path_type=Path))
@click.option(
    "--port", default=_PORT, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 picks a free one."
)
@click.option("--open", "in_browser", is_flag=True, help="Open it in the browser.")
@options.places
def command(run: Path | None, port: int, in_browser: bool, **given: Any) -> int:  # noqa: FBT001 - a flag
    """Serve the reports to this machine's browsers; the list of runs loads again when one is added. Ctrl-C ends it.

    Only the loopback address is served. RUN (a folder of a run) is where the address that is shown leads.

    \b
    harness view
    harness view reports/20260131-120000-000 --open
    """
    from harness.reporting.serving import serving

    settings = options.settings_of(given)
    folder = settings.path(settings.out)
    with serving(folder, port) as (address, thread):
        page = f"{address}{_page(run, folder)}"
        click.echo(page, err=True)
        if in_browser:
            click.launch(page)
        try:
            while thread.is_alive():
                thread.join(1)
        except KeyboardInterrupt:
            click.echo("", err=True)
    return 0


def _page(run: Path | None, folder: Path) -> str:
    """The page of `run` below the address, or nothing for the list. Raises UsageError for a run that is elsewhere."""
    from urllib.parse import quote

    from harness.errors import UsageError

    if run is None:
        return ""
    place = run.resolve() if run.is_dir() else run.resolve().parent
    if place.parent != folder.resolve() or not place.is_dir():
        raise UsageError(f"{str(run)!r} is no run in {str(folder)!r}", hint="--out names the folder of the runs")
    return f"{quote(place.name)}/"
