"""Values that a tool makes anew in each run (ids, clocks, keys) and their counterparts in the recording.

The pairs are learned from the outputs of the same call in both, and taken for the same thing wherever they reappear;
everything else must match. What matched only so is reported, never hidden.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.core.trace import JSON

_CONVERSATIONS = ("input", "messages")
_OUTPUT_KEYS = {"function_call_output": "output", "tool": "content"}
_WORD = re.compile(r"""[^\s,;:!?"'()<>{}\[\]]+""")


def learned(recorded: JSON, actual: JSON, known: Mapping[str, str]) -> dict[str, str] | None:
    """The pairs (recorded value -> value of this run) in the tool outputs of two canonical model requests.

    None when an output is not built alike in both (then the tool behaved otherwise, and that is no value made anew),
    or when a value would stand for two.
    """
    pairs = dict(known)
    for old, new in _outputs(recorded, actual):
        if _WORD.split(old) != _WORD.split(new):
            return None
        for before, after in zip(_WORD.findall(old), _WORD.findall(new), strict=True):
            if before != after and pairs.setdefault(before, after) != after:
                return None
    return pairs


def translated(value: JSON, pairs: Mapping[str, str]) -> JSON:
    """`value` with every whole recorded value in its strings replaced by this run's."""
    if isinstance(value, str):
        return _pattern(pairs).sub(lambda match: pairs[match.group()], value) if pairs else value
    if isinstance(value, list):
        return [translated(each, pairs) for each in value]
    if isinstance(value, dict):
        return {name: translated(each, pairs) for name, each in value.items()}
    return value


def translated_text(text: str, pairs: Mapping[str, str]) -> str:
    """The same for the text of an answer as it goes over the wire, in which strings are written as JSON."""
    return str(translated(text, {_escaped(old): _escaped(new) for old, new in pairs.items()}))


def _outputs(recorded: JSON, actual: JSON) -> Iterator[tuple[str, str]]:
    for name in _CONVERSATIONS:
        before, after = recorded.get(name), actual.get(name)
        if not isinstance(before, list) or not isinstance(after, list):
            continue
        for old, new in zip(before, after, strict=False):
            if isinstance(old, dict) and isinstance(new, dict) and _kind(old) == _kind(new):
                key = _OUTPUT_KEYS.get(_kind(old), "")
                if isinstance(old.get(key), str) and isinstance(new.get(key), str):
                    yield old[key], new[key]


def _kind(item: dict[str, JSON]) -> str:
    return str(item.get("type") or item.get("role"))


def _pattern(pairs: Mapping[str, str]) -> re.Pattern[str]:
    """Longest first, and whole: `T-12` is not found in `T-123`."""
    values = sorted(pairs, key=len, reverse=True)
    return re.compile(r"(?<![\w-])(?:" + "|".join(re.escape(value) for value in values) + r")(?![\w-])")


def _escaped(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]
