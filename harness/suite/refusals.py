"""What `harness check` refuses, one example each: the reference shows them, and each is tried."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """A kind of error; `example` is a scenario, or with `whole` a file, that is refused with what begins as `says`."""

    what: str
    example: str
    says: str
    whole: bool = False

    @property
    def file(self) -> str:
        """The example as a whole file."""
        return self.example if self.whole else f"scenarios: [{self.example}]"


def _expecting(what: str, expect: str, says: str) -> Refusal:
    return Refusal(what, f"{{id: a, user: Hello., expect: {expect}}}", says)


REFUSALS = (
    Refusal("not YAML", "scenarios: [{id: a", "not valid YAML: ", whole=True),
    Refusal(
        "a value that YAML readers do not agree on",
        "{id: a, user: 12:30, expect: {tools: []}}",
        "12:30 is not the same number, or not a number, to every YAML reader",
    ),
    Refusal(
        "an unknown key",
        "{id: a, user: Hello., expct: {tools: []}}",
        "unknown key 'expct' in a scenario",
    ),
    Refusal("a key that is missing", "{user: Hello., expect: {tools: []}}", "a scenario needs `id`"),
    Refusal(
        "an id that is taken",
        "scenarios: [{id: a, user: Hello., expect: {tools: []}}, {id: a, user: Bye., expect: {tools: []}}]",
        "the id 'a' is taken by ",
        whole=True,
    ),
    _expecting(
        "a malformed matcher",
        "{tools: [process_refund: {amount: {between: [5, 1]}}]}",
        "process_refund: $.amount: `between` [5, 1] is empty: write the lower number first",
    ),
    _expecting("a malformed regular expression", "{answer: {matches: '('}}", "'(' is not a regular expression: "),
    _expecting(
        "an agent that there is not",
        "{specialist: BilingSpecialist}",
        "`specialist`: no agent is named 'BilingSpecialist'",
    ),
    _expecting("a tool that there is not", "{tools: [lookup_acount]}", "no tool is named 'lookup_acount'"),
    _expecting(
        "an argument that the tool does not have",
        "{tools: [get_invoice: {customer: C-1042}]}",
        "get_invoice has no argument 'customer'",
    ),
    _expecting(
        "a value that the tool's JSON schema refuses",
        "{tools: [process_refund: {amount: lots}]}",
        'process_refund never takes amount="lots": ',
    ),
    _expecting(
        "a tool that nobody under test calls",
        "{tools: [fetch_account]}",
        "nobody who is judged here can call 'fetch_account'",
    ),
    _expecting(
        "a caller that does not offer the tool",
        "{tools: [{tool: get_invoice, by: TechnicalSpecialist}]}",
        "`by`: TechnicalSpecialist does not offer get_invoice",
    ),
    _expecting(
        "`helper` where no agent is behind the tool",
        "{tools: [{tool: get_invoice, helper: [fetch_account]}]}",
        "`helper`: no agent stands behind get_invoice",
    ),
    Refusal(
        "a specialist that cannot be reached",
        "{id: a, agent: AccountLookup, user: Hello., expect: {specialist: BillingSpecialist}}",
        "`specialist`: BillingSpecialist cannot be reached from AccountLookup",
    ),
    _expecting(
        "an `after` tool of somebody who cannot escalate",
        "{escalation: {to: human, after: [fetch_account]}}",
        "`after`: fetch_account belongs to AccountLookup, who cannot escalate there",
    ),
    _expecting("a guardrail that there is not", "{guardrail: abuse}", "no guardrail is named 'abuse'"),
    _expecting(
        "a scorer that cannot be found",
        "{scorers: [no_such_module:tone]}",
        "`scorers`: the module of scorer 'no_such_module:tone' cannot be imported",
    ),
    Refusal(
        "an approval that nobody asks for",
        "{id: a, user: Hello., approvals: {get_invoice: approve}, expect: {tools: []}}",
        "`approvals`: get_invoice needs no approval",
    ),
    Refusal(
        "a history that is no end-to-end scenario",
        "{id: a, agent: BillingSpecialist, history: b, user: Hello., expect: {tools: []}}",
        "`history`: no scenario is named 'b'",
    ),
    Refusal(
        "a helper with a history or several turns",
        "{id: a, agent: AccountLookup, history: [{user: Hi.}], user: Hello., expect: {tools: []}}",
        "`history`: a helper is run alone, as a tool: it sees no conversation",
    ),
    Refusal("no expectation", "{id: a, user: Hello.}", "the scenario 'a' expects nothing"),
    _expecting("an expectation that can never fail", "{route: ['**']}", "`route: ['**']` can never fail"),
    _expecting(
        "expectations that rule each other out",
        "{tools: [get_invoice], forbidden_tools: [get_invoice]}",
        "get_invoice is expected and forbidden",
    ),
)
