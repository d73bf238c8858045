"""`harness score`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from harness.cli import options


@click.command("score")
@click.argument("run", required=False, type=click.Path(path_type=Path))
@options.held
@options.places
@options.output
def command(run: Path | None, **given: Any) -> int:
    """Judge RUN (default: the newest) again with today's scenarios.

    Nothing is run, no agent is loaded, no model asked. The result is a run of its own, beside RUN, its name ending
    with -scored. A trial whose scenario asks something else today could not be judged and has to be run again. Exit
    codes as of `harness run`.

    \b
    harness score
    harness score reports/20260101-120000-000 --json
    harness score --baseline baselines/main.json --gate
    """
    from harness import scored

    flags = {name: given.pop(name) for name in ("as_json", "quiet", "verbose", "no_color")}
    found = scored.score(options.settings_of(given), run)
    options.screen_of(flags).summary(found.outcome)
    if flags["as_json"]:
        click.echo((found.outcome.folder / "summary.json").read_text(encoding="utf-8"))
    if not (flags["quiet"] or flags["as_json"]):
        lines = [f"left out, no longer in the suite: {name}" for name in found.gone]
        lines += scored.texts(found.flips) or ["no verdict changed"]
        click.echo("\n".join(lines), err=True)
    return int(found.outcome.code)
