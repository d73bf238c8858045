"""The run in one JSON document, for scripts and trends: verdict, metrics with n and interval, one line a scenario."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from harness.analysis.failures import sentence_of
from harness.analysis.prices import cost_of_run
from harness.reporting.clean import clean
from harness.reporting.view import CHANGES, Report, headline, provenance

if TYPE_CHECKING:
    from harness.analysis.metrics import Metric
    from harness.analysis.outcome import ScenarioResult
    from harness.analysis.statistics import Interval

SUMMARY_VERSION = 1
"""Raised when a key changes its meaning."""


def render_summary(report: Report) -> str:
    """The summary as JSON, one scenario a line."""
    head = summary_of(report)
    scenarios = head.pop("scenarios")
    lines = ",\n".join(f"    {json.dumps(each, ensure_ascii=False)}" for each in scenarios)
    body = json.dumps(head, indent=2, ensure_ascii=False)
    return clean(f'{body[:-2]},\n  "scenarios": [\n{lines}\n  ]\n}}\n')


def summary_of(report: Report) -> dict[str, Any]:
    """The summary as plain data."""
    info, effort = report.run.info, report.metrics.effort
    return {
        "version": SUMMARY_VERSION,
        "run": info.id,
        "created_at": info.created_at,
        "verdict": report.verdict.value,
        "sentence": headline(report),
        "system": info.system,
        "variant": info.variant,
        "mode": info.mode.value,
        "stand_in": report.run.stand_in,
        "commit": info.commit,
        "dirty": info.dirty,
        "shard": info.shard,
        "complete": report.run.complete,
        "provenance": list(provenance(report)),
        "trials": len(report.run.trials),
        "tokens": effort.usage.total_tokens,
        "model_calls": effort.model_calls,
        "tool_calls": effort.tool_calls,
        "live_calls": effort.live,
        "cost_usd": effort.cost_usd,
        "list_price_usd": _costs(report),
        "metrics": {name: _metric(metric) for name, metric in report.metrics.layers.items()},
        "reliability": [
            {"k": each.k, "pass_at_k": each.any_of, "pass_hat_k": each.all_of, "n": each.n}
            for each in report.metrics.reliability.at
        ],
        "failures": [
            {"signature": each.signature, "trials": each.trials, "scenarios": list(each.scenarios)}
            for each in report.metrics.failures
        ],
        "changes": {name: list(getattr(report.changes, name)) for name in CHANGES} if report.changes else None,
        "gate": {"verdict": report.gate.verdict.value, "reasons": list(report.gate.reasons)} if report.gate else None,
        "scenarios": [_scenario(each) for each in report.results],
    }


def _costs(report: Report) -> dict[str, Any]:
    """What as many tokens cost at list price; null where a model has no price, which is not zero."""
    cost = cost_of_run(report.run)
    return {
        "usd": cost.usd,
        "by_layer": dict(cost.by_layer),
        "by_agent": dict(cost.by_agent),
        "by_model": dict(cost.by_model),
        "unpriced": list(cost.unpriced),
        "uncounted": cost.uncounted,
    }


def _metric(metric: Metric) -> dict[str, Any]:
    return {
        "label": metric.label,
        "rate": metric.rate,
        "hits": metric.hits,
        "n": metric.n,
        "errored": metric.errored,
        "not_applicable": metric.not_applicable,
        "lower_is_better": metric.lower_is_better,
        "value": metric.value,
        "interval": _interval(metric.interval),
        "suite_interval": _interval(metric.suite),
        "population_interval": _interval(metric.population),
        "where_above_was_right": _given(metric.given_above),
    }


def _given(metric: Metric | None) -> dict[str, Any] | None:
    """The same metric among the trials whose layer above was right; None where no layer is above."""
    return None if metric is None else {"rate": metric.rate, "hits": metric.hits, "n": metric.n}


def _interval(interval: Interval | None) -> dict[str, Any] | None:
    if interval is None:
        return None
    return {"low": interval.low, "high": interval.high, "method": interval.method, "confidence": interval.confidence}


def _scenario(result: ScenarioResult) -> dict[str, Any]:
    return {
        "id": result.scenario.id,
        "variant": result.variant,
        "verdict": result.verdict.value,
        "passed": result.passed,
        "trials": len(result.trials),
        "quarantined": result.quarantined,
        "flaky": result.flaky,
        "where": str(result.scenario.location),
        "sentence": sentence_of(result.telling) if result.telling else "",
    }
