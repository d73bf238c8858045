"""Full-text search over articles and symptoms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents_under_test.support.knowledge import TOP, match_symptoms, search_articles

if TYPE_CHECKING:
    from agents_under_test.support.database import Database


@pytest.mark.parametrize(
    ("question", "article"),
    [
        ("How do I share a folder with someone outside my team?", "kb-101"),
        ("Does Nimbus have a dark mode?", "kb-111"),
        ("How do we set up single sign-on with Okta?", "kb-103"),
        ("Is there a way to work offline with the mobile app?", "kb-105"),
        ("SHARING FOLDERS", "kb-101"),
    ],
)
def test_the_article_that_answers_comes_first(database: Database, question: str, article: str) -> None:
    assert search_articles(database, question)[0]["link"] == f"https://help.nimbus.example/{article}"


def test_an_article_has_title_summary_and_link_and_there_are_three_at_most(database: Database) -> None:
    found = search_articles(database, "file folder app sync settings admin")
    assert len(found) == TOP
    assert all(set(article) == {"title", "summary", "link"} for article in found)


@pytest.mark.parametrize(
    ("symptoms", "cause"),
    [
        ("the app crashes when I open it", "A damaged local cache"),
        ("it crashed while uploading large videos", "The upload runs out of memory"),
        ("error 429", "The rate limit of 60 requests a minute is exceeded"),
        ("locked out, password not accepted", "The account is locked after five wrong passwords"),
    ],
)
def test_the_likeliest_cause_comes_first(database: Database, symptoms: str, cause: str) -> None:
    causes = match_symptoms(database, symptoms)
    assert causes[0]["cause"] == cause
    assert [each["rank"] for each in causes] == list(range(1, len(causes) + 1))


@pytest.mark.parametrize("nothing", ["origami dragons", "", "???", "how do I"])
def test_nothing_is_found_rather_than_anything(database: Database, nothing: str) -> None:
    assert search_articles(database, nothing) == []
    assert match_symptoms(database, nothing) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text())
def test_any_text_can_be_searched_for(database: Database, text: str) -> None:
    assert len(search_articles(database, text)) <= TOP
    assert len(match_symptoms(database, f'{text} AND NOT "(*')) <= TOP
