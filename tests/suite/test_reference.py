"""The page about the language: its examples are scenarios, and its reference is the language."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from harness.core.scenario import Order
from harness.errors import ProblemsError, Severity
from harness.suite.check import check_suite
from harness.suite.language import MATCHER_OPTIONS, MATCHERS, ORDER_ALIASES, ORDERS, SHAPES
from harness.suite.loading import parse_suite
from harness.suite.reference import language_reference
from harness.suite.refusals import REFUSALS, Refusal
from harness.suite.schema import json_schema
from harness.system.graph import read_graph
from harness.system.loading import load_system

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.core.graph import AgentGraph, AgentNode

_PAGE = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")
_EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", _PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def support() -> AgentGraph:
    """The bundled system, with the approval and the guardrail that some examples speak of."""
    graph = read_graph(load_system("agents_under_test.support:system")).data
    return replace(graph, agents=tuple(_with_extras(node) for node in graph.agents))


def _with_extras(node: AgentNode) -> AgentNode:
    tools = tuple(replace(tool, needs_approval=tool.name == "process_refund") for tool in node.tools)
    return replace(node, tools=tools, guardrails=("abuse_check",))


@pytest.mark.parametrize("text", _EXAMPLES, ids=lambda text: text.split("id: ")[1].split("\n")[0])
def test_every_example_fits_the_bundled_agents(text: str, support: AgentGraph) -> None:
    problems = check_suite(parse_suite(text, "docs/scenarios.md"), support)
    assert [str(each) for each in problems if each.severity is Severity.ERROR] == []


@pytest.mark.parametrize("text", _EXAMPLES, ids=lambda text: text.split("id: ")[1].split("\n")[0])
def test_every_example_fits_the_schema_of_editors(text: str, support: AgentGraph) -> None:
    document = yaml.load(text, Loader=yaml.CSafeLoader)
    schema = json_schema(support)
    for scenario in document["scenarios"]:
        if "quarantine" in scenario:
            scenario["quarantine"]["until"] = str(scenario["quarantine"]["until"])
        if "clock" in scenario:
            scenario["clock"] = str(scenario["clock"])
    assert [error.json_path for error in jsonschema.Draft7Validator(schema).iter_errors(document)] == []


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)


def test_every_key_and_every_matcher_has_an_example() -> None:
    shown = {key for text in _EXAMPLES for key in _keys(yaml.load(text, Loader=yaml.CSafeLoader))}
    known = {key for shape in SHAPES for key in shape.names()}
    known |= {key.name for key in (*MATCHERS, *MATCHER_OPTIONS)}
    assert known - shown == set()


def test_the_reference_is_made_from_the_language() -> None:
    assert _PAGE.endswith(language_reference())


def test_every_order_and_alias_is_explained() -> None:
    assert {*ORDER_ALIASES, *Order} == set(ORDERS)
    for word in ORDERS:
        assert f"| `{word}` |" in _PAGE


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda each: each.what)
def test_every_example_of_what_is_refused_is_refused_so(refusal: Refusal) -> None:
    bundled = read_graph(load_system("agents_under_test.support:system")).data
    try:
        problems = check_suite(parse_suite(refusal.file, "a.yaml"), bundled)
    except ProblemsError as error:
        problems = error.problems
    (problem,) = (each for each in problems if each.severity is Severity.ERROR)
    assert problem.message.startswith(refusal.says)
    assert str(problem.where) == "a.yaml:1"
