"""`harness report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli import options

if TYPE_CHECKING:
    from collections.abc import Callable

FORMATS = {
    "html": "The page.",
    "junit": "JUnit XML with file, line and properties.",
    "junit-strict": "JUnit XML within the schema of Jenkins' xUnit plugin.",
    "md": "Markdown, for a pull request.",
    "text": "Plain text, for a log.",
    "github": "Annotations on the scenarios' lines; on GitHub they go to the log too.",
    "github-summary": "The summary of a GitHub step; on GitHub it is added to the step too.",
    "gitlab-metrics": "OpenMetrics, for GitLab's artifacts:reports:metrics.",
    "gitlab-quality": "For GitLab's artifacts:reports:codequality.",
    "ctrf": "Common Test Report Format.",
}
"""What `--html`, `--junit` and so on write; said here, so that `--help` loads no reporter."""


def _formats(command: Callable[..., Any]) -> Callable[..., Any]:
    for name, what in reversed(FORMATS.items()):
        command = click.option(f"--{name}", is_flag=True, help=what)(command)
    return command


@click.command("report")
@click.argument("run", required=False, type=click.Path(path_type=Path))
@_formats
@click.option(
    "--format", "formats", multiple=True, metavar="NAME", help="A format by name, or module:function (repeatable)."
)
@click.option("--to", "folder", type=click.Path(path_type=Path), help="Folder to write to; the run's own otherwise.")
@options.held
@options.places
@options.output
def command(run: Path | None, formats: tuple[str, ...], folder: Path | None, **given: Any) -> int:
    """Render a saved run again: the newest one, or RUN (its folder or its run.jsonl).

    Without a format the usual ones are written: the page, JUnit and the JSON summary. With --json the summary goes to
    stdout. Exit codes: 0 whatever the run found; with --gate the gate's.

    \b
    harness report
    harness report reports/20260131-120000-000 --html --junit --md --to out
    harness report --baseline baselines/main.json --gate
    harness report --format my_company.reports:wiki
    """
    from harness import saved

    flags = {name: given.pop(name) for name in ("as_json", "quiet", "verbose", "no_color")}
    asked = (*(name for name in FORMATS if given.pop(name.replace("-", "_"))), *formats)
    settings = options.settings_of(given)
    place = run or saved.newest_run(settings)
    own = place if place.is_dir() else place.parent
    found = saved.read_run(place)
    held = saved.held(settings, found)
    report = saved.report_at(found, own, held)
    written = saved.write_reports(report, folder or own, asked)
    if any(name.startswith("github") for name in asked):
        click.echo(saved.tell_github(report), nl=False, err=flags["as_json"])
    if flags["as_json"]:
        from harness.reporting.summary import render_summary

        click.echo(render_summary(report), nl=False)
    elif not flags["quiet"]:
        for path in written:
            click.echo(str(path))
        options.screen_of(flags).report(report, _page(written))
    return int(held.decision.code) if held.decision else 0


def _page(written: tuple[Path, ...]) -> str:
    return next((each.resolve().as_uri() for each in written if each.suffix == ".html"), "")
