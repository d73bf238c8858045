"""The page people forward: one self-contained file that opens from disk and runs nothing but its own script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2.utils import htmlsafe_json_dumps

from harness.core.results import Mode
from harness.reporting.beside import besides
from harness.reporting.detail import detail_of
from harness.reporting.html.cards import CODES
from harness.reporting.html.chunks import PER_CHUNK, chunks
from harness.reporting.html.overview import CHANGE_CELLS, overview
from harness.reporting.html.rendering import ICONS, asset, policy, template
from harness.reporting.html.rows import attention_order, packed, table_rows
from harness.reporting.view import WORDS, Report, title

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.reporting.html.overview import Overview
    from harness.reporting.html.rows import TableRow

_STATIC_ROWS = 50
"""Rows that stand in the file itself, for readers without JavaScript."""

_DOT_WORDS = {"p": "passed", "f": "failed", "e": "could not judge", "n": "not reached", ".": "not asked"}


def render_page(report: Report) -> str:
    """The whole page. The same report gives the same bytes."""
    style, script = asset("style.css"), asset("script.js")
    rows = table_rows(report)
    order = attention_order(rows)
    shown = overview(report, rows)
    return template("page.html.j2").render(
        shown.values,
        report=report,
        policy=policy(style, script),
        style=style,
        script=script,
        data=htmlsafe_json_dumps(_data(report, rows, order, shown), ensure_ascii=False, separators=(",", ":")),
        chunks=chunks(_fragments(report)),
        rows=rows,
        static=[rows[place] for place in order[:_STATIC_ROWS]],
        dot_words=_DOT_WORDS,
        timing_note=_timing_note(report),
    )


def _data(report: Report, rows: Sequence[TableRow], order: Sequence[int], shown: Overview) -> dict[str, Any]:
    """What the page's script works with."""
    return {
        "rows": packed(rows),
        "order": order,
        "facets": shown.facets,
        "perChunk": PER_CHUNK,
        "words": {code: WORDS[verdict] for verdict, code in CODES.items()},
        "icons": ICONS,
        "dots": shown.values["dot_names"],
        "dotWords": _DOT_WORDS,
        "changes": CHANGE_CELLS,
        "title": title(report),
    }


def _fragments(report: Report) -> Iterator[str]:
    fragment = template("detail.html.j2")
    note = _timing_note(report)
    others = besides(report)
    for result in report.results:
        detail = detail_of(result, others.get(result.scenario.id))
        yield fragment.render(d=detail, code=CODES[detail.verdict], timing_note=note)


def _timing_note(report: Report) -> str:
    return "replay timings, not a model's" if report.run.info.mode is Mode.REPLAY else "as measured"
