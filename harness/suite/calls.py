"""Expected tool calls: short forms, the long form, groups, and what helpers do inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.core.scenario import (
    AnyOfGroup,
    AnyOrderGroup,
    Count,
    ExpectedCall,
    ExpectedItem,
    OptionalGroup,
    Order,
    ToolsExpectation,
)
from harness.suite import values
from harness.suite.language import ARGUMENT_MODES, CALL, COUNTS, GROUP, GROUPS, HELPER, ORDER_ALIASES, ORDERS
from harness.suite.nodes import Field, Fields, Items, Node, Scalar, described, plain
from harness.suite.page import Page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.core.trace import JSON

_LEVEL_KEYS = ("order", "arguments", "count", "ignore_tools")


def tools_expectation(page: Page, found: Mapping[str, Field]) -> ToolsExpectation | None:
    """What `tools` and the keys beside it say together; None when nothing is said about tools."""
    if "tools" not in found:
        for key in _LEVEL_KEYS:
            if key in found:
                page.error(found[key].line, f"`{key}` says nothing without `tools`", "add `tools` or remove it")
        return None
    exact = _choice(page, found, "arguments", ARGUMENT_MODES) == "exact"
    calls = _Reader(page, exact=exact).sequence("tools", found["tools"].node, empty=True)
    written = _choice(page, found, "order", ORDERS)
    order, calls = _ordered(ORDER_ALIASES.get(written, written) or Order.EXACT, calls)
    return ToolsExpectation(
        calls=calls,
        order=order,
        count=Count(_choice(page, found, "count", COUNTS) or Count.SUCCEEDED),
        ignore=_names(page, found, "ignore_tools"),
    )


def _ordered(order: str, calls: tuple[ExpectedItem, ...]) -> tuple[Order, tuple[ExpectedItem, ...]]:
    """`superset` and `subset` in terms of the three orders and groups."""
    if order == "superset":
        return Order.IN_ORDER, (AnyOrderGroup(calls=calls),) if calls else ()
    if order == "subset":
        return Order.ANY_ORDER, (OptionalGroup(calls=calls),) if calls else ()
    return Order(order), calls


def _choice(page: Page, found: Mapping[str, Field], key: str, allowed: tuple[str, ...]) -> str:
    return (values.choice(page, key, found[key].node, allowed) or "") if key in found else ""


def _names(page: Page, found: Mapping[str, Field], key: str) -> tuple[str, ...]:
    return values.names(page, key, found[key].node) if key in found else ()


def _helper(page: Page, node: Node) -> ToolsExpectation | None:
    if isinstance(node, Items):
        node = Fields(node.line, {"tools": Field(node.line, node)})
    found = values.fields(page, node, HELPER, label="`helper`")
    expected = tools_expectation(page, found) if found else None
    if expected is None or found is None:
        return None
    return ToolsExpectation(
        calls=expected.calls,
        order=expected.order,
        count=expected.count,
        ignore=expected.ignore,
        forbidden=_names(page, found, "forbidden_tools"),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the calls of one level. `exact` is what the level says about arguments that are not listed."""

    page: Page
    exact: bool

    def sequence(self, label: str, node: Node, *, empty: bool = False) -> tuple[ExpectedItem, ...]:
        """A list of items, or one item alone."""
        if isinstance(node, Scalar) and node.value in ("none", ""):
            self.page.error(
                node.line, f"`{label}: {node.written}` is not a tool call", "write [] for no tool call at all"
            )
            return ()
        if isinstance(node, Fields) and label == "tools":
            hint = "begin each call with a dash: `- lookup_account`"
            self.page.error(node.line, "`tools` must be a list of calls, not a mapping", hint)
            return ()
        if not isinstance(node, Items):
            return tuple(self.item(node))
        if not node.items and not empty:
            self.page.error(node.line, f"`{label}` is an empty list", "list at least one call")
        return tuple(item for each in node.items for item in self.item(each))

    def item(self, node: Node) -> list[ExpectedItem]:
        """One call or group; nothing when it cannot be read."""
        if isinstance(node, Scalar):
            return self._named(node)
        if not isinstance(node, Fields):
            hint = "write one call after each dash; a group is written `any_order: [...]`"
            self.page.error(node.line, f"an expected call must be a name or a mapping, not {described(node)}", hint)
            return []
        if "tool" in node.fields:
            return self._long(node)
        if any(key in GROUPS for key in node.fields):
            return self._group(node)
        return self._short(node)

    def _named(self, node: Scalar) -> list[ExpectedItem]:
        tool = values.name(self.page, "tools", node)
        return [ExpectedCall(tool=tool, location=self.page.at(node.line))] if tool.strip() else []

    def _short(self, node: Fields) -> list[ExpectedItem]:
        if len(node.fields) != 1:
            names = ", ".join(node.fields) or "{}"
            hint = "one name with its arguments after each dash, or the long form with `tool:`"
            self.page.error(node.line, f"an expected call names one tool, not: {names}", hint)
            return []
        (tool, field), *_ = node.fields.items()
        if isinstance(field.node, Scalar) and field.node.value is None:
            hint = f"write `- {tool}` to leave its arguments unchecked"
            self.page.error(field.line, f"{tool!r} has a colon but no arguments", hint)
            return []
        lines: dict[str, int] = {"tool": field.line}
        arguments = self._arguments(field.node, lines)
        return [
            ExpectedCall(
                tool=tool,
                arguments=arguments,
                exact_arguments=self.exact,
                location=self.page.at(node.line),
                lines=lines,
            )
        ]

    def _arguments(self, node: Node, lines: dict[str, int]) -> dict[str, JSON]:
        if not isinstance(node, Fields):
            hint = "write them as {name: value}"
            self.page.error(node.line, f"a call's arguments must be a mapping, not {described(node)}", hint)
            return {}
        lines |= {f"arguments.{name}": field.line for name, field in node.fields.items()}
        return {name: plain(field.node) for name, field in node.fields.items()}

    def _long(self, node: Fields) -> list[ExpectedItem]:
        found = values.fields(self.page, node, CALL)
        if not found or "tool" not in found:
            return []
        lines = {key: field.line for key, field in found.items()}
        exact = values.yes_no(self.page, "exact", found["exact"].node) if "exact" in found else self.exact
        times = values.span(self.page, "times", found["times"].node) if "times" in found else None
        if times == (0, 0):
            self.page.error(found["times"].line, "`times: 0` expects no call", "use `forbidden_tools`")
        return [
            ExpectedCall(
                tool=values.name(self.page, "tool", found["tool"].node),
                arguments=self._arguments(found["arguments"].node, lines) if "arguments" in found else None,
                exact_arguments=exact,
                by=_names(self.page, found, "by"),
                times=times or (1, 1),
                helper=_helper(self.page, found["helper"].node) if "helper" in found else None,
                location=self.page.at(node.line),
                lines=lines,
            )
        ]

    def _group(self, node: Fields) -> list[ExpectedItem]:
        found = values.fields(self.page, node, GROUP)
        if not found:
            return []
        (kind, field), *_ = found.items()
        if kind == "any_order":
            calls = self.sequence(kind, field.node)
            return [AnyOrderGroup(calls=calls)] if calls else []
        if kind == "optional":
            calls = self.sequence(kind, field.node)
            return [OptionalGroup(calls=calls)] if calls else []
        return self._any_of(field.node)

    def _any_of(self, node: Node) -> list[ExpectedItem]:
        if not isinstance(node, Items) or not node.items:
            hint = "list alternatives, each a call or a list of calls"
            self.page.error(node.line, f"`any_of` must be a list of alternatives, not {described(node)}", hint)
            return []
        return [AnyOfGroup(alternatives=tuple(self.sequence("any_of", each) for each in node.items))]
