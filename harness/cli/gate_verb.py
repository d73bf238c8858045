"""`harness gate`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from harness.cli import options


@click.command("gate")
@click.argument("run", required=False, type=click.Path(path_type=Path))
@click.option("--baseline", type=click.Path(path_type=Path), help="Baseline file, instead of the policy's.")
@click.option("--of", "variant", metavar="NAME", help="The variant to judge, where the run holds several.")
@click.option("--confirm", type=click.Path(path_type=Path), help="Run of fresh trials of the candidate.")
@click.option("--against", type=click.Path(path_type=Path), help="Run of fresh trials of the baseline's agents.")
@click.option("--explain", is_flag=True, help="Name rule, layer, agent and every scenario behind each reason.")
@click.option("--md", "markdown", is_flag=True, help="Markdown, for a pull request.")
@options.places
@options.output
def command(**given: Any) -> int:
    """Say whether a saved run may be merged: PASS, FAIL or INCONCLUSIVE, with every reason.

    The policy stands in [tool.harness.gate] of pyproject.toml. Replays are judged exactly, live runs are screened
    against the baseline's pooled trials and confirmed by fresh ones. Exit codes: 0 pass, 1 fail, 4 inconclusive,
    5 nothing ran.

    \b
    harness gate                                  the newest run
    harness gate reports/20260101-120000-000 --explain
    harness gate live --confirm fresh-mine --against fresh-main
    """
    from harness import saved
    from harness.reporting.decided import decision_markdown, decision_text

    asked = {name: given.pop(name) for name in ("run", "variant", "confirm", "against", "explain", "markdown")}
    flags = {name: given.pop(name) for name in ("as_json", "quiet", "verbose", "no_color")}
    settings = options.settings_of(given)
    decision = saved.gate(settings, asked["run"], asked["variant"], confirm=(asked["confirm"], asked["against"]))
    if flags["as_json"]:
        click.echo(saved.as_json(decision))
    elif asked["markdown"]:
        click.echo(decision_markdown(decision), nl=False)
    elif flags["quiet"]:
        click.echo(decision.sentence, err=True)
    else:
        click.echo(decision_text(decision, explain=asked["explain"] or flags["verbose"]), nl=False, err=True)
    return int(decision.code)
