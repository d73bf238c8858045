"""Identifiers: which kinds a request knows, what they look like, where they occur."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.standin.request import Request, Tool

EMAIL = re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")
_ANY = re.compile(r"\b[A-Z]{1,6}[-_]?\d{2,}\b|\b\d{4,}\b")
_CORRECTION = re.compile(r"\b(?:i mean|i meant|sorry|oops|correction|rather)\b", re.IGNORECASE)
_NOUNS = ("id", "number", "no", "code", "reference", "ref", "key", "sku", "iban")
_NOUN = "|".join(_NOUNS)
_EXAMPLE = re.compile(
    r"(?:for example|for instance|e\.g\.|such as|like)[:,]?\s+[\"'`“]?([\w@][\w@.+-]*[\w])", re.IGNORECASE
)
_TOLD = re.compile(
    rf"\b(\w+[ _-](?:{_NOUN}))\s*\((?:for example|e\.g\.|such as|like),?\s+([\w-]*\d[\w-]*)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of identifier: its name in words ("customer id") and its shape."""

    name: str
    shape: re.Pattern[str]

    def first(self, text: str) -> str | None:
        """The first identifier of this kind in a text; when the writer corrects it, the last."""
        found = [(each.start(), each[0]) for each in self.shape.finditer(text)]
        if not found:
            return None
        corrected = _CORRECTION.search(text, found[0][0])
        return found[-1][1] if corrected else found[0][1]

    @property
    def phrase(self) -> re.Pattern[str]:
        """How instructions speak of it: an order id is also an order number."""
        if self.shape is EMAIL:
            return re.compile(r"\be-?mail(?: address)?\b", re.IGNORECASE)
        first = re.escape(self.name.split()[0])
        return re.compile(rf"\b{first}(?:'s)?[ _-](?:{_NOUN})\b", re.IGNORECASE)


def is_identifier(name: str, schema: Mapping[str, Any]) -> bool:
    """Whether a property holds an identifier, told by its name, format, pattern or example."""
    last = name.lower().replace("-", "_").rpartition("_")[2]
    if last in _NOUNS or "email" in name.lower() or name.endswith("Id") or schema.get("format") in {"email", "uuid"}:
        return True
    return "pattern" in schema or any(map(str.isdigit, _example(schema)))


def kind_of(name: str, schema: Mapping[str, Any]) -> Kind:
    """The kind of identifier a property holds."""
    words = re.sub(r"([a-z])([A-Z])", r"\1 \2", name).replace("_", " ").lower()
    if "email" in words or "e mail" in words or schema.get("format") == "email":
        return Kind(name="e-mail address", shape=EMAIL)
    return Kind(name=words, shape=_pattern(schema) or _shape(_example(schema)) or _ANY)


def kinds_of(request: Request) -> tuple[Kind, ...]:
    """Every kind the request knows, from the properties of its tools and from examples in its texts."""
    found = {"e-mail address": Kind(name="e-mail address", shape=EMAIL)}
    for tool in request.tools:
        for name, schema in properties(tool):
            if schema.get("type", "string") == "string" and is_identifier(name, schema):
                kind = kind_of(name, schema)
                found.setdefault(kind.name, kind)
    for text in (request.instructions, *(tool.description for tool in request.tools)):
        for name, example in _TOLD.findall(text):
            shape = _shape(example)
            if shape is not None:
                found.setdefault(name.lower(), Kind(name=name.lower(), shape=shape))
    return tuple(found.values())


def properties(tool: Tool) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The properties of a tool's arguments, with their schemas."""
    declared = tool.parameters.get("properties")
    for name, schema in declared.items() if isinstance(declared, dict) else ():
        yield str(name), schema if isinstance(schema, dict) else {}


def _example(schema: Mapping[str, Any]) -> str:
    examples = schema.get("examples")
    if isinstance(examples, list) and examples:
        return str(examples[0])
    found = _EXAMPLE.search(str(schema.get("description", "")))
    return found[1] if found else ""


def _pattern(schema: Mapping[str, Any]) -> re.Pattern[str] | None:
    pattern = schema.get("pattern")
    if not isinstance(pattern, str):
        return None
    try:
        return re.compile(rf"(?<![\w-])(?:{pattern.removeprefix('^').removesuffix('$')})(?![\w-])")
    except re.error:
        return None


def _shape(example: str) -> re.Pattern[str] | None:
    """The shape of things that look like the example: its letters as they are, any digits for its digits."""
    if EMAIL.fullmatch(example):
        return EMAIL
    if not any(map(str.isdigit, example)):
        return None
    body = re.sub(r"\d+", r"\\d+", re.escape(example))
    return re.compile(rf"(?<![\w-]){body}(?![\w-])", re.IGNORECASE)
