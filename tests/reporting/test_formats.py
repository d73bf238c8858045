from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from harness.core.results import Verdict
from harness.errors import UsageError
from harness.reporting.formats import REPORTERS, USUAL, format_named, write
from harness.reporting.view import GateShown, Report, report_of


def loudest(report: Report) -> str:
    """A reporter of a user's own."""
    return f"{report.verdict.value.upper()}!"


@pytest.mark.parametrize("name", REPORTERS)
def test_the_same_run_gives_the_same_bytes(samples: Any, name: str) -> None:
    render = REPORTERS[name].render
    assert render(report_of(samples.mixed())) == render(report_of(samples.mixed()))


@pytest.mark.parametrize("name", REPORTERS)
def test_every_format_can_show_every_run(samples: Any, tmp_path: Path, name: str) -> None:
    hostile = samples.run_of(samples.hostile(), *(tell() for tell in samples.kinds.values()))
    for run in (hostile, samples.run_of(), samples.green(), replace(samples.green(), complete=False)):
        [path] = write(report_of(run), tmp_path, [name])
        assert path.read_text(encoding="utf-8").strip() or name == "github"


def test_each_format_has_a_file_of_its_own() -> None:
    assert len({each.file for each in REPORTERS.values()}) == len(REPORTERS)
    assert set(USUAL) <= set(REPORTERS)


def test_an_unknown_format_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match="unknown report format 'junti'") as caught:
        format_named("junti")
    assert caught.value.hint == "did you mean 'junit'?"


