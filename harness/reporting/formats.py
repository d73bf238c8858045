"""Every format a report can be written in: a function from a `Report` to text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.core.files import write_text
from harness.errors import UsageError, did_you_mean
from harness.plugins import function_named
from harness.reporting.ctrf import render_ctrf
from harness.reporting.github import render_annotations, render_step_summary
from harness.reporting.gitlab import render_code_quality, render_open_metrics
from harness.reporting.html.page import render_page
from harness.reporting.junit import render_junit, render_junit_strict
from harness.reporting.markdown import render_markdown
from harness.reporting.summary import render_summary
from harness.reporting.text import render_text

if TYPE_CHECKING:
    from pathlib import Path

    from harness.reporting.view import Report

Reporter = Callable[["Report"], str]
"""Renders a report; `module:function` names somebody else's."""


@dataclass(frozen=True, slots=True)
class Format:
    """A reporter and the file its text goes into."""

    render: Reporter
    file: str


REPORTERS: Mapping[str, Format] = {
    "html": Format(render_page, "index.html"),
    "junit": Format(render_junit, "junit.xml"),
    "junit-strict": Format(render_junit_strict, "junit-strict.xml"),
    "json": Format(render_summary, "summary.json"),
    "md": Format(render_markdown, "report.md"),
    "text": Format(render_text, "report.txt"),
    "github": Format(render_annotations, "annotations.txt"),
    "github-summary": Format(render_step_summary, "step-summary.md"),
    "gitlab-metrics": Format(render_open_metrics, "metrics.txt"),
    "gitlab-quality": Format(render_code_quality, "gl-code-quality.json"),
    "ctrf": Format(render_ctrf, "ctrf.json"),
}
"""Formats by name."""

USUAL = ("html", "junit", "json")
"""What every run is written as."""


def format_named(name: str) -> Format:
    """One of `REPORTERS`, or the function that `module:function` names. Raises UsageError when there is neither."""
    if name in REPORTERS:
        return REPORTERS[name]
    if ":" not in name:
        raise UsageError(f"unknown report format {name!r}", hint=did_you_mean(name, REPORTERS))
    return Format(function_named(name, "reporter"), f"{name.partition(':')[2]}.txt")


def write(report: Report, folder: Path, names: Iterable[str] = USUAL) -> tuple[Path, ...]:
    """Write each format into `folder` and say where; a file is replaced whole or not at all."""
    return tuple(write_text(folder / each.file, each.render(report)) for each in map(format_named, names))
