"""What GitLab shows in a merge request beside JUnit: metrics (OpenMetrics) and code quality."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from harness.analysis.failures import sentence_of, signature_of
from harness.core.results import Verdict
from harness.reporting.clean import clean
from harness.reporting.view import Report, attention

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.analysis.outcome import ScenarioResult


def render_open_metrics(report: Report) -> str:
    """The rates with their n, and the counts, as OpenMetrics text. A rate that was not measured is left out."""
    return "".join(f"{line}\n" for line in (*_rates(report), *_totals(report), "# EOF"))


def render_code_quality(report: Report) -> str:
    """A finding on the line of each scenario that did not pass (Code Climate's format, as GitLab reads it)."""
    return json.dumps([_finding(result) for result in attention(report.results)], indent=1) + "\n"


def _rates(report: Report) -> Iterator[str]:
    for name in ("rate", "n"):
        yield f"# TYPE harness_metric_{name} gauge"
        for metric, found in report.metrics.layers.items():
            value = found.rate if name == "rate" else found.n
            if value is not None:
                yield f'harness_metric_{name}{{metric="{metric}"}} {value:g}'


def _totals(report: Report) -> Iterator[str]:
    yield "# TYPE harness_scenarios gauge"
    for verdict in Verdict:
        yield f'harness_scenarios{{verdict="{verdict.value}"}} {report.count(verdict)}'
    effort = report.metrics.effort
    for name, value in (
        ("tokens", effort.usage.total_tokens),
        ("model_calls", effort.model_calls),
        ("live", effort.live),
    ):
        yield f"# TYPE harness_{name} gauge"
        yield f"harness_{name} {value}"


def _finding(result: ScenarioResult) -> dict[str, object]:
    trial = result.telling
    told = f"{result.variant or ''}/{result.scenario.id}/{signature_of(trial) if trial else ''}"
    severity = "info" if result.quarantined else "major" if result.verdict is Verdict.FAILED else "minor"
    return {
        "description": clean(f"{result.scenario.id}: {sentence_of(trial) if trial else ''}"[:500]),
        "check_name": f"harness.{result.verdict.value}",
        "fingerprint": hashlib.sha256(told.encode("utf-8", "replace")).hexdigest(),
        "severity": severity,
        "location": {
            "path": result.scenario.location.file,
            "lines": {"begin": result.scenario.location.line},
        },
    }
