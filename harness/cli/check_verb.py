"""`harness check`."""

from __future__ import annotations

import json
from typing import Any

import click

from harness.cli import options
from harness.errors import ExitCode, ProblemsError, Severity


@click.command("check")
@click.argument("what", nargs=-1, metavar="[PATHS]...")
@click.option("--strict", is_flag=True, help="Take warnings for errors.")
@options.places
@options.output
def command(what: tuple[str, ...], strict: bool, as_json: bool, quiet: bool, **given: Any) -> int:  # noqa: FBT001
    """Hold scenarios, cassettes and agents against each other; run nothing.

    All errors of all files at once, each with its file and line; a recording that no scenario asks for is one. As
    warnings the design guidelines, scenarios without a recording, and recordings that wait for review.

    \b
    harness check
    harness check scenarios/billing-refunds.yaml --json
    """
    from harness import pipeline, recordings
    from harness.reporting.numbers import plural

    settings = options.settings_of(given)
    try:
        problems, count = pipeline.check(settings, pipeline.Selection(what=what))
        problems = (*problems, *(recordings.problems(settings) if not what else ()))
    except ProblemsError as error:
        problems, count = error.problems, 0
    errors = [each for each in problems if strict or each.severity is Severity.ERROR]
    if as_json:
        rows = [
            {"severity": each.severity, "message": each.message, "where": str(each.where or ""), "hint": each.hint}
            for each in problems
        ]
        click.echo(json.dumps(rows, indent=2))
    else:
        for problem in problems if not quiet else errors:
            click.echo(str(problem), err=True)
        fine = f"{plural(count, 'scenario')} {'fits' if count == 1 else 'fit'} the agents"
        click.echo(f"{plural(len(errors), 'error')}, nothing would run" if errors else fine, err=True)
    return ExitCode.USAGE if errors else ExitCode.FINE
