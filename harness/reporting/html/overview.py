"""What the templates of the page need beside the details: cards, tables and the facets their links filter by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.analysis.routing_table import Share
from harness.analysis.tool_use import FAULTS, ToolUse
from harness.analysis.verdicts import METRICS
from harness.core.results import Fit, Verdict
from harness.reporting.detail import TrialDetail, trial_detail
from harness.reporting.html.cards import CODES, cards
from harness.reporting.html.facets import Facets
from harness.reporting.html.graph import picture
from harness.reporting.html.rows import DOTS, TableRow
from harness.reporting.view import CHANGES, WORDS, Report, headline, part_shown, provenance, short_changes, title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.failures import FailureGroup
    from harness.analysis.routing_table import RoutingTable

_GROUPS_SHOWN, _EXAMPLES, _MEMBERS = 60, 10, 12
_SHADES = 4

KEYS = (
    ("/", "search"),
    ("j  k", "next and previous row"),
    ("Enter", "open"),
    ("Esc", "back"),
    ("n  p", "next and previous failure"),
    ("t", "light or dark"),
    ("?", "this list"),
)
_FAULT_WORDS = {
    Fit.MISSING: "missing",
    Fit.UNEXPECTED: "unexpected",
    Fit.MISMATCHED: "wrong arguments",
    Fit.OUT_OF_ORDER: "out of order",
}
CHANGE_CELLS = {**CHANGES, "other_path": "other path", "unjudged": "not judged", "changed_expectation": "other case"}
"""Kinds of change, short enough for a cell."""

_COLUMNS = (
    ("status", "Status", ""),
    ("id", "Scenario", ""),
    ("expected", "Expected → actual", "ea"),
    ("dots", "Layers", ""),
    ("trials", "Trials", "num"),
    ("change", "Change", "chg"),
    ("ms", "ms", "num ms"),
    ("tokens", "Tokens", "num tok"),
)


@dataclass(frozen=True, slots=True)
class Overview:
    """Values of the templates, and the facets they refer to."""

    values: dict[str, Any]
    facets: dict[str, tuple[str, list[int]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A number that filters."""

    count: int
    facet: str
    label: str
    shade: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixRow:
    """A row of the confusion table."""

    expected: str
    cells: tuple[Counted, ...]
    recall: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRow:
    """A row of the table of tools."""

    name: str
    owner: str
    helper: str | None
    called: Counted
    failed: int
    faults: tuple[Counted, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of failures; `example` is its first trial, rendered for the first groups only."""

    code: str
    word: str
    trials: int
    where: str
    sentence: str
    quarantined: bool
    facet: str
    members: tuple[str, ...]
    more: int
    example: TrialDetail | None


def overview(report: Report, rows: Sequence[TableRow]) -> Overview:
    """Everything above the details."""
    facets = Facets(report.results)
    drawn = picture(report.run, facets)
    groups = report.metrics.failures
    values: dict[str, Any] = {
        **_verdict(report),
        "cards": cards(report),
        "changes": _changes(report, facets),
        "routing": report.metrics.routing,
        "matrix": _matrix(report.metrics.routing, facets),
        "picture": drawn,
        "aside": _aside(report),
        "idle": [f"{edge.source} → {edge.target}" for edge in drawn.edges if not edge.count],
        "wrong_edges": any(edge.wrong for edge in drawn.edges),
        "tools": [_tool(tool, facets) for tool in report.metrics.tools],
        "groups": [_group(report, group, place, facets) for place, group in enumerate(groups[:_GROUPS_SHOWN])],
        "more_groups": max(0, len(groups) - _GROUPS_SHOWN),
        "failing": sum(group.trials for group in groups),
        "levels": list(dict.fromkeys(row.level for row in rows)),
        "tags": sorted({tag for row in rows for tag in row.tags}),
        "variants": list(dict.fromkeys(row.variant for row in rows)),
        "columns": _COLUMNS,
        "dot_names": [METRICS[name] for name in DOTS],
        "words": {code: WORDS[verdict] for verdict, code in CODES.items()},
        "change_cells": CHANGE_CELLS,
        "keys": KEYS,
    }
    return Overview(values, facets.data())


def _verdict(report: Report) -> dict[str, Any]:
    versions = report.run.info.versions
    return {
        "title": title(report),
        "headline": headline(report),
        "code": CODES[report.verdict],
        "word": WORDS[report.verdict],
        "info": report.run.info,
        "effort": report.metrics.effort,
        "part": part_shown(report.run),
        "stand_in": report.run.stand_in,
        "provenance": provenance(report),
        "totals": _totals(report),
        "versions": [
            ("harness", versions.harness),
            ("Agents SDK", versions.sdk),
            ("openai", versions.openai),
            ("vcrpy", versions.vcrpy),
            ("Python", versions.python),
        ],
    }


def _aside(report: Report) -> str:
    """What sets the tables apart from the cards."""
    return " Quarantined scenarios are in it." if len(report.counted) < len(report.results) else ""


def _totals(report: Report) -> list[tuple[str, int, str]]:
    """Passed and failed always, the others where there are any."""
    aside = len(report.results) - len(report.counted)
    found = [
        ("Passed", report.count(Verdict.PASSED), "p"),
        ("Failed", report.count(Verdict.FAILED), "f"),
        ("Could not judge", report.count(Verdict.ERRORED), "e"),
        ("Unchecked", report.count(Verdict.NOT_APPLICABLE), "n"),
        ("Quarantined", aside, "n"),
        ("Flaky", len(report.metrics.reliability.flaky), "n"),
    ]
    return [each for place, each in enumerate(found) if place < 2 or each[1]]  # noqa: PLR2004 - the first two


def _changes(report: Report, facets: Facets) -> list[tuple[str, str, int, str]]:
    if report.changes is None:
        return []
    shown = short_changes(report.changes)
    return [(name, words, len(ids), facets.add(words, ids)) for name, words, ids in shown]


def _matrix(table: RoutingTable, facets: Facets) -> list[MatrixRow]:
    return [
        MatrixRow(
            expected=row,
            cells=tuple(_cell(table, row, column, facets) for column in table.columns),
            recall=table.recall[place],
        )
        for place, row in enumerate(table.rows)
    ]


def _cell(table: RoutingTable, expected: str, actual: str, facets: Facets) -> Counted:
    cell = table.cell(expected, actual)
    if cell is None:
        return Counted(count=0, facet="", label="")
    label = f"expected {expected}, actual {actual}"
    whole = sum(each.count for each in table.cells if each.expected == expected)
    depth = 1 + round((_SHADES - 1) * cell.count / whole)
    shade = f"{'right' if cell.right == cell.count else 'off'} h{depth}"
    return Counted(
        count=cell.count, facet=facets.add(label, cell.scenarios), label=f"{label}: {cell.count}", shade=shade
    )


def _tool(tool: ToolUse, facets: Facets) -> ToolRow:
    def counted(number: int, words: str, scenarios: Sequence[str]) -> Counted:
        label = f"{tool.tool}, {words}"
        return Counted(count=number, facet=facets.add(label, scenarios), label=f"{label}: {number}")

    return ToolRow(
        name=tool.tool,
        owner=tool.owner,
        helper=tool.helper,
        called=counted(tool.called, "called", tool.calls),
        failed=tool.failed,
        faults=tuple(counted(tool.faults[fit], _FAULT_WORDS[fit], tool.scenarios[fit]) for fit in FAULTS),
    )


def _group(report: Report, group: FailureGroup, place: int, facets: Facets) -> Group:
    layer = group.layer.value if group.layer else "harness" if group.verdict is Verdict.ERRORED else "end to end"
    where = f"{layer} / {group.agent}" if group.agent else layer
    return Group(
        code=CODES[group.verdict],
        word=WORDS[group.verdict],
        trials=group.trials,
        where=where,
        sentence=group.sentence,
        quarantined=group.quarantined,
        facet=facets.add(f"{where}: {group.sentence[:80]}", group.scenarios),
        members=group.scenarios[:_MEMBERS],
        more=max(0, len(group.scenarios) - _MEMBERS),
        example=_example(report, group) if place < _EXAMPLES else None,
    )


def _example(report: Report, group: FailureGroup) -> TrialDetail | None:
    for result in report.results:
        if result.scenario.id == group.scenarios[0]:
            same = [trial for trial in result.trials if trial.verdict is group.verdict]
            return trial_detail(result.scenario, same[0]) if same else None
    return None
