"""JUnit XML: a scenario is a testcase; failure: the agents were wrong, error: not judged, skipped: decides nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from harness.analysis.failures import sentence_of
from harness.analysis.verdicts import METRICS, trial_verdicts
from harness.core.results import Verdict
from harness.reporting.numbers import cut
from harness.reporting.text import result_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.analysis.outcome import ScenarioResult
    from harness.reporting.view import Report

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


def render_junit(report: Report) -> str:
    """The run as JUnit XML with file, line and properties on each testcase."""
    return _document(report, strict=False)


def render_junit_strict(report: Report) -> str:
    """The same within Jenkins' xUnit schema, which knows no file, line or properties of a testcase."""
    return _document(report, strict=True)


def _document(report: Report, *, strict: bool) -> str:
    suite = ET.Element("testsuite", _counts(report) | {"name": "harness", "timestamp": report.run.info.created_at[:19]})
    if not strict:
        _properties(suite, dict(_of_run(report)))
    for result in report.results:
        suite.append(_testcase(report, result, strict=strict))
    root = ET.Element("testsuites", {name: value for name, value in _counts(report).items() if name != "skipped"})
    root.append(suite)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _counts(report: Report) -> dict[str, str]:
    kinds = [_kind(result) for result in report.results]
    seconds = sum(trial.seconds for trial in report.run.trials)
    return {
        "tests": str(len(kinds)),
        "failures": str(kinds.count("failure")),
        "errors": str(kinds.count("error")),
        "skipped": str(kinds.count("skipped")),
        "time": f"{seconds:.3f}",
    }


def _kind(result: ScenarioResult) -> str:
    """The element below the testcase; empty for one that passed."""
    if result.verdict is Verdict.PASSED:
        return ""
    if result.quarantined or result.verdict is Verdict.NOT_APPLICABLE:
        return "skipped"
    return "failure" if result.verdict is Verdict.FAILED else "error"


def _testcase(report: Report, result: ScenarioResult, *, strict: bool) -> ET.Element:
    scenario = result.scenario
    variant = f" [{result.variant}]" if result.variant else ""
    case = ET.Element(
        "testcase",
        {
            "classname": legal(scenario.location.file.removesuffix(".yaml").removesuffix(".yml").replace("/", ".")),
            "name": legal(f"{scenario.id}{variant}"),
            "time": f"{sum(trial.seconds for trial in result.trials):.3f}",
        },
    )
    if not strict:
        case.attrib |= {"file": legal(scenario.location.file), "line": str(scenario.location.line)}
        _properties(case, dict(_of_scenario(report, result)))
    kind = _kind(result)
    if kind:
        _explain(ET.SubElement(case, kind), report, result)
    return case


def _explain(element: ET.Element, report: Report, result: ScenarioResult) -> None:
    sentence = sentence_of(result.telling) if result.telling else "did not run"
    quarantine = result.scenario.quarantine if result.quarantined else None
    aside = f"quarantined until {quarantine.until}: {quarantine.reason}; " if quarantine else ""
    element.set("message", legal(cut(f"{aside}{sentence}")))
    if element.tag != "skipped":
        signature = result.telling.blame.signature if result.telling and result.telling.blame else "CouldNotJudge"
        element.set("type", legal(signature))
        element.text = legal(cut(result_text(report, result)))


def _of_run(report: Report) -> Iterator[tuple[str, str]]:
    yield "run", report.run.info.id
    yield "verdict", report.verdict.value
    yield from [("shard", report.run.info.shard)] if report.run.info.shard else []
    yield "stand-in", str(report.run.stand_in).lower()
    for name, metric in report.metrics.layers.items():
        yield f"metric.{name}", f"{metric.hits}/{metric.n}"


def _of_scenario(report: Report, result: ScenarioResult) -> Iterator[tuple[str, str]]:
    yield "trials", f"{result.passed}/{len(result.trials)}"
    if result.scenario.tags:
        yield "tags", ", ".join(result.scenario.tags)
    if result.telling:
        said = trial_verdicts(result.telling, result.scenario, report.run.graph)
        yield from ((f"layer.{name}", said[name].value) for name in METRICS if name in said)


def _properties(parent: ET.Element, values: dict[str, str]) -> None:
    if values:
        holder = ET.SubElement(parent, "properties")
        for name, value in values.items():
            ET.SubElement(holder, "property", {"name": name, "value": legal(value)})


def legal(text: str) -> str:
    """`text` without colour codes and characters that XML 1.0 forbids."""
    return _FORBIDDEN.sub("", _ANSI.sub("", text))
