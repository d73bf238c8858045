"""`harness report`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from harness.cli import options


@click.command("report")
@click.argument("run", required=False, type=click.Path(path_type=Path))
@click.option(
    "--format", "formats", multiple=True, metavar="NAME", help="Write this format, not the usual (repeatable)."
)
@click.option("--to", "folder", type=click.Path(path_type=Path), help="Folder to write to; the run's own otherwise.")
@options.places
@options.output
def command(run: Path | None, formats: tuple[str, ...], folder: Path | None, **given: Any) -> int:
    """Render a saved run again: the newest one, or RUN (its folder or its run.jsonl).

    Formats: html, junit, junit-strict, json, md, text, github, github-summary, gitlab-metrics, gitlab-quality, ctrf,
    or module:function of your own.

    \b
    harness report
    harness report reports/20260131-120000-000 --format md --format junit-strict --to out
    """
    from harness import pipeline, saved
    from harness.reporting.terminal import Screen

    flags = {name: given.pop(name) for name in ("as_json", "quiet", "verbose", "no_color")}
    place = run or saved.newest_run(options.settings_of(given))
    found = saved.read_run(place)
    written = saved.write_reports(found, folder or (place if place.is_dir() else place.parent), formats)
    if flags["as_json"]:
        from harness.reporting.summary import render_summary
        from harness.reporting.view import report_of

        click.echo(render_summary(report_of(found)))
    elif not flags["quiet"]:
        for path in written:
            click.echo(str(path))
        screen = Screen(verbose=flags["verbose"], color=False if flags["no_color"] else None)
        screen.summary(pipeline.Outcome(run=found, folder=place, code=saved.exit_code(found)))
    return saved.exit_code(found)
