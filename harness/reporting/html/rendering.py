"""Templates and assets of the pages, and the policy that lets nothing else in."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from harness.core.results import Verdict
from harness.reporting.clean import finalize, soft
from harness.reporting.compared import EFFORTS
from harness.reporting.html.cards import CODES
from harness.reporting.numbers import count, cut, moment, percent, plural, points
from harness.reporting.trajectory import MARKS
from harness.reporting.view import SIGNS, WORDS

if TYPE_CHECKING:
    from jinja2 import Template

_HERE = Path(__file__).parent
ICONS = {code: SIGNS[verdict] for verdict, code in CODES.items()} | {".": "."}
"""Signs by short code, `.` for what was not asked."""


def template(name: str) -> Template:
    """A template by file name."""
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=finalize,
    )
    environment.filters |= {
        "count": count,
        "moment": moment,
        "percent": percent,
        "cut": cut,
        "plural": plural,
        "soft": soft,
        "points": points,
        "effort": _effort,
    }
    environment.globals |= {
        "codes": CODES,
        "icons": ICONS,
        "mark_words": {sign: fit.value.replace("_", " ") for fit, sign in MARKS.items()} | {".": "not judged"},
        "score_words": {**WORDS, Verdict.NOT_APPLICABLE: "not applicable"},
    }
    return environment


def _effort(value: float | None, name: str) -> str:
    return "-" if value is None else EFFORTS[name][1](value)


@cache
def asset(name: str) -> Markup:
    """The text of one of our own files."""
    return Markup((_HERE / name).read_text(encoding="utf-8"))  # noqa: S704 - trusted: it ships with this module


def policy(style: str, script: str = "") -> str:
    """Nothing may load or run but what the page holds, named by its hash."""
    allowed = [f"style-src {_hash(style)}", *([f"script-src {_hash(script)}"] if script else []), "img-src data:"]
    return "; ".join(("default-src 'none'", "base-uri 'none'", "form-action 'none'", *allowed))


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
