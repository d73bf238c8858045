"""`harness reject`."""

from __future__ import annotations

from typing import Any

import click

from harness.cli import options


@click.command("reject")
@options.decision
def command(**given: Any) -> int:
    """Remove new recordings, keep the old ones, and write down who did and why. Refused in CI.

    \b
    harness reject duplicate-charge --reason "refunds without asking"
    harness reject --all
    """
    from harness import recordings

    return options.decide(given, recordings.reject, "rejected")
