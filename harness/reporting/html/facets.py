"""Facets: sets of scenarios that a cell, an edge, a tool or a failure group of the page stands for."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.analysis.outcome import ScenarioResult


class Facets:
    """Collects facets while a page is put together; each gets a short key that its link carries."""

    def __init__(self, results: Sequence[ScenarioResult]) -> None:
        self._rows: dict[str, list[int]] = defaultdict(list)
        for place, result in enumerate(results):
            self._rows[result.scenario.id].append(place)
        self._found: dict[str, tuple[str, list[int]]] = {}

    def add(self, label: str, scenarios: Iterable[str]) -> str:
        """The key of these scenarios, shown as `label` while they are filtered for; empty when there are none."""
        rows = sorted({row for scenario in scenarios for row in self._rows.get(scenario, ())})
        if not rows:
            return ""
        key = f"f{len(self._found)}"
        self._found[key] = (label, rows)
        return key

    def data(self) -> dict[str, tuple[str, list[int]]]:
        """Every facet by key: label and row numbers."""
        return dict(self._found)
