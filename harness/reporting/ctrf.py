"""Common Test Report Format: one JSON that many dashboards read. What it has no place for stands under `extra`."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from harness.analysis.failures import sentence_of
from harness.core.results import Verdict
from harness.reporting.clean import clean
from harness.reporting.text import result_text

if TYPE_CHECKING:
    from harness.analysis.outcome import ScenarioResult
    from harness.reporting.view import Report

_STATUS = {
    Verdict.PASSED: "passed",
    Verdict.FAILED: "failed",
    Verdict.ERRORED: "other",
    Verdict.NOT_APPLICABLE: "skipped",
}


def render_ctrf(report: Report) -> str:
    """The run as CTRF: could-not-judge is `other`, quarantined and unchecked are `skipped`."""
    tests = [_test(report, result) for result in report.results]
    start = _milliseconds(report.run.info.created_at)
    stop = start + round(1000 * sum(trial.seconds for trial in report.run.trials))
    return json.dumps(
        {
            "reportFormat": "CTRF",
            "specVersion": "0.0.0",
            "results": {
                "tool": {"name": "harness", "version": report.run.info.versions.harness},
                "summary": _summary(tests, start, stop),
                "tests": tests,
                "extra": {"run": report.run.info.id, "standIn": report.run.stand_in},
            },
        },
        indent=1,
        ensure_ascii=False,
    )


def _summary(tests: list[dict[str, Any]], start: int, stop: int) -> dict[str, int]:
    statuses = [test["status"] for test in tests]
    counted = {name: statuses.count(name) for name in ("passed", "failed", "pending", "skipped", "other")}
    return {"tests": len(tests), **counted, "start": start, "stop": stop}


def _test(report: Report, result: ScenarioResult) -> dict[str, Any]:
    location = result.scenario.location
    test: dict[str, Any] = {
        "name": clean(result.scenario.id),
        "status": "skipped" if result.quarantined else _STATUS[result.verdict],
        "duration": round(1000 * sum(trial.seconds for trial in result.trials)),
        "suite": [clean(location.file)],
        "filePath": clean(location.file),
        "line": location.line,
        "tags": [clean(tag) for tag in result.scenario.tags],
        "flaky": result.flaky,
        "extra": {"variant": result.variant, "passed": result.passed, "trials": len(result.trials)},
    }
    if result.verdict in (Verdict.FAILED, Verdict.ERRORED) and result.telling:
        test |= {"message": clean(sentence_of(result.telling)), "trace": clean(result_text(report, result))}
    return test


def _milliseconds(moment: str) -> int:
    try:
        return round(1000 * datetime.fromisoformat(moment).timestamp())
    except ValueError:
        return 0
