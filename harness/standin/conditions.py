"""The conditions of rules: what an `If ...` says, and whether it holds."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.standin.identifiers import Kind
from harness.standin.values import fields
from harness.standin.words import Weights, stems

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
_SPOKEN_WORD = re.compile(r"[\w']+")
_DEMANDS = frozenset(
    (
        *("want", "need", "get", "give", "speak", "speaking", "talk", "talking", "chat", "connect", "transfer", "put"),
        *("pass", "call", "reach", "contact", "let", "ask", "asking", "demand", "insist", "request", "bring", "prefer"),
    )
)
_NOT = frozenset(("no", "not", "don't", "dont", "never", "without"))
_NEAR = 6
_LITTLE = 2
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
    asked_about, given = _given(text, kinds)
    ambiguous = _AMBIGUOUS.search(text) is not None
    tokens, values = _tokens(text, called), tuple(_value(found) for found in _VALUE.finditer(text))
    amount = _AMOUNT.search(text)
    about_tools = bool(tokens or values or called)
    says_nothing = about_tools and (_OF_MESSAGE.search(text) is None or _OF_RESULT.search(text) is not None)
    return Condition(
        text=text,
        topics=() if ambiguous or says_nothing else _topics(asked_about),
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


def _given(text: str, kinds: Iterable[Kind]) -> tuple[str, tuple[tuple[Kind, bool], ...]]:
    """The text before what it says of identifiers, and which of them have to be given and which not."""
    found = ((kind, kind.phrase.search(text)) for kind in kinds)
    places = sorted(((place.start(), place.end(), kind) for kind, place in found if place), key=lambda each: each[0])
    having = [place.start() for place in _HAS.finditer(text) if places and place.start() < places[0][0]]
    if not having:
        return text, ()
    neither = re.search(r"\bneither\b", text) is not None
    given, begin = [], 0
    for start, end, kind in places:
        clause = re.split(r"\b(?:and|but|,)\b", text[begin:start])[-1]
        given.append((kind, not (neither or _ABSENT.search(clause) or _MISSING.match(text, end))))
        begin = end
    return text[: having[0]], tuple(given)


def _topics(text: str) -> tuple[tuple[str, ...], ...]:
    parts = (tuple(dict.fromkeys(stems(part))) for part in _SPLIT.split(_AMOUNT.sub("", text)))
    return tuple(dict.fromkeys(part for part in parts if part))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How well a condition holds.

    `score` compares, `share` is how much of the best topic was said, `words` are the words that say it; `demanded` is
    false when the user only mentions what the condition wants to be asked for.
    """

    score: float
    share: float = 1.0
    words: frozenset[str] = frozenset()
    demanded: bool = True


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
    if condition.is_demand and not _is_demanded(found.words, situation.latest):
        found = replace(found, demanded=False)
    return NEVER if condition.nothing_else and len(found.words) < len(said) else found


def _is_demanded(words: frozenset[str], text: str) -> bool:
    """Whether a text asks for one of the words, or says little else."""
    spoken = _SPOKEN_WORD.findall(text.lower())
    places = [at for at, word in enumerate(spoken) if words.intersection(stems(word))]
    asking = any(
        _DEMANDS.intersection(spoken[max(at - _NEAR, 0) : at])
        and not _NOT.intersection(spoken[max(at - _NEAR, 0) : at])
        for at in places
    )
    return asking or (bool(places) and len(stems(text)) <= _LITTLE)


def holds(condition: Condition, situation: Situation, weights: Weights) -> bool:
    """Whether a condition holds, its negation considered."""
    return (fit(condition, situation, weights).score > 0) is not condition.negated


def _topic_fit(topics: tuple[tuple[str, ...], ...], said: Mapping[str, float], weights: Weights) -> Fit:
    best, share, words = 0.0, 0.0, set()
    for topic in topics:
        found = {word: match for word in topic if (match := weights.met(word, said))}
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
