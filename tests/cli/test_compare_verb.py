from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Harness = Callable[..., Any]
    Save = Callable[..., Path]


def test_two_runs_are_held_against_each_other(harness: Harness, save: Save) -> None:
    before, after = save("before", {"a": "+", "b": "-"}), save("after", {"a": "-", "b": "+"}, instructions="New.")
    result = harness("compare", before, after)
    assert result.exit_code == 1
    for said in ("after against before", "regressed (1)", "a 1/1 -> 0/1", "fixed (1)", "+New.", "tokens a trial"):
        assert said in result.stderr


def test_no_regression_is_fine(harness: Harness, save: Save) -> None:
    assert harness("compare", save("before", {"a": "-"}), save("after", {"a": "+"})).exit_code == 0


def test_the_newest_run_is_compared_when_one_is_named(harness: Harness, save: Save) -> None:
    before = save("1", {"a": "+"})
    save("2", {"a": "-"})
    assert harness("compare", before, "--quiet").stderr.startswith("1 regressed")


def test_a_run_is_compared_with_a_baseline_file(harness: Harness, save: Save) -> None:
    run = save("run", {"a": "+"})
    harness("baseline", "bless", run)
    result = harness("compare", "baselines/main.json", run)
    assert result.exit_code == 0
    assert "run against main" in result.stderr


def test_variants_inside_one_run_are_compared(harness: Harness, save: Save) -> None:
    run = save("run", {"a": "+"}, also={"terse": {"a": "-"}})
    result = harness("compare", run, "--variants", "baseline,terse")
    assert result.exit_code == 1
    assert "terse against baseline" in result.stderr


def test_the_newest_run_of_each_variant_is_taken_when_no_run_is_named(harness: Harness, save: Save) -> None:
    def run(name: str, variant: str | None, mark: str) -> Path:
        folder = save(name, {"a": mark, "b": "+"}, variant=variant)
        assert harness("report", folder, "-q").exit_code == 0
        return folder

    run("1", None, "-")
    run("2", None, "+")
    run("3-terse", "terse", "-")
    run("4-kind", "kind", "+")
    assert harness("report", save("5", {"a": "-"}), "-q").exit_code == 0  # a selection, beside which nothing stands
    result = harness("compare", "--variants", "baseline,terse,kind")
    assert result.exit_code == 1
    assert "terse against baseline" in result.stderr
    assert "kind did best, but the best of 2 looks better than it is" in result.stderr
    data = json.loads(harness("compare", "--variants", "baseline,terse,kind", "--json").stdout)
    assert [each["candidate"] for each in data] == ["terse", "kind"]
    assert [len(each["scenarios"]) for each in data] == [2, 2]


def test_a_variant_without_a_run_says_how_to_make_one(harness: Harness, save: Save) -> None:
    harness("report", save("1", {"a": "+"}), "-q")
    result = harness("compare", "--variants", "baseline,terse")
    assert result.exit_code == 2
    assert "harness run --variant baseline --variant terse" in result.stderr


def test_the_page_stands_beside_the_candidate_or_where_it_is_wanted(
    harness: Harness, save: Save, project: Path
) -> None:
    before, after = save("before", {"a": "+"}), save("after", {"a": "-"}, instructions="<b>New</b>")
    assert f"page: {(after / 'compare-before.html').as_uri()}" in harness("compare", before, after).stderr
    page = (after / "compare-before.html").read_text(encoding="utf-8")
    assert "<title>after against before" in page
    assert "&lt;b&gt;New&lt;/b&gt;" in page
    harness("compare", before, after, "--json", "--html", project / "pages" / "p.html")
    assert (project / "pages" / "p.html").read_text(encoding="utf-8") == page


def test_nothing_named_is_wrong_usage(harness: Harness) -> None:
    result = harness("compare")
    assert result.exit_code == 2
    assert "name a run or a baseline file, or --variants A,B" in result.stderr


def test_one_variant_is_no_comparison(harness: Harness, save: Save) -> None:
    result = harness("compare", save("run", {"a": "+"}), "--variants", "terse")
    assert result.exit_code == 2
    assert "two or more names" in result.stderr


def test_markdown_has_a_table_and_a_diff(harness: Harness, save: Save) -> None:
    before, after = save("before", {"a": "+"}), save("after", {"a": "-"}, instructions="<b>New</b>")
    text = harness("compare", before, after, "--md").stdout
    assert "| metric | before |" in text
    assert "~~~~diff" in text


def test_json_is_data_on_stdout(harness: Harness, save: Save) -> None:
    before, after = save("before", {"a": "+"}), save("after", {"a": "-"})
    data = json.loads(harness("compare", before, after, "--json").stdout)
    assert data["scenarios"][0]["kind"] == "regressed"
