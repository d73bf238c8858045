"""The page of a comparison, in text and in a real browser."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from harness.analysis.comparison import compare_all
from harness.analysis.cost_changes import cost_changes
from harness.analysis.summary import summary_of
from harness.reporting.html.compared import render_comparison
from harness.reporting.side_by_side import Pair

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from harness.core.results import Run

SETTINGS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "narrow": {"viewport": {"width": 320, "height": 800}},
    "forced colours": {"forced_colors": "active"},
}


def pairs_of(folder: Path, before: Run, *after: Run, kept: bool = True) -> list[Pair]:
    found = compare_all(
        [summary_of(each, f"candidate {number}") for number, each in enumerate(after)], summary_of(before, "main")
    )
    return [
        Pair(
            comparison=replace(each, costs=cost_changes(run, before)),
            before=before if kept else None,
            after=run,
            folder=folder,
        )
        for each, run in zip(found, after, strict=True)
    ]


def swapped(samples: Any, good: str, bad: str) -> tuple[Run, Run]:
    """Two runs of the scenario `good`: on one side it ends as its sample, on the other as that of `bad`."""
    scenario, right = samples.kinds[good]()
    _, wrong = samples.kinds[bad]() if bad in samples.kinds else samples.hostile()
    failed = (scenario, replace(wrong, scenario=scenario.id))
    return samples.run_of((scenario, right)), samples.run_of(failed)


@pytest.fixture
def texts(samples: Any, tmp_path: Path) -> dict[str, str]:
    """A regression, a fix, equal sides, several candidates, a baseline without traces, and text that would run."""
    good, bad = swapped(samples, "passing", "wrong_tools")
    _, hostile = swapped(samples, "passing", "hostile")
    node = replace(bad.graph.agents[0], instructions="<img src=x onerror=alert(1)>\n</pre><script>alert(1)</script>")
    bad = replace(bad, graph=replace(bad.graph, agents=(node, *bad.graph.agents[1:])))
    return {
        "regressed": render_comparison(pairs_of(tmp_path, good, bad)),
        "fixed": render_comparison(pairs_of(tmp_path, bad, good)),
        "equal": render_comparison(pairs_of(tmp_path, good, good)),
        "several": render_comparison(pairs_of(tmp_path, good, bad, hostile, good)),
        "baseline": render_comparison(pairs_of(tmp_path, good, bad, kept=False)),
        "hostile": render_comparison(pairs_of(tmp_path, good, hostile)),
    }


@pytest.fixture
def shown(browser: Browser, texts: dict[str, str], tmp_path: Path) -> Iterator[Any]:
    contexts = []

    def show(name: str, **settings: Any) -> tuple[Page, list[str]]:
        path = tmp_path / f"{name}.html"
        path.write_text(texts[name], encoding="utf-8")
        contexts.append(browser.new_context(**settings))
        page, said = contexts[-1].new_page(), []
        page.on("request", lambda request: said.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.goto(path.as_uri())
        return page, said

    yield show
    for context in contexts:
        context.close()


def test_what_regressed_is_shown_with_both_trajectories(shown: Any) -> None:
    page, _ = shown("regressed")
    assert page.inner_text("h1") == "candidate 0 against main"
    opened = page.locator("details[open]")
    assert opened.locator("summary b").inner_text() == "duplicate-charge"
    assert opened.get_by_role("article").count() == 2
    assert opened.get_by_role("article", name="main").get_by_text("passed").first.is_visible()
    assert "1 regression".upper() in page.inner_text(".stamp")


def test_the_changed_text_stands_beside_the_scenarios_it_moved(shown: Any) -> None:
    page, _ = shown("regressed")
    agent = page.locator(".agent").first
    assert agent.locator(".add").first.inner_text() == "+<img src=x onerror=alert(1)>"
    agent.get_by_role("link", name="duplicate-charge").click()
    assert page.evaluate("location.hash") == "#turn-0-0"


def test_every_layer_has_its_interval_and_its_p(shown: Any) -> None:
    rows = shown("regressed")[0].locator(".changes tbody tr").all_inner_texts()
    assert any("All scenarios" in row and "-100.0 points" in row and "worse" in row for row in rows)


def test_equal_sides_say_so(shown: Any) -> None:
    page, _ = shown("equal")
    assert "The agents of both sides are the same" in page.inner_text("main")
    assert "1 scenario ended alike on the same path" in page.inner_text("main")


def test_several_candidates_are_listed_first_each_with_a_link(shown: Any) -> None:
    page, _ = shown("several")
    assert page.inner_text("h1") == "3 candidates against main"
    assert page.locator("#glance ~ .scroll tbody tr").count() == 4
    assert "candidate 2 did best, but the best of 3" in page.inner_text("main")


def test_a_baseline_has_no_trace_to_show_and_says_so(shown: Any) -> None:
    page, _ = shown("baseline")
    assert "a baseline keeps rates, not runs" in page.locator("details[open]").inner_text()


def test_nothing_runs_nothing_is_fetched(texts: dict[str, str], shown: Any) -> None:
    for name in texts:
        page, said = shown(name)
        assert [each for each in said if not each.startswith("file:")] == []
        assert len(said) == 1
        assert page.locator("script, img").count() == 0


@pytest.mark.parametrize(("name", "setting"), [*(("several", each) for each in SETTINGS), ("hostile", "light")])
def test_axe_finds_nothing_and_nothing_sticks_out(shown: Any, setting: str, name: str) -> None:
    page, _ = shown(name, **SETTINGS[setting])
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
    found = page.evaluate("tags => axe.run({runOnly: tags})", tags)
    assert [(each["id"], [node["html"][:120] for node in each["nodes"]][:3]) for each in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
