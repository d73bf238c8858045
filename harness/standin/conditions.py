"""The conditions of rules: what an `If ...` says, and whether it holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.standin.identifiers import Kind
from harness.standin.values import fields
from harness.standin.words import Weights, met, stems

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.standin.situation import Situation

_TOKEN = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b|\b[A-Z]{5,}\b")
_QUOTE = re.compile(r"[\"“]([^\"”]+)[\"”]")
_SPLIT = re.compile(r"[,;:()]|\b(?:or|and|but|nor)\b")
_OF_RESULT = re.compile(
    r"\b(?:results?|outputs?|tools?|returns?|returned|answers|responds|look-?up|comes back|shows?)\b"
)
_OF_MESSAGE = re.compile(r"\b(?:customer|user|caller|client|message|question|they|request)\b", re.IGNORECASE)
_VALUE = re.compile(
    r"`(\w+)`\s+(?:is|equals|=|are|was)\s+(not\s+)?(above|over|more than|below|under|less than)?\s*[`\"“$]*([\w.-]+)"
)
_AMOUNT = re.compile(
    r"\b(above|over|more than|exceed\w*|below|under|less than|up to|at most)\s+\$\s?([\d,]+(?:\.\d+)?)"
)
_SPOKEN = re.compile(r"\$\s?([\d,]+(?:\.\d+)?)")
_HAS = re.compile(
    r"\b(?:has|have|gave|given|gives?|contains?|includes?|mentions?|names?|named|states?|provided?|provides|no|without"
    r"|lacks|missing|known|unknown|there is)\b"
)
_ABSENT = re.compile(r"\b(?:neither|nor|no|not|without|lacks?|missing|unknown)\b|n't\b", re.IGNORECASE)
_AMBIGUOUS = re.compile(
    r"\bambig|\bunclear\b|\bvague\b|\bnot clear\b|(?:does not|doesn't|do not) (?:say|tell|make (?:it )?clear)"
    r"|\bcannot tell\b|\bcan't tell\b|\bnot sure\b|\bunsure\b|could be either|could mean",
    re.IGNORECASE,
)
_MISSING = re.compile(r"\s+(?:is|are|was)\s+(?:missing|unknown|not\b)")
_ONLY = re.compile(r"\b(?:only|just|merely)\s+(?:says?|writes?|thanks)\b", re.IGNORECASE)
_LATEST = re.compile(r"\b(?:latest|last|newest|current|now)\b", re.IGNORECASE)
_DEMAND = re.compile(r"\b(?:asks? (?:for|to)|demands?|insists?|threatens?|wants to (?:speak|talk))\b", re.IGNORECASE)
_ENOUGH = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What has to be so. Everything that is set has to hold.

    `topics` are alternatives, each a set of stems looked for in the user's messages. `tokens` are texts of which one
    has to be in a tool output. `values` compare a field of an output, `amount` an amount the user named. `given` says
    which identifiers the user has to have given (or not). `ambiguous` holds only when the policy finds the message
    ambiguous.
    """

    text: str = ""
    topics: tuple[tuple[str, ...], ...] = ()
    tokens: tuple[str, ...] = ()
    called: tuple[str, ...] = ()
    values: tuple[tuple[str, str, str], ...] = ()
    amount: tuple[str, float] | None = None
    given: tuple[tuple[Kind, bool], ...] = ()
    ambiguous: bool = False
    negated: bool = False

    @property
    def of_result(self) -> bool:
        """Whether it asks what a tool returned or which was called."""
        return bool(self.tokens or self.values or self.called)

    @property
    def is_demand(self) -> bool:
        """Whether it is about something the user asks for outright."""
        return _DEMAND.search(self.text) is not None

    @property
    def latest_only(self) -> bool:
        """Whether only the last message counts."""
        return _LATEST.search(self.text) is not None

    @property
    def nothing_else(self) -> bool:
        """Whether the message may be about nothing else."""
        return _ONLY.search(self.text) is not None

    @property
    def examples(self) -> tuple[str, ...]:
        """The texts it quotes."""
        return tuple(_QUOTE.findall(self.text))


def read_condition(text: str, tools: Iterable[str], kinds: Iterable[Kind], *, negated: bool = False) -> Condition:
    """What a condition says, in a request that offers these tools and knows these kinds of identifiers."""
    called = tuple(name for name in tools if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text))
    given, ambiguous = _given(text, kinds), _AMBIGUOUS.search(text) is not None
    tokens, values = _tokens(text, called), tuple(_value(found) for found in _VALUE.finditer(text))
    amount = _AMOUNT.search(text)
    about_tools = bool(tokens or values or called)
    wordless = (
        bool(given) or ambiguous or (about_tools and (_OF_MESSAGE.search(text) is None or _OF_RESULT.search(text)))
    )
    return Condition(
        text=text,
        topics=() if wordless else _topics(text),
        tokens=tokens,
        called=() if tokens or values else called,
        values=values,
        amount=(amount[1].lower(), float(amount[2].replace(",", ""))) if amount else None,
        given=given,
        ambiguous=ambiguous,
        negated=negated,
    )


