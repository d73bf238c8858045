"""`harness accept`."""

from __future__ import annotations

from typing import Any

import click

from harness.cli import options


@click.command("accept")
@options.decision
def command(**given: Any) -> int:
    """Put new recordings in the place of the old ones, and write down who did and why. Refused in CI.

    \b
    harness accept duplicate-charge --reason "asks for the invoice first now"
    harness accept --all
    """
    from harness import recordings

    return options.decide(given, recordings.accept, "accepted")
