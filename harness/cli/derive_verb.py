"""`harness derive`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from harness.cli import options
from harness.errors import UsageError


@click.command("derive")
@click.argument("run", required=False, type=click.Path(path_type=Path))
@click.option("--layer", type=click.Choice(["specialist", "helper"]), help="Only scenarios of this layer.")
@click.option("--to", "file", type=click.Path(path_type=Path), help="Write this new file, not standard output.")
@options.places
def command(run: Path | None, layer: str | None, file: Path | None, **given: Any) -> int:
    """Draft specialist and helper scenarios out of RUN (default: the newest), with what was recorded.

    Of each end-to-end trial that passed: a specialist with the conversation as it took it over, a helper with the
    input it was given, and the calls they made. They are drafts, marked so, for a person to review; what the suite
    has already is left out. No agent is loaded.

    \b
    harness derive --to scenarios/derived.yaml
    harness derive reports/20260101-120000-000 --layer helper
    """
    from harness import saved

    if file is not None and file.exists():
        raise UsageError(
            f"{str(file)!r} exists already", hint="name a new file: drafts never replace what was reviewed"
        )
    found = saved.derive(options.settings_of(given), run, layer)
    if file is None:
        click.echo(found.text, nl=False)
    else:
        saved.put(file, found.text)
    known = f"; left out, because the suite has them: {', '.join(found.known)}" if found.known else ""
    where = f" in {file}" if file else ""
    click.echo(f"{found.count} drafts{where}{known}; read each, correct it, then remove its `draft: true`", err=True)
    return 0