def _tokens(text: str, called: tuple[str, ...]) -> tuple[str, ...]:
    quotes = _QUOTE.findall(text)
    about_result = bool(called) or _OF_RESULT.search(text) is not None
    if quotes and (about_result or not _OF_MESSAGE.search(text)):
        return (*_TOKEN.findall(text), *quotes)
    return tuple(token for token in _TOKEN.findall(text) if about_result or "_" in token)


def _value(found: re.Match[str]) -> tuple[str, str, str]:
    return found[1], "not" if found[2] else (found[3] or "is"), found[4].rstrip(".")


def _given(text: str, kinds: Iterable[Kind]) -> tuple[tuple[Kind, bool], ...]:
    has = _HAS.search(text)
    if has is None:
        return ()
    neither = re.search(r"\bneither\b", text) is not None
    places = {
        found.start(): (kind, found)
        for kind in kinds
        if (found := kind.phrase.search(text)) and found.end() > has.start()
    }
    given, begin = [], 0
    for _, (kind, found) in sorted(places.items()):
        before = text[begin : found.start()]
        clause = re.split(r"\b(?:and|but|,)\b", before)[-1]
        absent = neither or bool(_ABSENT.search(clause) or _MISSING.match(text, found.end()))
        given.append((kind, not absent))
        begin = found.end()
    return tuple(given)


def _topics(text: str) -> tuple[tuple[str, ...], ...]:
    parts = (tuple(dict.fromkeys(stems(part))) for part in _SPLIT.split(_AMOUNT.sub("", text)))
    return tuple(dict.fromkeys(part for part in parts if part))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How well a condition holds: `score` compares, `share` is how much of the best topic was said, `words` which."""

    score: float
    share: float = 1.0
    words: frozenset[str] = frozenset()


NEVER = Fit(score=0.0, share=0.0)


def fit(condition: Condition, situation: Situation, weights: Weights, *, without: frozenset[str] = frozenset()) -> Fit:
    """Whether a condition holds (a score above zero) and how well; the words of `without` are taken as not said."""
    if condition.ambiguous or not _facts_hold(condition, situation):
        return NEVER
    if not condition.topics:
        bare = condition.of_result or condition.given or condition.amount
        return Fit(score=1.0) if bare else NEVER
    said = {word: worth for word, worth in situation.weights().items() if word not in without}
    if condition.latest_only:
        said = {word: worth for word, worth in said.items() if worth == 1.0}
    found = _topic_fit(condition.topics, said, weights)
    return NEVER if condition.nothing_else and len(found.words) < len(said) else found


def holds(condition: Condition, situation: Situation, weights: Weights) -> bool:
    """Whether a condition holds, its negation considered."""
    return (fit(condition, situation, weights).score > 0) is not condition.negated


def _topic_fit(topics: tuple[tuple[str, ...], ...], said: Mapping[str, float], weights: Weights) -> Fit:
    best, share, words = 0.0, 0.0, set()
    for topic in topics:
        found = {word: match for word in topic if (match := met(word, said))}
        gained = sum(weights.of(word) * said[match] for word, match in found.items())
        part = sum(weights.of(word) for word in found) / weights.total(topic)
        words |= set(found.values())
        if part >= _ENOUGH and gained * part > best:
            best, share = gained * part, part
    return Fit(score=best, share=share, words=frozenset(words)) if best else NEVER


def _facts_hold(condition: Condition, situation: Situation) -> bool:
    outputs = situation.outputs
    user = "\n".join(situation.said)
    return (
        (not condition.tokens or any(_holds_token(token, outputs) for token in condition.tokens))
        and all(any(done.name == name for done in situation.done) for name in condition.called)
        and all(_compares(value, outputs) for value in condition.values)
        and all((kind.first(user) is not None) is wanted for kind, wanted in condition.given)
        and (condition.amount is None or _named(condition.amount, situation.matter))
    )


def _holds_token(token: str, outputs: Iterable[str]) -> bool:
    """Whether an output has the token; one in capitals has to be in capitals there."""
    flags = re.IGNORECASE if token != token.upper() else re.NOFLAG
    return any(re.search(rf"(?<!\w){re.escape(token)}(?!\w)", output, flags) for output in outputs)


def _compares(value: tuple[str, str, str], outputs: Iterable[str]) -> bool:
    key, how, wanted = value
    found = [each for output in outputs for name, each in fields(output) if name == key]
    return any(_compare(each, how, wanted) for each in found)


def _compare(found: object, how: str, wanted: str) -> bool:
    try:
        one, other = float(str(found)), float(wanted)
    except ValueError:
        same = str(found).lower() == wanted.lower()
        return (same and how == "is") or (not same and how == "not")
    return _related(one, how, other)


def _related(one: float, how: str, other: float) -> bool:
    if how in {"above", "over", "more than"} or how.startswith("exceed"):
        return one > other
    if how in {"below", "under", "less than"}:
        return one < other
    if how in {"up to", "at most"}:
        return one <= other
    return (one == other) is (how != "not")


def _named(amount: tuple[str, float], text: str) -> bool:
    return any(
        _related(float(said.replace(",", "") or 0), *amount) for said in _SPOKEN.findall(text) if said.strip(",")
    )
