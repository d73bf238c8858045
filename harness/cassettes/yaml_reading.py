"""YAML, read as vcrpy's loader reads it, in less time: reading cassettes is most of what a replay adds.

What PyYAML parses is made into data here when it is plain (texts, maps with texts for keys, lists), which is nearly all
of a cassette, and by PyYAML itself when it is anything else.
"""

from __future__ import annotations

import gc
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import yaml
from vcr.serializers import yamlserializer
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

if TYPE_CHECKING:
    from collections.abc import Mapping

_Base: Any = yamlserializer._CassetteLoader  # noqa: SLF001 - it has no other name
_TEXT, _MAP, _LIST = "tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"
_TAGS: Mapping[type[Node], str] = {MappingNode: _MAP, SequenceNode: _LIST}


class Loader(_Base):  # type: ignore[misc]  # whichever of PyYAML's vcrpy took
    """Gives what vcrpy's loader gives, and raises what it raises."""

    def get_single_data(self) -> Any:
        """The one document of the text, None when it is empty.

        The garbage collector waits: all that is made here is in use, and it would look through it again and again.
        """
        collecting = gc.isenabled()
        gc.disable()
        try:
            node = self.get_single_node()
            return None if node is None else self._made(node, {})
        finally:
            if collecting:
                gc.enable()

    def resolve(self, kind: type[Node], value: str, implicit: Any) -> str:
        """The tag of what has none. A text is looked at by PyYAML once: keys come again and again."""
        if kind is ScalarNode:
            return _tag_of_plain(value) if implicit[0] else _TEXT
        return _TAGS[kind]

    def _made(self, node: Node, known: dict[Node, Any]) -> Any:
        """`known` are the maps and lists made so far: what is repeated by an alias is made once."""
        tag = node.tag
        if tag == _TEXT and type(node) is ScalarNode:
            return node.value
        if node in known:
            return known[node]
        if tag == _MAP and type(node) is MappingNode and all(key.tag == _TEXT for key, _ in node.value):
            made: Any = {}
            known[node] = made
            for key, value in node.value:
                made[self._made(key, known)] = self._made(value, known)
        elif tag == _LIST and type(node) is SequenceNode:
            made = known[node] = []
            made += [self._made(each, known) for each in node.value]
        else:
            made = known[node] = self.construct_document(node)
        return made


@lru_cache(4096)
def _tag_of_plain(text: str) -> str:
    return str(_resolver.resolve(ScalarNode, text, (True, False)))


_resolver: Any = yaml.SafeLoader("")
