"""The arguments of a call: filled from the tool's schema, the conversation and what tools returned."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.standin.identifiers import Kind, is_identifier, kind_of
from harness.standin.situation import Situation
from harness.standin.values import fields
from harness.standin.words import met, stems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from harness.standin.request import Tool

_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_MONEY = re.compile(r"[$€£]\s?(\d[\d,]*(?:\.\d+)?)|(\d[\d,]*(?:\.\d+)?)\s?(?:dollars?|euros?|usd|eur)\b", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.-])-?\d+(?:\.\d+)?(?![\w-])")
_NEXT = re.compile(r"\b(?:to|into|onto|want|for)\s+(?:the\s+)?$", re.IGNORECASE)
_NO = re.compile(r"\b(?:no|not|never|don't|without)\b", re.IGNORECASE)
_PARTLY = 0.5


class MissingError(Exception):
    """A required value is nowhere in the conversation; `name` says which, in words."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where values come from: the conversation, the kinds of identifiers known, the instruction behind the call."""

    situation: Situation
    kinds: tuple[Kind, ...] = ()

    def outputs(self) -> Iterator[str]:
        """What tools returned for this request, the latest first, failures left out."""
        for done in reversed((*self.situation.earlier, *self.situation.done)):
            if done.output is not None and not done.failed:
                yield done.output

    def spoken(self) -> Iterator[str]:
        """What the user said, the latest first."""
        yield from reversed(self.situation.said)


def fill(tool: Tool, source: Source) -> dict[str, Any]:
    """Arguments for a call of `tool`; raises `MissingError` when a required one cannot be found."""
    try:
        return fill_object(tool.parameters, source)
    except RecursionError as error:
        raise MissingError("details") from error  # a schema that contains itself without end


def fill_object(schema: Mapping[str, Any], source: Source) -> dict[str, Any]:
    """Values for the properties of an object; optional ones only when the conversation has them."""
    declared = schema.get("properties")
    required = schema.get("required")
    needed = set(required) if isinstance(required, list) else set()
    defs = schema.get("$defs", {})
    filled = {}
    for name, raw in declared.items() if isinstance(declared, dict) else ():
        inner = _resolved(raw if isinstance(raw, dict) else {}, defs)
        try:
            filled[name] = value_of(name, inner, source)
        except MissingError:
            if "default" in inner:
                filled[name] = inner["default"]
            elif inner.get("nullable"):
                filled[name] = None
            elif name in needed:
                raise
    return filled


