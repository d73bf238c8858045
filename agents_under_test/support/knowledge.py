"""Full-text search (SQLite FTS5) over help articles and known symptoms."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agents_under_test.support.database import Database, Record

TOP = 3

_COMMON_WORDS = (
    "a about an and any are as at be by can could did do does for from get has have he help how i if in into is it its "
    "just me my no not of on or our please she so that the their them there they this to too up us was we were what "
    "when where which who why will with would you your"
)
_COMMON = frozenset(_COMMON_WORDS.split())


def search_articles(database: Database, query: str) -> list[Record]:
    """The three best articles for a query, the best first; none when no word of it occurs."""
    found = database.rows(
        """SELECT article_id, title, summary FROM articles WHERE articles MATCH :terms
           ORDER BY bm25(articles, 0, 8, 4, 1), article_id LIMIT :top""",
        terms=_terms(query),
        top=TOP,
    )
    return [
        {"title": row["title"], "summary": row["summary"], "link": f"https://help.nimbus.example/{row['article_id']}"}
        for row in found
    ]


def match_symptoms(database: Database, symptoms: str) -> list[Record]:
    """The three likeliest causes of what is described, the likeliest first."""
    found = database.rows(
        """SELECT cause, steps, service FROM symptoms WHERE symptoms MATCH :terms
           ORDER BY bm25(symptoms), rowid LIMIT :top""",
        terms=_terms(symptoms),
        top=TOP,
    )
    return [{"rank": rank, **row} for rank, row in enumerate(found, start=1)]


def _terms(text: str) -> str:
    """An FTS5 query that matches any telling word of `text`; quoted, so that no word is taken for an operator."""
    words = dict.fromkeys(re.findall(r"\w+", text.lower()))
    telling = [word for word in words if word not in _COMMON]
    return " OR ".join(f'"{word}"' for word in telling) or '""'
