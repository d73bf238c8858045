"""The words of the scenario language: every key once, with its meaning and the shape of its value.

The loader refuses what is not here, the JSON schema for editors and the reference in the docs are made from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.suite.shapes import Key, Shape, ref

if TYPE_CHECKING:
    from harness.core.trace import JSON

ORDER_ALIASES = {"strict": "exact", "unordered": "any_order", "superset": "superset", "subset": "subset"}
ORDER_MEANINGS = {
    "exact": "These calls in this order and no others. The default.",
    "in_order": "These calls in this order; others may come between.",
    "any_order": "These calls and no others, in whatever order.",
    "strict": "Other tools' name for `exact`.",
    "unordered": "Other tools' name for `any_order`.",
    "superset": "At least these calls, in whatever order.",
    "subset": "None but these calls, each of which may be missing.",
}
ORDERS = tuple(ORDER_MEANINGS)
COUNTS = ("succeeded", "all")
ESCALATIONS = ("none", "human", "back_to_triage")
LAYERS = ("triage", "specialist", "helper")
ARGUMENT_MODES = ("listed", "exact")
ROLES = ("user", "assistant")
GROUPS = ("any_order", "any_of", "optional")

ID_PATTERN = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?"
SPAN_PATTERN = r"\d{1,6}|\d{0,6}\.\.\d{1,6}|\d{1,6}\.\."


def _one_or_more(schema: JSON) -> JSON:
    return {"anyOf": [schema, {"type": "array", "items": schema, "minItems": 1}]}


def _list(schema: JSON, least: int = 1) -> JSON:
    return {"type": "array", "items": schema, "minItems": least}


_TEXT: JSON = {"type": "string"}
_NAME: JSON = {"type": "string", "minLength": 1}
_YES_NO: JSON = {"type": "boolean"}
_COUNT: JSON = {"type": "integer", "minimum": 0}
_AMOUNT: JSON = {"type": "number", "minimum": 0}
_POSITIVE: JSON = {"type": "integer", "minimum": 1}
_ANY_MAP: JSON = {"type": "object"}
_SPAN: JSON = {"anyOf": [_COUNT, {"type": "string", "pattern": f"^({SPAN_PATTERN})$"}, ref("span")]}

SPAN = Shape(
    "span",
    "a number of times",
    (Key("min", "At least this many.", _COUNT), Key("max", "At most this many.", _COUNT)),
)

_TOOLS: JSON = {"anyOf": [ref("tool"), {"type": "array", "items": ref("item")}]}

_LEVEL = (
    Key("tools", "The expected tool calls. `[]` means: no tool call at all.", _TOOLS),
    Key(
        "order",
        "How the calls made must follow the calls expected, see [the orders](#the-orders). Default: `exact`.",
        {"enum": list(ORDERS)},
    ),
    Key(
        "arguments",
        "`listed` (default): the arguments listed must fit. `exact`: arguments that are not listed are refused too.",
        {"enum": list(ARGUMENT_MODES)},
    ),
    Key(
        "count",
        "Which calls count as made: those that `succeeded` (default) or `all` that ran.",
        {"enum": list(COUNTS)},
    ),
    Key("ignore_tools", "Calls of these tools are neither expected nor unexpected.", _one_or_more(ref("tool"))),
)

HELPER = Shape(
    "helper",
    "`helper`",
    (
        Key(_LEVEL[0].name, _LEVEL[0].meaning, _LEVEL[0].schema, required=True),
        *_LEVEL[1:],
        Key("forbidden_tools", "Tools the helper must not call.", _one_or_more(ref("tool"))),
    ),
    short=({"type": "array", "items": ref("item")},),
)

CALL = Shape(
    "call",
    "an expected call",
    (
        Key("tool", "The tool's name.", ref("tool"), required=True),
        Key("by", "Who must make the call: an agent, or a list of which any will do.", _one_or_more(ref("agent"))),
        Key("times", "How often: `2`, `1..2`, `1..` or `{min: 1, max: 2}`. Default: once.", _SPAN),
        Key("arguments", "Argument names with the values or matchers they must fit.", _ANY_MAP),
        Key("exact", "Refuse arguments that are not listed.", _YES_NO),
        Key("helper", "What the helper agent behind this tool does inside.", ref("helper")),
    ),
)

GROUP = Shape(
    "group",
    "a group of expected calls",
    (
        Key("any_order", "These calls, in whatever order among themselves.", _list(ref("item"))),
        Key("any_of", "One of these sequences of calls.", _list({"anyOf": [ref("item"), _list(ref("item"))]})),
        Key("optional", "Calls that may be made, each or none.", {"anyOf": [ref("item"), _list(ref("item"))]}),
    ),
    one_of=GROUPS,
)

ESCALATION = Shape(
    "escalation",
    "`escalation`",
    (
        Key("to", "Where the conversation must go.", {"enum": list(ESCALATIONS)}, required=True),
        Key("after", "Tools that must have been called first.", _one_or_more(ref("tool"))),
    ),
    short=({"enum": list(ESCALATIONS)},),
)

JUDGE = Shape(
    "judge",
    "`judge`",
    (
        Key("rubric", "What must hold, in words.", _NAME, required=True),
        Key("decides", "Let the judge's answer decide; otherwise it only advises.", _YES_NO),
    ),
    short=(_NAME,),
)

ANSWER = Shape(
    "answer",
    "`answer`",
    (
        Key("contains", "Texts that must appear.", _one_or_more(_NAME)),
        Key("not_contains", "Texts that must not appear.", _one_or_more(_NAME)),
        Key("matches", "Regular expressions that must be found.", _one_or_more(_NAME)),
        Key("equals", "The whole answer.", _TEXT),
        Key("numbers", "Amounts that must appear, however formatted.", _one_or_more({"type": "number"})),
        Key(
            "grounded_in",
            "Amounts, ids and dates of the answer come from these tools' outputs or from the user.",
            _one_or_more(ref("tool")),
        ),
        Key("judge", "A rubric for a model to judge by; it advises, or with `decides: true` decides.", ref("judge")),
    ),
)

LIMITS = Shape(
    "limits",
    "`limits`",
    (
        Key("model_calls", "Requests to models, helpers included.", _COUNT),
        Key("tool_calls", "Tool calls.", _COUNT),
        Key("tokens", "Input and output tokens together.", _COUNT),
        Key("cost_usd", "US dollars.", _AMOUNT),
        Key("seconds", "Wall-clock seconds; judged in live runs only.", _AMOUNT),
        Key("handoffs", "Transfers of the conversation.", _COUNT),
    ),
)

_JUDGED = (
    Key(
        "specialist",
        "Who owns the conversation at the end: an agent, or a list of which any will do.",
        _one_or_more(ref("agent")),
    ),
    Key(
        "route",
        "The agents that held the conversation, in order. `'*'` stands for any one agent, `'**'` for any number.",
        _one_or_more({"anyOf": [ref("agent"), {"enum": ["*", "**"]}]}),
    ),
    *_LEVEL,
    Key("forbidden_tools", "Tools that nobody may call.", _one_or_more(ref("tool"))),
    Key("escalation", "`none`, `human`, `back_to_triage`, or `{to: human, after: [tool]}`.", ref("escalation")),
    Key("answer", "What the text left with the user is like.", ref("answer")),
    Key(
        "clarifying_questions",
        "How many the triage agent may ask: `{max: 1}`, `0..1`, or an exact number.",
        _SPAN,
    ),
    Key("guardrail", "The guardrail that must trip, or `none`.", ref("guardrail")),
    Key("limits", "Upper limits.", ref("limits")),
    Key(
        "scorers",
        "Scorers of your own, as `module:function` with options: a list of names, or names with their options.",
        {"anyOf": [{"type": "object"}, _list(_NAME)]},
    ),
)

TURN_EXPECT = Shape("turn_expect", "a turn's `expect`", _JUDGED)

EXPECT = Shape(
    "expect",
    "`expect`",
    (
        *_JUDGED,
        Key("state", "The end state of the system's context, matched like arguments.", True),
    ),
)

TURN = Shape(
    "turn",
    "a turn",
    (
        Key("user", "What the user says.", _TEXT, required=True),
        Key("expect", "What is expected of the answer to it.", ref("turn_expect")),
    ),
    short=(_TEXT,),
)

MESSAGE = Shape(
    "message",
    "a message of the history",
    (
        Key("role", "Who said it.", {"enum": list(ROLES)}, required=True),
        Key("content", "What was said.", _TEXT, required=True),
    ),
    short=tuple(
        {"type": "object", "properties": {role: _TEXT}, "required": [role], "additionalProperties": False}
        for role in ROLES
    ),
)

QUARANTINE = Shape(
    "quarantine",
    "`quarantine`",
    (
        Key("until", "The last day it holds, as 2026-12-31.", {"type": "string", "format": "date"}, required=True),
        Key("reason", "Why.", _NAME, required=True),
        Key("owner", "Who looks after it.", _NAME),
    ),
)

_ANSWERS: JSON = {"type": "object", "additionalProperties": {"enum": [True, False, "approve", "reject"]}}

INHERITED = (
    Key("tags", "Words to select by. Those of `defaults` are added to.", _one_or_more(_NAME)),
    Key(
        "system", "The agents under test, as `module:attribute`.", {"type": "string", "pattern": "^[^:\\s]+:[^:\\s]+$"}
    ),
    Key("agent", "Where the run starts. Default: the system's entry agent.", ref("agent")),
    Key("layer", "The layer under test, instead of what the agent graph says.", {"enum": list(LAYERS)}),
    Key("approvals", "Answers to tool calls that need approval: `approve` or `reject` for each tool.", _ANSWERS),
    Key("context", "Handed to the system's context factory.", _ANY_MAP),
    Key("trials", "How often to run it. Default: 1.", _POSITIVE),
    Key("pass", "How many of the trials must pass. Default: all.", _POSITIVE),
    Key("quarantine", "Run and show it, but keep it out of the gate for a while.", ref("quarantine")),
    Key("recorded_tools", "Answer function tools from the recording instead of running them.", _YES_NO),
    Key("seed", "What Python's chance (`random`, numpy) is drawn from. Kept in the recording.", _COUNT),
    Key(
        "clock",
        "A moment, as 2026-01-31T12:00:00+00:00, at which the clock stands still; `recorded`: that of the recording.",
        _NAME,
    ),
    Key("draft", "Made by `harness derive`, not yet read by a person.", _YES_NO),
    Key("expect", "What is expected of the whole conversation.", ref("expect")),
)

DEFAULTS = Shape("defaults", "`defaults`", INHERITED)

SCENARIO = Shape(
    "scenario",
    "a scenario",
    (
        Key(
            "id",
            "Its name, unique in the suite and used as a file name.",
            {"type": "string", "pattern": f"^{ID_PATTERN}$"},
            required=True,
        ),
        Key("description", "What it is about, for people.", _TEXT),
        Key("user", "Short for a conversation of one turn.", _TEXT),
        Key("conversation", "The user's messages, turn by turn.", _list(ref("turn"))),
        Key(
            "history",
            "What was said before: messages, or the id of an end-to-end scenario whose recorded prefix comes first.",
            {"anyOf": [_NAME, _list(ref("message"))]},
        ),
        *INHERITED,
    ),
    one_of=("user", "conversation"),
)

FILE = Shape(
    "file",
    "a scenario file",
    (
        Key("scenarios", "The scenarios.", _list(ref("scenario")), required=True),
        Key("defaults", "What they inherit.", ref("defaults")),
    ),
)

SHAPES = (
    FILE,
    SCENARIO,
    DEFAULTS,
    TURN,
    MESSAGE,
    EXPECT,
    TURN_EXPECT,
    CALL,
    GROUP,
    HELPER,
    ESCALATION,
    ANSWER,
    JUDGE,
    SPAN,
    LIMITS,
    QUARANTINE,
)

_VALUES: JSON = {"type": "array"}

MATCHERS = (
    Key("any", "Whatever it is, but it must be there: `{any: true}`.", {"const": True}),
    Key("absent", "It must not be there: `{absent: true}`.", {"const": True}),
    Key("one_of", "Fits one of these values or matchers.", {"type": "array", "minItems": 1}),
    Key("not", "Does not fit this value or matcher.", True),
    Key("matches", "A regular expression is found in it.", _NAME),
    Key("contains", "A text with this part, or a list with this item.", True),
    Key("approx", "A number at most `tolerance` (default 0.01) away.", {"type": "number"}),
    Key("between", "A number from the first to the second, both included.", {**_VALUES, "minItems": 2, "maxItems": 2}),
    Key("length", "A text, list or mapping of this length.", True),
    Key("items", "A list of these; with `order: any` in whatever order.", _VALUES),
    Key("partial", "A mapping with at least these keys.", {"type": "object", "minProperties": 1}),
    Key("case_insensitive", "This text, upper and lower case set aside.", _NAME),
    Key("date", "This calendar day, with or without a time.", _NAME),
    Key("from", "A value that occurs in what this tool answered earlier.", ref("tool")),
    Key("literal", "Exactly this value, even where it looks like a matcher.", True),
)
"""Argument matchers by name. What they do is in `harness.scoring.matchers`."""

MATCHER_OPTIONS = (
    Key("tolerance", "With `approx`: how far off it may be.", _AMOUNT),
    Key("order", "With `items`: `exact` (default) or `any`.", {"enum": ["exact", "any"]}),
)
