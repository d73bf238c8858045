"""Who should have got the conversation against who did: triage's confusion matrix."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.core.results import Run, Score, Verdict
from harness.core.trace import Layer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.core.graph import AgentGraph

NO_HANDOFF = "no handoff"


@dataclass(frozen=True, slots=True)
class Cell:
    """How often `expected` became `actual`, and in which scenarios."""

    expected: str
    actual: str
    count: int
    right: int
    scenarios: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole`; a rate only where there is a whole."""

    part: int
    whole: int

    @property
    def rate(self) -> float | None:
        """The share, None when the whole is 0."""
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class RoutingTable:
    """Non-zero cells by expected and actual. An expectation that accepts several agents is a row of its own.

    `recall` is by row: of what should have gone there, how much did; `precision` by column: of what went there, how
    much was right to.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[Cell, ...]
    recall: tuple[Share, ...]
    precision: tuple[Share, ...]

    def cell(self, expected: str, actual: str) -> Cell | None:
        """The cell of a row and a column, None when nothing is in it."""
        return next((each for each in self.cells if (each.expected, each.actual) == (expected, actual)), None)


def routing_table(run: Run) -> RoutingTable:
    """Every judged routing decision of triage, one a trial or turn."""
    order = _order(run.graph)
    found: dict[tuple[str, str], list[tuple[str, bool]]] = defaultdict(list)
    for scenario, score in _decisions(run):
        expected, actual = _named(score.expected, run.graph), _named(score.actual, run.graph)
        found[expected, actual].append((scenario, score.verdict is Verdict.PASSED))
    cells = tuple(_cell(*key, seen) for key, seen in found.items())
    rows = _sorted({each.expected for each in cells}, order)
    columns = _sorted({each.actual for each in cells} | {row for row in rows if row in order}, order)
    return RoutingTable(
        rows=rows,
        columns=columns,
        cells=cells,
        recall=tuple(_share(each for each in cells if each.expected == row) for row in rows),
        precision=tuple(_share(each for each in cells if each.actual == column) for column in columns),
    )


def _decisions(run: Run) -> Iterator[tuple[str, Score]]:
    for trial in run.trials:
        for score in trial.scores:
            judged = score.verdict in (Verdict.PASSED, Verdict.FAILED) and not score.advisory
            if judged and score.scorer == "routing" and score.layer is Layer.TRIAGE:
                yield trial.scenario, score


def _named(name: str, graph: AgentGraph) -> str:
    node = graph.agent(name)
    return NO_HANDOFF if not name or (node is not None and node.ref.layer is Layer.TRIAGE) else name


def _cell(expected: str, actual: str, seen: list[tuple[str, bool]]) -> Cell:
    scenarios = tuple(dict.fromkeys(scenario for scenario, _ in seen))
    return Cell(expected, actual, len(seen), sum(right for _, right in seen), scenarios)


def _share(cells: Iterable[Cell]) -> Share:
    listed = list(cells)
    return Share(sum(each.right for each in listed), sum(each.count for each in listed))


def _order(graph: AgentGraph) -> tuple[str, ...]:
    return tuple(each.ref.name for each in graph.agents if each.ref.layer is not Layer.TRIAGE)


def _sorted(names: Iterable[str], order: tuple[str, ...]) -> tuple[str, ...]:
    """In the graph's order, then by name; no handoff last."""
    places = {name: place for place, name in enumerate(order)}
    return tuple(sorted(names, key=lambda name: (name == NO_HANDOFF, places.get(name, len(order)), name)))
