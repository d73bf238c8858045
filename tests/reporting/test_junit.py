from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import xmlschema
from junitparser import Error, Failure, JUnitXml, Skipped

from harness.reporting.junit import legal, render_junit, render_junit_strict
from harness.reporting.view import report_of

STRICT = Path(__file__).parents[1] / "data" / "jenkins-xunit.xsd"


def _parsed(xml: str) -> ET.Element:
    return ET.fromstring(xml)  # noqa: S314 - written by the code under test


def _cases(xml: str) -> dict[str, Any]:
    return {case.name: case for suite in JUnitXml.fromstring(xml.encode()) for case in suite}


def test_failed_errored_and_skipped_are_what_they_say(samples: Any) -> None:
    cases = _cases(render_junit(report_of(samples.mixed())))
    kinds = {name: type(case.result[0]) if case.result else None for name, case in cases.items()}
    assert kinds["duplicate-charge"] is None
    assert kinds["flaky-refund"] is None
    assert kinds["refund-wrong-amount"] is Failure
    assert kinds["upgrade-mid-month"] is Error
    assert kinds["ambiguous-page"] is Skipped
    assert kinds["hello"] is Skipped


def test_the_message_is_the_verdict_sentence_and_the_text_the_trajectory(samples: Any) -> None:
    [result] = _cases(render_junit(report_of(samples.mixed())))["refund-wrong-amount"].result
    assert result.message == "calculate_proration was not called"
    assert '+ get_invoice(customer_id="C-2001")' in result.text


def test_counts_agree_with_the_cases(samples: Any) -> None:
    suite = _parsed(render_junit(report_of(samples.mixed()))).find("testsuite")
    assert suite is not None
    counted = {name: int(suite.get(name) or 0) for name in ("tests", "failures", "errors", "skipped")}
    assert counted == {"tests": 11, "failures": 4, "errors": 1, "skipped": 2}


def test_a_case_names_file_line_and_properties(samples: Any) -> None:
    root = _parsed(render_junit(report_of(samples.mixed())))
    [case] = root.findall(".//testcase[@name='flaky-refund']")
    assert (case.get("file"), case.get("line"), case.get("classname")) == (
        "scenarios/billing.yaml",
        "4",
        "scenarios.billing",
    )
    properties = {each.get("name"): each.get("value") for each in case.iter("property")}
    assert properties["trials"] == "3/5"
    assert properties["layer.triage.routing"] == "passed"


def test_strict_output_is_valid_where_jenkins_is_strict_and_the_other_is_not(samples: Any) -> None:
    schema = xmlschema.XMLSchema(STRICT)
    hostile = samples.run_of(samples.hostile(), *(tell() for tell in samples.kinds.values()))
    for run in (samples.mixed(), samples.run_of(), hostile):
        schema.validate(render_junit_strict(report_of(run)))
    assert not schema.is_valid(render_junit(report_of(samples.mixed())))


def test_no_text_makes_the_file_unreadable(samples: Any) -> None:
    scenario, trial = samples.hostile()
    error = "\x1b[31mred\x1b[0m \x00 ]]> \ud800 \uffff"
    blame = replace(trial.blame, sentence=error)
    xml = render_junit(report_of(samples.run_of((scenario, replace(trial, blame=blame)))))
    [result] = _cases(xml)["hostile-text"].result
    assert result.message == "red  ]]>  "


def test_legal_keeps_what_xml_allows() -> None:
    assert legal("a\tb\n\u20ac\U0001f600") == "a\tb\n\u20ac\U0001f600"


def test_two_variants_of_a_scenario_do_not_share_a_name(samples: Any) -> None:
    scenario, trial = samples.kinds["passing"]()
    told = [(scenario, replace(trial, variant=name)) for name in ("terse", "strict")]
    assert set(_cases(render_junit(report_of(samples.run_of(*told))))) == {
        "duplicate-charge [terse]",
        "duplicate-charge [strict]",
    }
