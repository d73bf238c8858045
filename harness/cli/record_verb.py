"""`harness record`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from harness.cli import options
from harness.core.results import Mode
from harness.errors import UsageError


@click.command("record")
@options.choice
@click.option("--all", "everything", is_flag=True, help="Record everything again, also what is not stale.")
@click.option("--stale", is_flag=True, default=None, help="Leave out what has no recording yet.")
@click.option("--standin", is_flag=True, help="Record against a stand-in started for this call: no key, no model.")
@click.option("--script", type=click.Path(path_type=Path), help="Let the stand-in follow this script.")
@click.option("--endpoint", metavar="URL", help="Record against this OpenAI-compatible endpoint.")
@options.running
@options.places
@options.output
def command(everything: bool, standin: bool, script: Path | None, **given: Any) -> int:  # noqa: FBT001 - flags
    """Record what is missing or stale, then score it and write the report.

    \b
    OPENAI_API_KEY=... harness record            against the real endpoint
    harness record --standin                     against the stand-in: for trying the harness out
    """
    if os.environ.get("CI"):
        raise UsageError("in CI nothing is recorded", hint="record where the key is, review, and commit the cassettes")
    fixed = {"mode": Mode.RECORD, "everything": everything or None}
    if not (standin or script):
        return options.execute(given, **fixed)
    from harness.standin.server import running

    with running(script) as endpoint:
        return options.execute(given, **fixed, endpoint=endpoint)
