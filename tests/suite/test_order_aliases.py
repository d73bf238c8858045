"""Other tools' names for orders, judged by what they let through."""

from __future__ import annotations

import pytest

from harness.core.trace import AgentRef, Layer, ToolCall
from harness.scoring.alignment import align
from harness.suite.loading import parse_suite

_OWNER = AgentRef(name="A", layer=Layer.SPECIALIST)


def _passes(order: str, actual: str) -> bool:
    text = f"scenarios: [{{id: s, user: u, expect: {{tools: [a, b], order: {order}}}}}]"
    (scenario,) = parse_suite(text)
    assert scenario.expect.tools is not None
    calls = [
        ToolCall(id=str(n), owner=_OWNER, tool=tool, call_id=None, arguments="{}", model_call=str(n))
        for n, tool in enumerate(actual)
    ]
    return align(scenario.expect.tools, calls).passed


@pytest.mark.parametrize(
    ("order", "right", "wrong"),
    [
        ("strict", ["ab"], ["ba", "abx", "a", ""]),
        ("exact", ["ab"], ["ba", "abx", "a", ""]),
        ("in_order", ["ab", "axb", "xabx"], ["ba", "a", ""]),
        ("unordered", ["ab", "ba"], ["abx", "a", ""]),
        ("any_order", ["ab", "ba"], ["abx", "a", ""]),
        ("superset", ["ab", "ba", "bxa", "xbxax"], ["a", "b", "x", ""]),
        ("subset", ["ab", "ba", "a", "b", ""], ["abx", "x", "aa"]),
    ],
)
def test_an_order_lets_through_what_its_name_says(order: str, right: list[str], wrong: list[str]) -> None:
    assert [actual for actual in right if not _passes(order, actual)] == []
    assert [actual for actual in wrong if _passes(order, actual)] == []
