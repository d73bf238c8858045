from __future__ import annotations

import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core.results import Verdict
from harness.reporting.terminal import Screen, Work, failure_text
from harness.reporting.text import next_commands, render_text
from harness.reporting.view import ChangesShown, GateShown, Report, attention, report_of

if TYPE_CHECKING:
    import pytest

    from harness.core.results import Run


def _shown(run: Run, encoding: str = "utf-8", **settings: Any) -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, write_through=True)
    Screen(stream=stream, **settings).report(report_of(run), "reports/r/index.html")
    return raw.getvalue().decode(encoding)


def test_one_line_when_all_is_well(samples: Any) -> None:
    [line] = _shown(samples.green()).splitlines()
    assert line.startswith("✓ all 60 judged scenarios passed · triage routing 100% n=60")
    assert "stand-in" in line
    assert line.endswith("reports/r/index.html")


def test_the_layers_are_there_when_asked_for(samples: Any) -> None:
    assert "Triage routing          100%  60/60  94.0% to 100%" in _shown(samples.green(), verbose=True)


def test_failures_come_first_with_diff_rerun_and_link(samples: Any) -> None:
    lines = _shown(samples.regression()).splitlines()
    assert lines[:11] == [
        "✗ refund-wrong-amount  failed",
        "  calculate_proration was not called",
        "  triage routing ✓  ·  specialist tools ✗",
        "    Tool calls: BillingSpecialist",
        '    = lookup_account(input="Look up C-2001")',
        "    - calculate_proration",
        '    - process_refund(customer_id="C-2001", amount=120.0)',
        '    + process_refund(customer_id="C-2001", amount=210)',
        "        $.amount is different: expected 120.0, got 210",
        '    + get_invoice(customer_id="C-2001")',
        "  scenarios/billing.yaml:4  ·  harness run refund-wrong-amount",
    ]
    assert lines[11] == "  reports/r/index.html#/s/refund-wrong-amount"
    assert lines.index("") < next(place for place, line in enumerate(lines) if line.startswith("Layer"))
    assert lines[-2:] == ["next: harness run refund-wrong-amount", "report: reports/r/index.html"]


def test_at_most_ten_failures_are_told_in_full(samples: Any) -> None:
    told = samples.copies(samples.kinds["misrouted"](), 158)
    shown = _shown(samples.run_of(*told))
    assert shown.count("✗ invoice-page-blank-") == 10
    assert "+148 more" in shown


def test_quiet_says_the_verdict_only(samples: Any) -> None:
    assert _shown(samples.regression(), quiet=True).splitlines()[0].startswith("FAILED: 1 of 61 scenarios failed")
    assert "lookup_account" not in _shown(samples.regression(), quiet=True)


def test_ascii_where_the_encoding_is_not_utf_8(samples: Any) -> None:
    shown = _shown(samples.mixed(), encoding="ascii")
    assert "X invoice-page-blank" in shown
    assert "✗" not in shown


