"""`harness record`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli import options
from harness.core.results import Mode

if TYPE_CHECKING:
    from harness.config import Settings


@click.command("record")
@options.choice
@click.option("--all", "everything", is_flag=True, help="Record everything again, also what is not stale.")
@click.option("--stale", is_flag=True, default=None, help="Leave out what has no recording yet.")
@click.option("--standin", is_flag=True, help="Record against a stand-in started for this call: no key, no model.")
@click.option("--script", type=click.Path(path_type=Path), help="Let the stand-in follow this script.")
@click.option("--endpoint", metavar="URL", help="Record against this OpenAI-compatible endpoint.")
@options.age
@options.running
@options.places
@options.output
def command(everything: bool, standin: bool, script: Path | None, **given: Any) -> int:  # noqa: FBT001 - flags
    """Record what is missing or stale, then score it and write the report.

    Nothing is overwritten: what was recorded before stays, and the new recording waits beside it for `harness review`.
    What still fits is kept and not asked again. In CI nothing is recorded.

    \b
    OPENAI_API_KEY=... harness record            against the real endpoint
    harness record --standin                     against the stand-in: for trying the harness out
    """
    fixed = {"mode": Mode.RECORD, "everything": everything or None}
    settings = options.settings_of(dict(given), **fixed)
    if not (standin or script):
        return _recorded(settings, options.execute(given, **fixed))
    from harness.standin.server import running

    with running(script) as endpoint:
        return _recorded(settings, options.execute(given, **fixed, endpoint=endpoint))


def _recorded(settings: Settings, code: int) -> int:
    """Say what waits beside older recordings now."""
    from harness import recordings

    waiting = len(recordings.pending(settings))
    if waiting:
        noun, old = ("recording waits", "one") if waiting == 1 else ("recordings wait", "ones")
        click.echo(
            f"{waiting} new {noun} beside the old {old}; nothing was overwritten\nnext: harness review", err=True
        )
    return code
