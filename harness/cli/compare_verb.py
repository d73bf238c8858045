"""`harness compare`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli import options
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.config import Settings
    from harness.reporting.side_by_side import Pair


@click.command("compare")
@click.argument("before", required=False, type=click.Path(path_type=Path))
@click.argument("after", required=False, type=click.Path(path_type=Path))
@click.option("--variants", metavar="A,B,...", help="Variants against the first; `baseline` is the system as it is.")
@click.option("--html", "page", type=click.Path(path_type=Path), help="Where to write the page, if not beside AFTER's.")
@click.option("--md", "markdown", is_flag=True, help="Markdown, for a pull request.")
@options.places
@options.output
def command(**given: Any) -> int:
    """Hold one run against another, or against a baseline: what regressed, what was fixed, how sure that is.

    BEFORE is a run or a baseline file, AFTER a run (default: the newest). With --variants the newest run of each is
    taken, or with BEFORE what each did in that run. Writes a page with both trajectories of each scenario that turned.
    Exit codes: 0 no regression, 1 a scenario regressed, 2 wrong usage.

    \b
    harness compare reports/20260101-120000-000 reports/20260102-120000-000
    harness compare baselines/main.json
    harness compare --variants baseline,terse,strict
    """
    from harness import saved
    from harness.reporting.compared import comparison_markdown, comparison_text

    asked = {name: given.pop(name) for name in ("before", "after", "variants", "markdown", "page")}
    flags = {name: given.pop(name) for name in ("as_json", "quiet", "verbose", "no_color")}
    pairs = _pairs(options.settings_of(given), asked["before"], asked["after"], asked["variants"])
    comparisons = [each.comparison for each in pairs]
    if asked["page"] or not (flags["as_json"] or asked["markdown"]):
        written = saved.write_comparison(pairs, asked["page"])
    if flags["as_json"]:
        click.echo(saved.as_json(comparisons[0] if len(comparisons) == 1 else comparisons))
    elif asked["markdown"]:
        click.echo(comparison_markdown(*comparisons), nl=False)
    elif flags["quiet"]:
        click.echo("\n".join(each.sentence for each in comparisons), err=True)
    else:
        click.echo(f"{comparison_text(*comparisons)}page: {written.resolve().as_uri()}", err=True)
    return int(any(each.regressed for each in comparisons))


def _pairs(settings: Settings, before: Path | None, after: Path | None, variants: str | None) -> tuple[Pair, ...]:
    from harness import saved

    if variants is None:
        if before is None:
            raise UsageError("nothing to compare", hint="name a run or a baseline file, or --variants A,B")
        return saved.compare(settings, before, after)
    names = tuple(variants.split(","))
    if len(set(names)) < 2 or len(set(names)) < len(names) or not all(names):  # noqa: PLR2004 - one for each side
        raise UsageError(f"--variants {variants!r}", hint="two or more names, e.g. --variants baseline,terse")
    if after is not None:
        raise UsageError("--variants takes one run at most", hint="leave the second one out")
    return saved.compare_variants(settings, names, before)
