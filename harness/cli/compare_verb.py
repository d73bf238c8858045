"""`harness compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from harness.cli import options
from harness.errors import UsageError


@click.command("compare")
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", required=False, type=click.Path(path_type=Path))
@click.option("--variants", metavar="A,B", help="Two variants of one run; `baseline` is the system as it is.")
@click.option("--md", "markdown", is_flag=True, help="Markdown, for a pull request.")
@options.places
@options.output
def command(**given: Any) -> int:
    """Hold one run against another, or against a baseline: what regressed, what was fixed, how sure that is.

    BEFORE is a run or a baseline file, AFTER a run (default: the newest). Exit codes: 0 no regression,
    1 a scenario regressed, 2 wrong usage.

    \b
    harness compare reports/20260101-120000-000 reports/20260102-120000-000
    harness compare baselines/main.json
    harness compare reports/20260102-120000-000 --variants baseline,terse
    """
    from harness import saved
    from harness.reporting.compared import comparison_markdown, comparison_text

    sides = _sides(given.pop("before"), given.pop("after"), given.pop("variants"))
    markdown = given.pop("markdown")
    flags = {name: given.pop(name) for name in ("as_json", "quiet", "verbose", "no_color")}
    comparison = saved.compare(options.settings_of(given), *sides)
    if flags["as_json"]:
        click.echo(saved.as_json(comparison))
    elif markdown:
        click.echo(comparison_markdown(comparison), nl=False)
    elif flags["quiet"]:
        click.echo(comparison.sentence, err=True)
    else:
        click.echo(comparison_text(comparison), nl=False, err=True)
    return int(bool(comparison.regressed))


def _sides(before: Path, after: Path | None, variants: str | None) -> tuple[Path, Path | None, tuple[str, str] | None]:
    if variants is None:
        return before, after, None
    names = variants.split(",")
    if len(names) != 2 or not all(names):  # noqa: PLR2004 - one for each side
        raise UsageError(f"--variants {variants!r}", hint="two names, e.g. --variants baseline,terse")
    return before, after or before, (names[0], names[1])
