"""reports/index.html: every run with its verdict, and how each layer went over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.verdicts import METRICS
from harness.core.files import write_text
from harness.reporting.history import PastRate, PastRun, comparable, of_kind, past_runs
from harness.reporting.html.cards import spark
from harness.reporting.html.rendering import asset, policy, template
from harness.reporting.view import CARDS, WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_TREND_LENGTH = 30


@dataclass(frozen=True, slots=True)
class Trend:
    """How a layer went over the last comparable runs."""

    label: str
    points: str
    latest: PastRate | None
    runs: int


def render_index(runs: Sequence[PastRun], *, live: bool = False) -> str:
    """The page that lists `runs`, newest first; a `live` one asks its server whether there are more."""
    style, script = asset("style.css"), asset("live.js") if live else ""
    return template("runs.html.j2").render(
        runs=runs[::-1],
        trends=[_trend(name, runs) for name in CARDS],
        cards=[(name, METRICS[name]) for name in CARDS],
        words=WORDS,
        policy=policy(style, script) + ("; connect-src 'self'" if live else ""),
        style=style,
        script=script,
    )


def write_index(folder: Path) -> Path:
    """Write index.html over all runs below `folder`."""
    return write_text(folder / "index.html", render_index(past_runs(folder)))


def _trend(name: str, runs: Sequence[PastRun]) -> Trend:
    """Of the runs that are of one kind with the newest."""
    complete = comparable(of_kind(runs, runs[-1].kind) if runs else ())[-_TREND_LENGTH:]
    found = [each.metrics.get(name) for each in complete]
    points = spark([each.rate if each else None for each in found])
    return Trend(METRICS[name], points, found[-1] if found else None, len(complete))
