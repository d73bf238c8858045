"""The helper agents: stateless, on a cheap model, each with one narrow job, called as tools by the specialists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents import Agent, function_tool

from agents_under_test.support import account_tools, billing_tools, technical_tools

if TYPE_CHECKING:
    from agents_under_test.support.context import SupportContext

MODEL = "gpt-4o-mini"

_ACCOUNT_LOOKUP = """\
You look up customer accounts for a support specialist. You see one request at a time and nothing before it.

- If the request has a customer id: call `fetch_account`.
- If the request has an e-mail address and no customer id: call `find_account_by_email`.
- If the request is about charges, payments, refunds or being charged twice: call `fetch_account`, then \
`list_charges`.
- If the request has neither a customer id nor an e-mail address: call no tool and ask for the \
customer id or the e-mail address.

Answer with the facts the tools returned: customer id, plan, status, and the charges when you listed them. Never \
guess. If a tool result contains NOT_FOUND, say that no such account exists."""

_PRORATION_CALCULATOR = """\
You work out prices for a support specialist. You see one request at a time and nothing before it.

- If the request is about changing to another plan (upgrade, downgrade, switch, move): call \
`compute_plan_change`.
- If the request is about cancelling or ending the subscription: call `compute_cancellation`.
- If the request asks what the plans cost or which plans there are: call `list_plans`.

Never compute amounts yourself. Answer with the amounts the tool returned: what is due today, or the credit."""

_TECHNICAL_DIAGNOSTICS = """\
You diagnose technical problems for a support specialist. You see one request at a time and nothing before it.

- Always call `match_symptoms` first, with the problem in the customer's words.
- If the request is about a service that is down, unavailable or not reachable (an outage): call \
`match_symptoms`, then `check_service_status`.

Answer with the likely causes in the order returned, each with its steps. If a tool result contains INCIDENT, \
put the incident first. If a tool result contains NO_LIKELY_CAUSE, say NO_LIKELY_CAUSE. Never invent a cause."""

_KNOWLEDGE_BASE_SEARCH = """\
You search the help articles for a support specialist. You see one request at a time and nothing before it.

- Always call `search_articles` once, with the subject of the request.

Answer with the articles in the order returned, at most three, each with title, summary and link. If the tool \
result contains NO_ARTICLE, say that no article was found. Never invent a link."""


def account_lookup() -> Agent[SupportContext]:
    """Finds an account and its charges."""
    return Agent(
        name="AccountLookup",
        model=MODEL,
        instructions=_ACCOUNT_LOOKUP,
        tools=[
            function_tool(account_tools.fetch_account),
            function_tool(account_tools.find_account_by_email),
            function_tool(account_tools.list_charges),
        ],
    )


def proration_calculator() -> Agent[SupportContext]:
    """Works out what plan changes and cancellations cost or give back."""
    return Agent(
        name="ProrationCalculator",
        model=MODEL,
        instructions=_PRORATION_CALCULATOR,
        tools=[
            function_tool(billing_tools.compute_plan_change),
            function_tool(billing_tools.compute_cancellation),
            function_tool(billing_tools.list_plans),
        ],
    )


def technical_diagnostics() -> Agent[SupportContext]:
    """Ranks likely causes of a technical problem."""
    return Agent(
        name="TechnicalDiagnostics",
        model=MODEL,
        instructions=_TECHNICAL_DIAGNOSTICS,
        tools=[
            function_tool(technical_tools.match_symptoms),
            function_tool(technical_tools.check_service_status),
        ],
    )


def knowledge_base_search() -> Agent[SupportContext]:
    """Finds the help articles that fit best."""
    return Agent(
        name="KnowledgeBaseSearch",
        model=MODEL,
        instructions=_KNOWLEDGE_BASE_SEARCH,
        tools=[function_tool(technical_tools.search_articles)],
    )
