"""A small bank, for scenarios that use every word of the language: front desk, cards, loans, a manager, a ledger."""
from dataclasses import dataclass, field
from typing import Any
from agents import Agent, RunContextWrapper, function_tool, handoff, input_guardrail, GuardrailFunctionOutput
from harness.system.loading import System

@dataclass
class Desk:
    owner: str = "A-77"
    blocked: list = field(default_factory=list)
    paid: list = field(default_factory=list)

@function_tool
def balance(account: str) -> str:
    """Balance of an account."""
    return '{"account": "%s", "balance": 1234.5, "since": "2026-03-01"}' % account

@function_tool
def jot(text: str) -> str:
    """Jot a remark down in the margin."""
    return "jotted"


@function_tool
def erase(account: str) -> str:
    """Erase an account from the books."""
    return f"erased {account}"


@function_tool
def block_card(context: RunContextWrapper[Desk], card: str, reason: str = "lost", notify: bool = True) -> str:
    """Block a card for good."""
    if card.startswith("X"):
        raise ValueError("no such card")
    context.context.blocked.append({"card": card, "reason": reason})
    return f"blocked {card}"

@function_tool(needs_approval=True)
def pay_out(context: RunContextWrapper[Desk], account: str, amount: float) -> str:
    """Pay money out."""
    context.context.paid.append({"account": account, "amount": amount})
    return f"paid {amount} to {account}"

@function_tool(strict_mode=False)
def rates(items: list[dict[str, Any]] | None = None, options: dict[str, Any] | None = None) -> str:
    """Rates for what is asked."""
    return "3.5%"

@input_guardrail
async def swearing(context, agent, given):
    text = given if isinstance(given, str) else str(given)
    return GuardrailFunctionOutput(output_info=None, tripwire_triggered="damn" in text.lower())

ledger = Agent(name="Ledger", instructions="LEDGER keeper", tools=[balance, jot, erase])
manager = Agent(name="Manager", instructions="MANAGER, a person", handoff_description="A person.")
cards = Agent(name="Cards", instructions="CARDS desk", handoff_description="Lost cards",
              tools=[block_card, ledger.as_tool("ask_ledger", "Ask about accounts"), pay_out], handoffs=[manager])
loans = Agent(name="Loans", instructions="LOANS desk", handoff_description="Loans and rates",
              tools=[rates, ledger.as_tool("ask_ledger", "Ask about accounts")], handoffs=[manager])
front = Agent(name="Front", instructions="FRONT desk", handoffs=[cards, loans, manager], input_guardrails=[swearing])
cards.handoffs.append(front); loans.handoffs.append(front)

def system():
    return System(entry=front, context=lambda values: Desk(**values), escalation=(manager,),
                  state=lambda d: {"blocked": d.blocked, "paid": d.paid})
