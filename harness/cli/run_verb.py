"""`harness run`."""

from __future__ import annotations

from typing import Any

import click

from harness.cli import options
from harness.core.results import Mode


@click.command("run")
@options.choice
@click.option("--mode", type=click.Choice(["replay", "record", "live"]), help="Where model answers come from.")
@click.option("--strict", is_flag=True, default=None, help="Refuse replays that drifted.")
@options.resuming
@options.age
@options.cost
@options.running
@options.held
@options.places
@options.output
def command(**given: Any) -> int:
    """Replay the scenarios, score every layer, write the report.

    Needs no API key and sends nothing: answers come from cassettes, unless the mode says otherwise; then about how many
    calls that takes, and what they cost, is said first. Exit codes: 0 fine, 1 worse, 2 wrong usage or
    suite, 4 could not judge, 5 nothing selected. With --gate, live trials of a variant that look worse than history
    are confirmed or cleared by fresh ones of both sides.

    \b
    harness run
    harness run scenarios/billing-refunds.yaml -k 'limit and not helper'
    harness run duplicate-charge --mode live
    harness run --resume reports/20260131-120000-000
    harness run --baseline baselines/main.json --gate
    harness run --mode live --trials 3 --variant mine --gate --baseline baselines/live.json
    """
    if options.settings_of(dict(given)).mode is Mode.LIVE:
        options.say_estimate(given, {})
    return options.execute(given)