def test_colour_obeys_the_environment(samples: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[" not in _shown(samples.mixed())
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in _shown(samples.mixed())
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in _shown(samples.mixed())
    monkeypatch.delenv("NO_COLOR")
    assert "\x1b[3" not in _shown(samples.mixed(), color=False)


def test_hostile_text_cannot_reach_the_terminal(samples: Any) -> None:
    shown = _shown(samples.run_of(samples.hostile()))
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "\x00" not in shown


def test_the_gate_and_the_changes_have_their_lines(samples: Any) -> None:
    gate = GateShown(verdict=report_of(samples.mixed()).verdict, sentence="1 of 4 gates broken", reasons=("a floor",))
    changes = ChangesShown(baseline="main", regressed=("a", "b"), rates={"triage.routing": 1.0})
    shown = render_text(report_of(samples.mixed(), gate=gate, changes=changes))
    assert "COULD NOT JUDGE: 1 of 4 gates broken" in shown
    assert "  · a floor" in shown
    assert "Against main: 2 regressed · 0 fixed" in shown
    assert "  regressed: a, b\n" in shown
    assert "-8.3 points" in shown


def test_next_commands_are_exact_and_few(samples: Any) -> None:
    mixed, one = report_of(samples.mixed()), report_of(samples.regression())
    assert next_commands(mixed, attention(mixed.results)) == ["harness record --stale", "harness run --last-failed"]
    assert next_commands(one, attention(one.results)) == ["harness run refund-wrong-amount"]


def test_pytest_gets_the_failure_as_plain_text(samples: Any) -> None:
    text = failure_text(samples.run_of(samples.kinds["wrong_tools"]()))
    assert text.startswith("✗ refund-wrong-amount  failed\n  calculate_proration was not called")
    assert "\x1b" not in text


@dataclass
class _Over:
    report: Report
    folder: Path


def test_the_summary_says_where_the_page_is(samples: Any, tmp_path: Path) -> None:
    (tmp_path / "index.html").touch()
    stream = io.StringIO()
    Screen(stream=stream).summary(_Over(report_of(samples.green()), tmp_path))
    assert (tmp_path / "index.html").as_uri() in stream.getvalue()


def test_a_gate_that_passes_tells_its_reasons_too(samples: Any) -> None:
    stream = io.StringIO()
    gate = GateShown(verdict=Verdict.PASSED, reasons=("blind spot: a replay repeats recorded answers",))
    Screen(stream=stream).report(report_of(samples.green(), gate=gate))
    assert "gate passed: all" in stream.getvalue()
    assert "blind spot: a replay repeats recorded answers" in stream.getvalue()


def test_a_gate_that_passes_does_not_hide_what_failed(samples: Any) -> None:
    stream = io.StringIO()
    report = report_of(samples.regression(), gate=GateShown(verdict=Verdict.PASSED))
    Screen(stream=stream, quiet=True).report(report)
    assert f"{report.count(Verdict.FAILED)} failed without blocking" in stream.getvalue()


def test_progress_without_a_terminal_is_a_line_now_and_then(samples: Any) -> None:
    moments = iter([0.0, 1.0, 6.0, 6.0, 6.0, 7.0, 20.0, 20.0, 20.0])
    stream = io.StringIO()
    work = Work(stream, 100, clock=lambda: next(moments))
    work.step()
    work.step(bad=True)
    work.step()
    work.step()
    work.stop()
    assert stream.getvalue().splitlines() == [
        "2 of 100 trials, 1 not passed, 0.3/s, 4 min 54 s left",
        "4 of 100 trials, 1 not passed, 0.2/s, 8 min 00 s left",
    ]


def test_progress_on_a_terminal_is_a_bar_that_goes_away(samples: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = io.StringIO()
    work = Work(stream, 2, color=True)
    work.step()
    work.step(bad=True)
    work.stop()
    assert "2/2" in stream.getvalue()
    assert "1 not passed" in stream.getvalue()


def test_a_quiet_screen_shows_no_progress(samples: Any) -> None:
    stream = io.StringIO()
    screen = Screen(stream=stream, quiet=True)
    for trial in samples.mixed().trials:
        screen.trial(trial)
    assert stream.getvalue() == ""


def test_quarantined_failures_take_a_line_each_and_come_after_those_that_decide(samples: Any) -> None:
    lines = _shown(samples.mixed()).splitlines()
    place = lines.index("Quarantined, decide nothing:")
    assert lines[place + 1].startswith("  ✗ ambiguous-page: Triage handed")
    assert lines[place + 2] == ""
    assert place > lines.index("✗ plan-question  failed")


def test_the_link_of_a_variant_leads_to_its_row(samples: Any) -> None:
    scenario, trial = samples.kinds["misrouted"]()
    run = samples.run_of((replace(scenario, id="a b/c"), replace(trial, scenario="a b/c", variant="terse")))
    assert "reports/r/index.html#/s/a%20b%2Fc~terse" in _shown(run)


def test_a_run_that_knows_its_size_says_how_far_it_is(samples: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = io.StringIO()
    screen = Screen(stream=stream, color=True)
    screen.begin(15)
    for trial in samples.mixed().trials:
        screen.trial(trial)
    screen.stop()
    assert "15/15" in stream.getvalue()
