"""What TechnicalDiagnostics and KnowledgeBaseSearch work with: plain functions, made into tools by their owners."""

import json
from typing import Literal, TypeAlias

from agents import RunContextWrapper

from agents_under_test.support import knowledge
from agents_under_test.support.context import SupportContext

ServiceName: TypeAlias = Literal["api", "dashboard", "exports", "login", "mobile app", "sync"]


async def match_symptoms(context: RunContextWrapper[SupportContext], symptoms: str) -> str:
    """Match a description of a technical problem against known causes; the likeliest cause comes first, with steps.

    Args:
        context: The conversation's records.
        symptoms: What goes wrong, in plain words, for example "the app crashes when I upload photos".
    """
    causes = knowledge.match_symptoms(context.context.database, symptoms)
    return json.dumps({"likely_causes": causes}) if causes else "NO_LIKELY_CAUSE: nothing known fits these symptoms."


async def check_service_status(context: RunContextWrapper[SupportContext], service: ServiceName) -> str:
    """Check whether one of our services has an open incident (an outage) at the moment.

    Args:
        context: The conversation's records.
        service: The service to check.
    """
    incident = context.context.database.incident(service)
    return f"INCIDENT: {incident}." if incident else f"OPERATIONAL: {service} has no open incident."


async def search_articles(context: RunContextWrapper[SupportContext], query: str) -> str:
    """Search the help articles; the three best are returned with title, summary and link.

    Args:
        context: The conversation's records.
        query: A few words on the subject, for example "share a folder".
    """
    articles = knowledge.search_articles(context.context.database, query)
    return json.dumps({"articles": articles}) if articles else "NO_ARTICLE: no help article fits."
