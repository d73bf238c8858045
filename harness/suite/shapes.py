"""How the language is described: mappings, the keys they may have, and what each key means."""

from __future__ import annotations

from dataclasses import dataclass

from harness.core.trace import JSON


@dataclass(frozen=True, slots=True)
class Key:
    """One key. `schema` is a JSON schema fragment; `$ref`s point into the schema's `$defs`."""

    name: str
    meaning: str
    schema: JSON
    required: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """A mapping of the language: which keys it may have. `short` are the other ways to write it, as schemas."""

    name: str
    title: str
    keys: tuple[Key, ...]
    short: tuple[JSON, ...] = ()
    one_of: tuple[str, ...] = ()
    """Of these keys exactly one must be there."""

    def names(self) -> tuple[str, ...]:
        """The names of the keys."""
        return tuple(key.name for key in self.keys)


def ref(name: str) -> JSON:
    """A reference to a definition of the JSON schema."""
    return {"$ref": f"#/$defs/{name}"}
