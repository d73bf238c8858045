"""`harness review`."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

import click

from harness.cli import options
from harness.config import in_ci

if TYPE_CHECKING:
    from harness.config import Settings
    from harness.recordings import Review

_CHOICES = click.Choice(["a", "r", "s", "q"])


@click.command("review")
@click.argument("names", nargs=-1)
@options.places
@click.option("--json", "as_json", is_flag=True, help="Data on stdout; asks nothing.")
def command(names: tuple[str, ...], as_json: bool, **given: Any) -> int:  # noqa: FBT001 - a flag
    """Show what new recordings change in meaning beside the old ones, regressions first, and take or leave each.

    Verdict, route, calls, arguments, answer and end state are compared; both sides are replayed and judged by the
    scenarios of today. Without a terminal nothing is asked: `harness accept` and `harness reject` decide.

    \b
    harness review
    harness review duplicate-charge
    """
    from harness import recordings
    from harness.reporting.reviewed import review_text

    settings = options.settings_of(given)
    found = asyncio.run(recordings.reviewed(settings, names))
    if as_json:
        options.echo_json([recordings.as_data(each) for each in found])
        return 0
    if not found:
        click.echo("no new recording waits", err=True)
        return 0
    asks = sys.stdin.isatty() and not in_ci()
    for number, each in enumerate(found, 1):
        click.echo(f"[{number}/{len(found)}] {review_text(each.pending.name, each.meaning)}")
        if asks and not _decided(settings, each):
            break
    if not asks:
        click.echo(f"{len(found)} wait; next: harness accept NAME... or --all, harness reject NAME...", err=True)
    return 0


def _decided(settings: Settings, found: Review) -> bool:
    """Ask about one recording; False when the rest is left for later."""
    from harness import recordings

    answer = click.prompt(
        "(a)ccept, (r)eject, (s)kip, (q)uit", type=_CHOICES, default="s", show_choices=False, err=True
    )
    name = found.pending.name
    if answer == "a":
        recordings.accept(settings, [name])
    if answer == "r":
        recordings.reject(settings, [name])
    click.echo({"a": f"accepted {name}", "r": f"rejected {name}"}.get(answer, "left as it is"), err=True)
    return answer != "q"
