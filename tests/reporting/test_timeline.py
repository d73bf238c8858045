from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.reporting.timeline import Node, timeline

if TYPE_CHECKING:
    from collections.abc import Iterator


def _walk(nodes: tuple[Node, ...], depth: int = 0) -> Iterator[tuple[int, Node]]:
    for node in nodes:
        yield depth, node
        yield from _walk(node.children, depth + 1)


def test_helpers_are_nested_below_the_call_that_made_them(samples: Any) -> None:
    _, trial = samples.kinds["searching"]()
    told = [(depth, node.kind, node.title) for depth, node in _walk(timeline(trial)) if node.kind in ("agent", "tool")]
    assert told == [
        (1, "agent", "Triage"),
        (3, "tool", "search_knowledge_base"),
        (4, "agent", "KnowledgeBaseSearch"),
        (6, "tool", "search_articles"),
    ]


def test_each_turn_is_a_node_with_what_the_user_said(samples: Any) -> None:
    _, trial = samples.kinds["missed_escalation"]()
    assert [(node.title, node.detail) for node in timeline(trial)] == [
        ("Turn 1", "Everything is down."),
        ("Turn 2", "I did all of that. Give me a person."),
    ]


def test_bars_stay_inside_the_trial(samples: Any) -> None:
    _, trial = samples.kinds["passing"]()
    measured = [node for _, node in _walk(timeline(trial)) if node.ms is not None]
    assert measured
    assert all(node.start >= 0 and node.start + node.width <= 100.1 for node in measured)


def test_what_was_not_measured_has_no_bar(samples: Any) -> None:
    _, trial = samples.kinds["passing"]()
    assert {node.ms for _, node in _walk(timeline(replace(trial, timings={})))} == {None}
