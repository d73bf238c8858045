"""`harness schema`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from harness.cli import options


@click.command("schema")
@click.option("--to", "file", type=click.Path(path_type=Path), help="Write this file instead of standard output.")
@options.places
def command(file: Path | None, **given: Any) -> int:
    """Write the JSON schema of scenario files, with your own agent, tool and argument names.

    An editor with a YAML language server then completes and checks them, where the file begins with
    `# yaml-language-server: $schema=../scenario.schema.json`.

    \b
    harness schema --to scenario.schema.json
    harness schema --system shop.agents:system > scenario.schema.json
    """
    from harness import pipeline, saved

    text = json.dumps(pipeline.schema(options.settings_of(given)), indent=2, ensure_ascii=False) + "\n"
    if file is None:
        click.echo(text, nl=False)
        return 0
    saved.put(file, text)
    click.echo(str(file), err=True)
    return 0
