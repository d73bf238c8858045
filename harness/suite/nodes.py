"""YAML values together with the line they stand on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from harness.core.trace import JSON


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text, number, boolean or null. `written` is how it stands in the file."""

    line: int
    value: str | int | float | bool | None
    written: str


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    line: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A key of a mapping with its value; `line` is the key's."""

    line: int
    node: Node


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping whose keys are texts."""

    line: int
    fields: Mapping[str, Field]


_SHOWN = 60

Node: TypeAlias = Scalar | Items | Fields


def plain(node: Node) -> JSON:
    """The value without its places."""
    match node:
        case Scalar():
            return node.value
        case Items():
            return [plain(each) for each in node.items]
        case Fields():
            return {key: plain(field.node) for key, field in node.fields.items()}


def described(node: Node) -> str:
    """What a node is, as an error message calls it."""
    match node:
        case Items():
            return "a list"
        case Fields():
            return "a mapping"
        case Scalar(value=None):
            return "nothing"
        case Scalar(value=bool()):
            return f"the boolean {node.written}"
        case Scalar(value=str() as text):
            return f"the text {text!r}" if len(text) <= _SHOWN else f"the text {text[:_SHOWN]!r}..."
        case _:
            return f"the number {node.written}"


def is_null(node: Node) -> bool:
    """Whether nothing was written, or null."""
    return isinstance(node, Scalar) and node.value is None
