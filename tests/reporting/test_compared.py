from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.analysis.comparison import compare
from harness.analysis.summary import summary_of
from harness.reporting.compared import comparison_markdown, comparison_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.analysis.comparison import Comparison
    from harness.core.results import Run

    MakeRun = Callable[..., Run]


def compared(make_run: MakeRun) -> Comparison:
    before = make_run({"a": "+", "b": "-", "c": "+", "gone": "+"})
    after = make_run({"a": "-", "b": "+", "c": "~", "new": "+"}, instructions="~~~~ <b>Other</b>")
    return compare(summary_of(after, "after"), summary_of(before, "before"))


def test_every_flip_is_named_with_its_counts(make_run: MakeRun) -> None:
    text = comparison_text(compared(make_run))
    assert "a 1/1 -> 0/1 [triage: Triage]: expected Billing, went to Technical" in text
    assert "b 0/1 -> 1/1" in text


def test_a_diff_cannot_leave_its_fence(make_run: MakeRun) -> None:
    fenced = comparison_markdown(compared(make_run)).split("~~~~diff")[1]
    assert fenced.count("~~~~") == 1


def test_many_scenarios_are_cut_with_their_number(make_run: MakeRun) -> None:
    marks = {f"s{number}": "+" for number in range(30)}
    worse = compare(summary_of(make_run(dict.fromkeys(marks, "-"))), summary_of(make_run(marks)))
    assert "+10 more" in comparison_text(worse)


HOSTILE = "<img src=x> @team [link](http://x) `code` | \x1b[31mred"


def test_what_agents_said_is_shown_as_it_is_and_mentions_nobody(make_run: MakeRun) -> None:
    found = compared(make_run)
    told = tuple(replace(each, why=HOSTILE) for each in found.scenarios)
    hostile = replace(found, scenarios=told, candidate=HOSTILE)
    shown = comparison_markdown(hostile)
    for text in ("<img", " @team", "[link]", " `code`", "\x1b"):
        assert text not in shown
    assert "\x1b" not in comparison_text(hostile)