def _resolved(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with its reference followed and its nullable union opened; definitions handed on."""
    merged = {**schema, "$defs": {**defs, **schema.get("$defs", {})}}
    reference = schema.get("$ref")
    if isinstance(reference, str):
        merged |= merged["$defs"].get(reference.rpartition("/")[2], {})
        merged.pop("$ref", None)
    options = [each for key in ("anyOf", "oneOf", "allOf") for each in schema.get(key, []) if isinstance(each, dict)]
    kinds = merged.get("type")
    if isinstance(kinds, list):
        merged |= {"type": next((kind for kind in kinds if kind != "null"), "null"), "nullable": "null" in kinds}
    if options:
        full = [option for option in options if option.get("type") != "null"]
        merged |= {**_resolved(full[0] if full else {}, merged["$defs"]), "nullable": len(full) < len(options)}
    return merged


def value_of(name: str, schema: Mapping[str, Any], source: Source) -> Any:
    """The value of one property; raises `MissingError` when the conversation has none."""
    if "const" in schema:
        return schema["const"]
    if isinstance(schema.get("enum"), list):
        return _choice(name, schema["enum"], source)
    if schema.get("type") == "object":
        return fill_object(schema, source)
    filler = _FILLERS.get(str(schema.get("type")))
    return filler(name, schema, source) if filler else _text(name, schema, source)


def in_words(name: str) -> str:
    """A property's name as it is said: `customer_id` is a customer id."""
    return re.sub(r"([a-z])([A-Z])", r"\1 \2", name).replace("_", " ").replace("-", " ").lower()


def _choice(name: str, choices: list[Any], source: Source) -> Any:
    """The choice that is named: after `to` rather than elsewhere, late rather than early, whole rather than partly."""
    text = source.situation.matter
    named = [(_NEXT.search(text[: at.start()]) is not None, at.start(), choice) for choice, at in _named(choices, text)]
    if named:
        return max(named, key=lambda each: each[:2])[2]
    said = source.situation.weights()
    shares = [(_share(str(choice), said), -number, choice) for number, choice in enumerate(choices)]
    best = max(shares, key=lambda each: each[:2], default=(0.0, 0, None))
    if best[0] >= _PARTLY:
        return best[2]
    for output in source.outputs():
        for key, value in fields(output):
            if key == name and value in choices:
                return value
    raise MissingError(in_words(name))


def _named(choices: list[Any], text: str) -> Iterator[tuple[Any, re.Match[str]]]:
    for choice in choices:
        words = re.escape(str(choice).replace("_", " "))
        for found in re.finditer(rf"(?<!\w){words}(?!\w)", text.replace("_", " "), re.IGNORECASE):
            yield choice, found


def _share(choice: str, said: Mapping[str, float]) -> float:
    words = stems(choice)
    return sum(1 for word in words if met(word, said)) / len(words) if words else 0.0


def _array(name: str, schema: Mapping[str, Any], source: Source) -> list[Any]:
    inner = _resolved(schema.get("items") or {}, schema.get("$defs", {}))
    choices = inner.get("enum")
    if isinstance(choices, list):
        return list(dict.fromkeys(choice for choice, _ in _named(choices, source.situation.matter)))
    if is_identifier(name.removesuffix("s"), inner):
        shape = kind_of(name.removesuffix("s"), inner).shape
        return list(dict.fromkeys(found[0] for text in source.situation.said for found in shape.finditer(text)))
    return [value_of(name, inner, source)]


def _truth(name: str, schema: Mapping[str, Any], source: Source) -> bool:
    words = stems(f"{in_words(name)} {schema.get('description', '')}")
    said = source.situation.weights()
    if not any(met(word, said) for word in words):
        if "default" in schema:
            raise MissingError(in_words(name))
        return False
    return _NO.search(source.situation.latest) is None


def _number(name: str, schema: Mapping[str, Any], source: Source) -> float | int:
    """A field that the description points at, then what the user named, then the field of the same name."""
    whole = schema.get("type") == "integer"
    pointed = _field(source, lambda key: key != name and _points_at(str(schema.get("description", "")), key))
    found = next(
        (each for each in (pointed, _said_number(name, source), _field(source, name.__eq__)) if each is not None), None
    )
    if found is None:
        raise MissingError(in_words(name))
    return int(found) if whole else found


def _points_at(description: str, key: str) -> bool:
    """Whether `what get_order shows as weight` speaks of the field `weight`."""
    return (
        re.search(rf"\b(?:shows?|returned|returns|says|gives|names)\b[^.]*\b{re.escape(key)}\b", description)
        is not None
    )


def _field(source: Source, fits: Callable[[str], bool]) -> float | int | None:
    for output in source.outputs():
        for key, value in fields(output):
            if fits(key) and isinstance(value, int | float) and not isinstance(value, bool):
                return value
    return None


def _said_number(name: str, source: Source) -> float | None:
    for text in source.spoken():
        money = _MONEY.search(text)
        if money and not re.search(r"count|seats?|days?|number|quantity|months?|years?", name):
            return float((money[1] or money[2]).replace(",", ""))
    for text in source.spoken():
        plain = re.sub(r"[A-Za-z]+-\d+|[$€£]\s?[\d.,]+|\d{4}-\d{2}-\d{2}", " ", text)
        number = _NUMBER.search(plain)
        if number:
            return float(number[0])
    return None


def _text(name: str, schema: Mapping[str, Any], source: Source) -> str:
    if is_identifier(name, schema):
        return _identifier(name, schema, source)
    if schema.get("format") in {"date", "date-time"} or "date" in name.lower().split("_"):
        return _first(name, _DATE, source)
    return matter(source)[: schema.get("maxLength", None)]


def _identifier(name: str, schema: Mapping[str, Any], source: Source) -> str:
    kind = kind_of(name, schema)
    for text in source.spoken():
        found = kind.first(text)
        if found:
            return found.upper() if found.upper() != found and kind.name != "e-mail address" else found
    for output in source.outputs():
        for key, value in fields(output):
            if key == name and isinstance(value, str | int):
                return str(value)
    return _first(name, kind.shape, source)


def _first(name: str, shape: re.Pattern[str], source: Source) -> str:
    for text in (*source.spoken(), *source.outputs()):
        found = shape.search(text)
        if found:
            return found[0]
    raise MissingError(in_words(name))


def matter(source: Source) -> str:
    """What the user wants, with the identifiers known from elsewhere in the conversation."""
    text = source.situation.matter
    known: list[str] = []
    for kind in source.kinds:
        if kind.first(text) is None:
            found = next((found for said in source.spoken() if (found := kind.first(said))), None)
            if found and found not in text and not any(found in each for each in known):
                known.append(f"{kind.name}: {found}")
    return f"{text} ({', '.join(known)})" if known else text


_FILLERS: dict[str, Callable[[str, Mapping[str, Any], Source], Any]] = {
    "array": _array,
    "boolean": _truth,
    "number": _number,
    "integer": _number,
}
