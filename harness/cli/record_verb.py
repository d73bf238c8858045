"""`harness record`."""

from __future__ import annotations

from typing import Any

import click

from harness.cli import options
from harness.core.results import Mode


@click.command("record")
@options.choice
@click.option("--all", "everything", is_flag=True, help="Record everything again, also what is not stale.")
@click.option("--stale", is_flag=True, help="Only recordings that no longer fit the agents; none that are missing.")
@click.option("--standin", is_flag=True, help="Record against a stand-in started for this call: no key, no model.")
@click.option("--script", type=click.Path(exists=True, dir_okay=False), help="Let the stand-in follow this script.")
@click.option("--endpoint", metavar="URL", help="Record against this OpenAI-compatible endpoint.")
@options.running
@options.places
@options.output
def command(**given: Any) -> int:
    """Record what is missing or stale, then score it and write the report.

    \b
    OPENAI_API_KEY=... harness record            against the real endpoint
    harness record --standin                     against the stand-in: for trying the harness out
    """
    return options.execute(given, mode=Mode.RECORD)
