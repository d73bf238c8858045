"""Nothing secret in what a run leaves behind: journals, reports and logs are made of data that went through here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from harness.cassettes.detection import secret_in, without_secrets
from harness.cassettes.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.cassettes.redaction import Patterns

_Data = TypeVar("_Data")
_Rewrite = Callable[[str], str]

_NAMES = frozenset(
    {"id", "scenario", "variant", "step", "call_id", "model_call", "kind", "location", "timings", "tags"}
)
"""Fields that others refer to: what a user's pattern happens to match there stays."""


def hidden(value: _Data, patterns: Patterns = (), sent: Collection[str] = ()) -> _Data:
    """Plain data (a trial, a scenario, a graph) without secrets, and without what the user's patterns name.

    `sent` are values that went out as keys, cookies or organisation ids. Data that holds nothing of it comes back as it
    is.
    """
    if patterns:
        value = _rewritten(value, lambda text: redacted(text, patterns), _NAMES)
    if not secret_in("\n".join(_texts(value)), sent):
        return value
    kept: _Data = _rewritten(value, lambda text: without_secrets(text, sent), frozenset())
    return kept


def _texts(value: Any) -> Iterator[str]:
    if type(value) is str:
        yield value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _texts(name)
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
    elif is_dataclass(value):
        for each in fields(value):
            yield from _texts(getattr(value, each.name))


def _rewritten(value: Any, rewrite: _Rewrite, spared: Collection[str]) -> Any:
    if type(value) is str:
        return rewrite(value)
    if isinstance(value, Mapping):
        return {_rewritten(name, rewrite, spared): _rewritten(each, rewrite, spared) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_rewritten(each, rewrite, spared) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return _with_fields(value, rewrite, spared)
    return value


def _with_fields(value: Any, rewrite: _Rewrite, spared: Collection[str]) -> Any:
    """Only what differs is made anew."""
    changed = {}
    for each in fields(value):
        before = getattr(value, each.name)
        after = before if each.name in spared else _rewritten(before, rewrite, spared)
        if after != before:
            changed[each.name] = after
    return replace(value, **changed) if changed else value
