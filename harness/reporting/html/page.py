"""The page people forward: one self-contained file that opens from disk and runs nothing but its own script."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from harness.core.results import Mode, Verdict
from harness.reporting.clean import finalize
from harness.reporting.detail import detail_of
from harness.reporting.html.cards import CODES, ICONS
from harness.reporting.html.chunks import PER_CHUNK, chunks
from harness.reporting.html.overview import CHANGE_CELLS, overview
from harness.reporting.html.rows import attention_order, packed, table_rows
from harness.reporting.numbers import count, cut, percent, plural
from harness.reporting.trajectory import MARKS
from harness.reporting.view import WORDS, Report, title

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_HERE = Path(__file__).parent
_STATIC_ROWS = 50
_BY_CODE = {code: ICONS[verdict] for verdict, code in CODES.items()} | {".": "."}
_DOT_WORDS = {"p": "passed", "f": "failed", "e": "could not judge", "n": "not reached", ".": "not asked"}
_MARK_WORDS: Mapping[str, str] = {sign: fit.value.replace("_", " ") for fit, sign in MARKS.items()} | {
    ".": "not judged"
}
_SCORE_WORDS = {**WORDS, Verdict.NOT_APPLICABLE: "not applicable"}


def render_page(report: Report) -> str:
    """The whole page. The same report gives the same bytes."""
    style, script = _asset("style.css"), _asset("script.js")
    rows = table_rows(report)
    order = attention_order(rows)
    shown = overview(report, rows)
    data = {
        "rows": packed(rows),
        "order": order,
        "facets": shown.facets,
        "perChunk": PER_CHUNK,
        "words": {code: WORDS[verdict] for verdict, code in CODES.items()},
        "icons": _BY_CODE,
        "dots": shown.values["dot_names"],
        "dotWords": _DOT_WORDS,
        "changes": CHANGE_CELLS,
        "title": title(report),
    }
    return (
        _environment(_timing_note(report))
        .get_template("page.html.j2")
        .render(
            shown.values,
            report=report,
            policy=_policy(style, script),
            style=Markup(style),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
            data=htmlsafe_json_dumps(data, ensure_ascii=False, separators=(",", ":")),
            chunks=chunks(_fragments(report)),
            rows=rows,
            static=[rows[place] for place in order[:_STATIC_ROWS]],
            dot_words=_DOT_WORDS,
        )
    )


def _fragments(report: Report) -> Iterator[str]:
    template = _environment(_timing_note(report)).get_template("detail.html.j2")
    for result in report.results:
        detail = detail_of(result)
        yield template.render(d=detail, code=CODES[detail.verdict])


def _timing_note(report: Report) -> str:
    replayed = report.run.info.mode is Mode.REPLAY
    return "replay timings, not a model's" if replayed else "as measured"


@cache
def _environment(timing_note: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=finalize,
    )
    environment.filters |= {"count": count, "percent": percent, "cut": cut, "plural": plural}
    shared: dict[str, Any] = {
        "codes": CODES,
        "icons": _BY_CODE,
        "mark_words": _MARK_WORDS,
        "score_words": _SCORE_WORDS,
        "timing_note": timing_note,
    }
    environment.globals |= shared
    return environment


@cache
def _asset(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Nothing may load or run but what this file holds, named by its hash."""
    sources = {"style-src": _hash(style), "script-src": _hash(script), "img-src": "data:"}
    closed = "default-src 'none'; base-uri 'none'; form-action 'none'"
    return "; ".join((closed, *(f"{kind} {source}" for kind, source in sources.items())))


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