def test_a_function_of_ones_own_is_a_format(samples: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_reports.py").write_text("def loudest(report):\n    return report.verdict.value.upper()\n")
    monkeypatch.syspath_prepend(tmp_path)
    [path] = write(report_of(samples.green()), tmp_path / "out", ["my_reports:loudest"])
    assert (path.name, path.read_text()) == ("loudest.txt", "PASSED")


@pytest.mark.parametrize("name", ["no_such_module:render", "json:no_such_function"])
def test_a_function_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        format_named(name)


def test_the_json_summary_gives_every_rate_with_its_n(samples: Any) -> None:
    data = json.loads(REPORTERS["json"].render(report_of(samples.mixed())))
    assert data["verdict"] == "errored"
    assert data["stand_in"] is True
    assert data["metrics"]["triage.routing"]["n"] == 12
    assert data["metrics"]["triage.routing"]["hits"] == 11
    assert {each["id"] for each in data["scenarios"]} == {each.id for each in samples.mixed().scenarios}
    assert [each["k"] for each in data["reliability"]] == [1, 2, 3, 4, 5]


def test_ctrf_fits_its_published_schema(samples: Any) -> None:
    schema = json.loads((Path(__file__).parents[1] / "data" / "ctrf-schema.json").read_text(encoding="utf-8"))
    check = Draft7Validator(schema, format_checker=Draft7Validator.FORMAT_CHECKER)
    hostile = samples.run_of(samples.hostile(), *(tell() for tell in samples.kinds.values()))
    for run in (samples.mixed(), samples.run_of(), hostile, samples.regression()):
        check.validate(json.loads(REPORTERS["ctrf"].render(report_of(run))))


def test_ctrf_counts_add_up_and_leave_no_status_out(samples: Any) -> None:
    results = json.loads(REPORTERS["ctrf"].render(report_of(samples.mixed())))["results"]
    assert set(results) == {"tool", "summary", "tests", "extra"}
    summary = results["summary"]
    assert set(summary) == {"tests", "passed", "failed", "pending", "skipped", "other", "start", "stop"}
    assert summary["tests"] == sum(summary[name] for name in ("passed", "failed", "pending", "skipped", "other"))
    allowed = {"name", "status", "duration", "suite", "filePath", "line", "tags", "flaky", "extra", "message", "trace"}
    assert all(set(test) <= allowed for test in results["tests"])
    statuses = {test["name"]: test["status"] for test in results["tests"]}
    assert (statuses["upgrade-mid-month"], statuses["ambiguous-page"]) == ("other", "skipped")


def test_gitlab_metrics_are_open_metrics(samples: Any) -> None:
    lines = REPORTERS["gitlab-metrics"].render(report_of(samples.mixed())).splitlines()
    assert lines[-1] == "# EOF"
    assert 'harness_metric_n{metric="triage.routing"} 12' in lines
    assert 'harness_scenarios{verdict="errored"} 1' in lines
    typed = {line.split()[2] for line in lines if line.startswith("# TYPE")}
    assert {line.split("{")[0].split()[0] for line in lines if not line.startswith("#")} == typed


def test_gitlab_findings_stand_on_the_scenarios_line_with_a_fingerprint_each(samples: Any) -> None:
    findings = json.loads(REPORTERS["gitlab-quality"].render(report_of(samples.mixed())))
    assert len(findings) == 6
    assert len({each["fingerprint"] for each in findings}) == 6
    assert findings[0]["location"] == {"path": "scenarios/billing.yaml", "lines": {"begin": 4}}
    assert {each["severity"] for each in findings} == {"major", "minor", "info"}


def test_annotations_stay_under_githubs_limit_and_tell_of_the_rest(samples: Any) -> None:
    report = report_of(samples.run_of(*samples.copies(samples.kinds["misrouted"](), 10_000)))
    lines = REPORTERS["github"].render(report).splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("::error file=scenarios/billing.yaml,line=4,title=invoice-page-blank-00000 failed::")
    assert lines[-1] == "::error title=harness::and 9,991 more scenarios did not pass"


def test_annotations_escape_what_would_end_them(samples: Any) -> None:
    scenario, trial = samples.kinds["misrouted"]()
    named = replace(scenario, id="a,b:c")
    blame = replace(trial.blame, sentence="100%\r\n::error::forged")
    report = report_of(samples.run_of((named, replace(trial, scenario=named.id, blame=blame))))
    [line] = REPORTERS["github"].render(report).splitlines()
    assert "title=a%2Cb%3Ac failed::100%25%0A%0A::error::forged%0Aharness run a,b:c" in line


def test_quarantined_scenarios_only_warn(samples: Any) -> None:
    report = report_of(samples.run_of(samples.kinds["quarantined"](), samples.kinds["passing"]()))
    assert report.verdict is Verdict.PASSED
    assert REPORTERS["github"].render(report).startswith("::warning ")


def test_the_json_summary_says_where_the_money_goes(samples: Any) -> None:
    costs = json.loads(REPORTERS["json"].render(report_of(samples.run_of(samples.kinds["passing"]()))))[
        "list_price_usd"
    ]
    assert set(costs["by_layer"]) <= {"triage", "specialist", "helper"}
    known = [value for value in costs["by_agent"].values() if value is not None]
    assert costs["usd"] == (pytest.approx(sum(known)) if len(known) == len(costs["by_agent"]) else None)
    assert costs["by_model"]


def test_the_step_summary_stays_under_githubs_limit(samples: Any) -> None:
    report = report_of(samples.run_of(*samples.copies(samples.kinds["wrong_tools"](), 10_000)))
    text = REPORTERS["github-summary"].render(report)
    assert len(text.encode()) <= 900_000
    assert "more in the report" in text


def test_markdown_shows_text_as_it_is(samples: Any) -> None:
    text = REPORTERS["md"].render(report_of(samples.run_of(samples.hostile())))
    outside = "".join(part for place, part in enumerate(text.split("```")) if place % 2 == 0)
    assert "<script>" not in outside
    assert "<img" not in outside


def test_markdown_keeps_the_layers_out_of_the_list_of_reasons(samples: Any) -> None:
    gate = GateShown(verdict=Verdict.FAILED, sentence="gate: no", reasons=("broken: one", "blind spot: two"))
    lines = REPORTERS["md"].render(report_of(samples.mixed(), gate=gate)).splitlines()
    table = next(number for number, line in enumerate(lines) if line.startswith("| Layer"))
    assert lines[table - 3 : table] == ["- broken: one", "- blind spot: two", ""]


def test_markdown_leads_with_verdict_and_layers(samples: Any) -> None:
    lines = REPORTERS["md"].render(report_of(samples.mixed())).splitlines()
    assert lines[0] == "## ! Could not judge: 1 of 10 scenarios could not be judged; 4 scenarios failed"
    assert "stand-in, not a real model" in lines[2]
    assert "| Triage routing | 91.7% | 11/12 |" in "\n".join(lines)


def test_rendering_needs_no_sdk() -> None:
    code = "import sys, harness.reporting.formats, harness.reporting.terminal; print('agents' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == "False"
