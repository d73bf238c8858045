"""Texts: what tools returned put in sentences, questions for what is missing, the lines a summary has to have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from harness.standin.arguments import Source, in_words, matter
from harness.standin.sentences import sentences, units
from harness.standin.situation import Done, parsed
from harness.standin.steps import read_steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from harness.standin.request import Request

GREETING = "How can I help you?"
FAREWELL = "You are welcome."
_LINE = re.compile(r"^([A-Z][\w ]{0,30}): +(.+)$")
_LINES_ASKED = re.compile(r"\blines?\b|\bsummar|\bformat\b|\bform\b", re.IGNORECASE)
_SUMMARY = re.compile(r"\bsummari[sz]e\b\s*:?\s*(.+)", re.IGNORECASE)
_TRIED = re.compile(r"\b(?:tried|steps?|done|attempt\w*|look-?ups?|actions?|so far)\b", re.IGNORECASE)
_WHY = re.compile(r"\b(?:why|reason|because|needed|cause)\b", re.IGNORECASE)
_MONEY = re.compile(r"amount|total|price|paid|due|credit|cost|balance|fee|charge$", re.IGNORECASE)
_SHORT = 160


def rendered(output: str) -> str:
    """An output as a person reads it: JSON key by key, anything else as it is."""
    value = parsed(output)
    if isinstance(value, dict | list):
        return "\n".join(_lines(value))
    return output.strip()


def _lines(value: Any) -> Iterator[str]:
    """One line for the plain values of an object, one for each entry of its lists."""
    if isinstance(value, list):
        for number, each in enumerate(value, start=1):
            text = _pairs(each) if isinstance(each, dict) else str(each)
            yield f"{number}. {text}"
        return
    plain = {key: each for key, each in value.items() if not isinstance(each, dict | list)}
    if plain:
        yield f"{_pairs(plain)}."
    for key, each in value.items():
        if isinstance(each, dict | list) and each:
            yield f"{in_words(key).capitalize()}:"
            yield from _lines(each)


def _pairs(value: Mapping[str, Any]) -> str:
    told = {str(key): each for key, each in value.items() if each not in ("", None, [], {})}
    text = "; ".join(f"{in_words(key)}: {_scalar(key, each)}" for key, each in told.items())
    return f"{text[:1].upper()}{text[1:]}"


def _scalar(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and _MONEY.search(key):
        return f"${value + 0.0:,.2f}"
    if isinstance(value, float) and round(value, 2) == value:
        return f"{value + 0.0:.2f}"
    if isinstance(value, dict):
        return _pairs(value)
    if isinstance(value, list):
        return ", ".join(_scalar(key, each) for each in value)
    return str(value)


def question(missing: str) -> str:
    """Asks for a value that is nowhere in the conversation."""
    return f"Could you tell me the {missing}?"


def choice_question(topics: Iterable[str]) -> str:
    """Asks which of several things is meant."""
    return f"Is this about {', or about '.join(topics)}?"


def summary(request: Request, source: Source) -> str | None:
    """The lines or the summary that the instructions ask for, filled from the conversation, if they ask for any."""
    lines = [found for unit in units(request.instructions) if (found := _LINE.match(unit))]
    if lines and _LINES_ASKED.search(request.instructions):
        filled = [f"{line[1]}: {_part(f'{line[1]} {line[2]}', source)}" for line in lines]
    else:
        asked = _SUMMARY.search(request.instructions)
        parts = re.split(r",\s*(?:and\s+)?|\s+and\s+", re.split(r"[.;]\s|[.;]$", asked[1])[0]) if asked else []
        filled = [
            f"{part.strip()[:1].upper()}{part.strip()[1:]}: {_part(part, source)}" for part in parts if part.strip()
        ]
    return "\n".join([*filled, *unconditional_sayings(request)]) if filled else None


def unconditional_sayings(request: Request) -> list[str]:
    """What the instructions say to say whatever the case."""
    told = (sentence for unit in units(request.instructions) for sentence in sentences(unit))
    free = (
        each for each in told if not re.match(r"(?:if|when|once|unless|for|after|never|do not)\b", each, re.IGNORECASE)
    )
    return [step.say for sentence in free for step in read_steps(sentence, ()) if step.say]


def _part(asked: str, source: Source) -> str:
    """One part of a summary, by what its description asks for."""
    if _WHY.search(asked):
        return _reason(source)
    if _TRIED.search(asked):
        return _tried(source)
    return _clipped(matter(source)) or "not said"


def _everything(source: Source) -> tuple[Done, ...]:
    return (*source.situation.past, *source.situation.earlier, *source.situation.done)


def _tried(source: Source) -> str:
    done = [f"{each.name} ({_clipped(rendered(each.output or 'no result'))})" for each in _everything(source)]
    return "; ".join(done) if done else "nothing yet"


def _reason(source: Source) -> str:
    """The last output that says in capitals or as a failure why it went no further, else what the user said last."""
    for done in reversed(_everything(source)):
        if done.output and (done.failed or re.match(r"[A-Z]+_[A-Z_]+\b", done.output)):
            return _clipped(done.output)
    return _clipped(source.situation.latest) or "not said"


def _clipped(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHORT else f"{flat[: _SHORT - 3].rstrip()}..."
