"""Short fingerprints: of a scenario, so that a changed one has no baseline; of a path, so that a change is seen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from harness.core.trace import Handoff, ToolCall, route_of, runs_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.core.scenario import Scenario
    from harness.core.trace import JSON, Trace

SCORER_VERSION = 1
"""Raised when a scorer would judge the same trace differently; baselines of another version do not apply."""

_LENGTH = 16
_PLACES = ("location", "lines")
_UNJUDGED = ("description", "tags", "trials", "passes", "quarantine", "draft")


def scenario_digest(scenario: Scenario) -> str:
    """What the scenario asks and expects; where it stands, its tags and its number of trials take no part."""
    return _digest({name: value for name, value in _plain(scenario).items() if name not in _UNJUDGED})


def suite_digest(scenarios: Iterable[Scenario]) -> str:
    """What all these ask and expect, in whatever order."""
    return _digest(sorted((each.id, scenario_digest(each)) for each in scenarios))


def path_digest(trace: Trace) -> str:
    """The normalised trace: who held the conversation, and every call with its arguments, helpers' calls included."""
    calls = [
        [run.agent.name, step.owner.name, step.tool, _arguments(step.arguments), step.status]
        for run in runs_of(trace)
        for step in run.steps
        if isinstance(step, ToolCall | Handoff)
    ]
    return _digest([[agent.name for agent in route_of(trace)], calls])


def _arguments(text: str) -> JSON:
    """Arguments by what they mean: spaces and the order of keys are the model's business."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_LENGTH]


def _plain(value: Any) -> Any:
    """Dataclasses as mappings, without the places they were written at: moving a scenario does not change it."""
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value) if each.name not in _PLACES}
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
