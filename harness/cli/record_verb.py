"""`harness record`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from harness.cli import options
from harness.core.results import Mode

_PORT = 8764
"""The stand-in's, where it is free: recordings made one after the other then differ in nothing but what was said."""


@click.command("record")
@options.choice
@click.option("--all", "everything", is_flag=True, help="Record everything again, also what is not stale.")
@click.option("--stale", is_flag=True, default=None, help="Leave out what has no recording yet.")
@click.option("--standin", is_flag=True, help="Record against a stand-in started for this call: no key, no model.")
@click.option("--script", type=click.Path(path_type=Path), help="Let the stand-in follow this script.")
@click.option("--endpoint", metavar="URL", help="Record against this OpenAI-compatible endpoint.")
@click.option("--estimate", is_flag=True, help="Say about how many calls that takes and what they cost; ask nothing.")
@options.resuming
@options.age
@options.cost
@options.running
@options.places
@options.output
def command(
    everything: bool,  # noqa: FBT001 - a flag
    standin: bool,  # noqa: FBT001 - a flag
    script: Path | None,
    estimate: bool,  # noqa: FBT001 - a flag
    **given: Any,
) -> int:
    """Record what is missing or stale, then score it and write the report.

    Nothing is overwritten: what was recorded before stays, and the new recording waits beside it for `harness review`.
    What still fits is kept and not asked again. How many calls that takes, and what they cost, is said first. In CI
    nothing is recorded.

    \b
    OPENAI_API_KEY=... harness record            against the real endpoint
    harness record --standin                     against the stand-in: for trying the harness out
    harness record --all --estimate              what that would take
    harness record --all --max-cost 2.50         stop there; --resume RUN goes on
    """
    fixed = {"mode": Mode.RECORD, "everything": everything or None}
    if estimate:
        return _estimated(dict(given), fixed, stand_in=bool(standin or script))
    if not (standin or script):
        return _recorded(given, fixed)
    from harness.standin.server import running

    with running(script, port=_PORT) as endpoint:
        return _recorded(given, {**fixed, "endpoint": endpoint}, stand_in=True)


def _estimated(given: dict[str, Any], fixed: dict[str, Any], *, stand_in: bool) -> int:
    from harness.reporting.estimated import estimate_text

    found = options.estimate_of(given, fixed, ahead=False)
    if given["as_json"]:
        options.echo_json(asdict(found))
    else:
        click.echo(estimate_text(found, stand_in=stand_in))
    return 0


def _recorded(given: dict[str, Any], fixed: dict[str, Any], *, stand_in: bool = False) -> int:
    """Say what it takes, record, and say what waits beside older recordings now."""
    from harness import recordings

    settings = options.settings_of(dict(given), **fixed)
    options.say_estimate(given, fixed, stand_in=stand_in)
    code = options.execute(given, **fixed)
    waiting = len(recordings.pending(settings))
    if waiting:
        noun, old = ("recording waits", "one") if waiting == 1 else ("recordings wait", "ones")
        click.echo(
            f"{waiting} new {noun} beside the old {old}; nothing was overwritten\nnext: harness review", err=True
        )
    return code
