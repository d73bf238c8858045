"""PyYAML's node graph -> our nodes: every value means what it looks like, or is refused.

YAML 1.1 reads `no` as false, `12:30` as 750 and `010` as 8, while editors follow YAML 1.2 and do not. What the two
read differently is refused with the advice to quote it; dates stay the text they are written as.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import yaml

from harness.suite.nodes import Field, Fields, Items, Node, Scalar
from harness.suite.yaml_text import DEEPEST, compose, note_depth

if TYPE_CHECKING:
    from harness.suite.page import Page

_LARGEST = 2_000_000
_PREFIX = "tag:yaml.org,2002:"
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+][0-9]+)?")
NUMBER_ELSEWHERE = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+|0o[0-7]+")
_GLUED_COMMENT = re.compile(r"\s#(?=[^\s#!])")
_DIGITS = 300


def read_nodes(page: Page, data: bytes) -> Node | None:
    """The file's content with places. None when there is none; what is wrong is noted on the page."""
    raw = compose(page, data)
    if raw is None:
        return None
    reader = _Reader(page, data.decode("utf-8-sig"))
    node = reader.node(raw, 1)
    if reader.size(raw) > _LARGEST:
        page.error(1, f"the file's aliases expand to more than {_LARGEST:,} values", "use fewer aliases of aliases")
        return None
    return node


class _Reader:
    """Turns each YAML node into ours once, however often aliases name it."""

    def __init__(self, page: Page, text: str) -> None:
        self._page = page
        self._done: dict[int, Node] = {}
        self._sizes: dict[int, int] = {}
        self._open: set[int] = set()
        self._glued = {
            number: match.start()
            for number, line in enumerate(text.splitlines())
            if "#" in line and (match := _GLUED_COMMENT.search(line))
        }

    def size(self, raw: yaml.Node) -> int:
        """How many values the node stands for once its aliases are written out."""
        return self._sizes.get(id(raw), 1)

    def node(self, raw: yaml.Node, depth: int) -> Node:
        if isinstance(raw, yaml.ScalarNode):
            return self._scalar(raw)
        done = self._done.get(id(raw))
        if done is not None:
            return done
        line = raw.start_mark.line + 1
        if id(raw) in self._open:
            self._page.error(line, "an alias stands inside its own anchor", "write the value out")
            return Scalar(line, None, "")
        if depth > DEEPEST:
            note_depth(self._page, line)
            return Scalar(line, None, "")
        return self._collection(raw, line, depth)

    def _collection(self, raw: yaml.Node, line: int, depth: int) -> Node:
        self._open.add(id(raw))
        node: Node
        if isinstance(raw, yaml.MappingNode):
            node = self._mapping(raw, line, depth)
            parts = [part for pair in raw.value for part in pair]
        else:
            node = Items(line, tuple(self.node(each, depth + 1) for each in raw.value))
            parts = raw.value
        if not raw.tag.startswith((_PREFIX + "map", _PREFIX + "seq")):
            self._tag(raw, line)
        self._open.discard(id(raw))
        self._sizes[id(raw)] = 1 + sum(map(self.size, parts))
        self._done[id(raw)] = node
        return node

    def _mapping(self, raw: yaml.MappingNode, line: int, depth: int) -> Fields:
        merged: dict[str, Field] = {}
        own: dict[str, Field] = {}
        for key, value in raw.value:
            if key.tag == _PREFIX + "merge":
                merged = {**self._merged(value, depth), **merged}
            elif (name := self._key(key)) is not None:
                at = key.start_mark.line + 1
                if name in own:
                    self._page.error(at, f"the key {name!r} is there twice", f"first on line {own[name].line}")
                own.setdefault(name, Field(at, self.node(value, depth + 1)))
        return Fields(line, {**merged, **own})

    def _merged(self, raw: yaml.Node, depth: int) -> dict[str, Field]:
        node = self.node(raw, depth + 1)
        parts = node.items if isinstance(node, Items) else (node,)
        fields: dict[str, Field] = {}
        for part in parts:
            if isinstance(part, Fields):
                fields = {**part.fields, **fields}
            else:
                self._page.error(raw.start_mark.line + 1, "`<<` merges mappings only", "name an &anchor of a mapping")
        return fields

    def _key(self, raw: yaml.Node) -> str | None:
        line = raw.start_mark.line + 1
        if not isinstance(raw, yaml.ScalarNode):
            self._page.error(line, "a key must be a text, not a list or a mapping")
            return None
        if raw.style or raw.tag in (_PREFIX + "str", _PREFIX + "timestamp"):
            return str(raw.value)
        self._page.error(line, f"the key {raw.value} is not a text to YAML", f"quote it: '{raw.value}'")
        return None

    def _scalar(self, raw: yaml.ScalarNode) -> Scalar:
        line, written = raw.start_mark.line + 1, str(raw.value)
        if not raw.style:
            self._check_comment(raw, line)
        kind = raw.tag.removeprefix(_PREFIX)
        if kind == "str" and (raw.style or not NUMBER_ELSEWHERE.fullmatch(written)):
            return Scalar(line, written, written)
        if kind in ("timestamp", "value", "merge"):
            return Scalar(line, written, written)
        if kind == "null":
            return Scalar(line, None, written)
        if kind == "bool" and written.lower() in ("true", "false"):
            return Scalar(line, written.lower() == "true", written)
        return Scalar(line, self._number(raw, kind, line), written)

    def _number(self, raw: yaml.ScalarNode, kind: str, line: int) -> int | float | str:
        written = str(raw.value)
        if kind == "int" and _INTEGER.fullmatch(written) and len(written) < _DIGITS:
            return int(written)
        if kind == "float" and _FLOAT.fullmatch(written) and math.isfinite(float(written)):
            return float(written)
        if kind == "bool":
            hint = f"write true or false, or quote it: '{written}'"
            self._page.error(line, f"{written} is a boolean to YAML 1.1 and a text to YAML 1.2", hint)
        elif kind in ("int", "float", "str"):
            hint = f"quote it: '{written}', or write a plain decimal number"
            self._page.error(line, f"{written} is not the same number, or not a number, to every YAML reader", hint)
        else:
            self._tag(raw, line)
        return written

    def _tag(self, raw: yaml.Node, line: int) -> None:
        self._page.error(line, f"the tag {raw.tag.replace(_PREFIX, '!!')} has no meaning here", "remove it")

    def _check_comment(self, raw: yaml.ScalarNode, line: int) -> None:
        column = self._glued.get(raw.end_mark.line)
        if column is not None and column == raw.end_mark.column and raw.tag == _PREFIX + "str":
            self._page.error(
                line,
                f"YAML cuts the text after {str(raw.value)[-30:]!r}: it takes the # for a comment",
                "quote the text; a comment has a space after its #",
            )
