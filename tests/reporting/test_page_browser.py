"""The page in a real browser: what people click, what screen readers find, and what hostile text must not do."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from harness.analysis.comparison import compare
from harness.analysis.summary import summary_of
from harness.core.results import Verdict
from harness.reporting.gated import changes_shown
from harness.reporting.html.page import render_page
from harness.reporting.view import ChangesShown, GateShown, Report, report_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser


_PATIENCE_MS = 30_000
"""Enough for a busy machine; nothing waits that long where all is well."""

expect.set_options(timeout=_PATIENCE_MS)


@dataclass(eq=False)
class Watched:
    """A page and everything it said or asked for."""

    page: Page
    requests: list[str]
    messages: list[str]

    def text(self, selector: str) -> str:
        return self.page.inner_text(selector)

    def rows(self) -> list[str]:
        return self.page.locator("#rows .id a").all_inner_texts()


@pytest.fixture(scope="module")
def pages(samples: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    mixed = samples.mixed()
    changes = ChangesShown(baseline="main", regressed=("plan-question",), fixed=("duplicate-charge",), new=("hello",))
    runs = {
        "mixed": report_of(mixed, changes=changes),
        "green": report_of(samples.green()),
        "hostile": report_of(samples.run_of(samples.hostile())),
        "many": report_of(samples.large(450)),
        "empty": report_of(samples.run_of()),
        "beside": _beside(samples),
    }
    for name, report in runs.items():
        (folder / f"{name}.html").write_text(render_page(report), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in runs}


def _beside(samples: Any) -> Report:
    """A regression held against a run whose agents were told something else."""
    run, other = samples.regression(), samples.green()
    told = [replace(each, instructions=f"Be kind to <b>{each.ref.name}</b>.") for each in other.graph.agents]
    scenario, trial = samples.kinds["wrong_tools"]()[0], samples.kinds["passing"]()[1]
    other = replace(
        other,
        info=replace(other.info, id="before"),
        graph=replace(other.graph, agents=tuple(told)),
        scenarios=(*other.scenarios, scenario),
        trials=(*other.trials, replace(trial, scenario=scenario.id)),
    )
    held = compare(summary_of(run, "now"), summary_of(other, "before"))
    gate = GateShown(verdict=Verdict.FAILED, sentence="a floor broke", limits={"specialist.tools": 0.99})
    return report_of(run, changes=changes_shown(held), gate=gate, other=other)


@pytest.fixture
def opened(browser: Browser, pages: dict[str, Path]) -> Iterator[Any]:
    contexts = []

    def show(name: str, address: str = "", **settings: Any) -> Watched:
        context = browser.new_context(**settings)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(_PATIENCE_MS)
        watched = Watched(page, [], [])
        page.on("request", lambda request: watched.requests.append(request.url))
        page.on("console", lambda message: watched.messages.append(message.text))
        page.on("pageerror", lambda error: watched.messages.append(str(error)))
        page.goto(f"{pages[name].as_uri()}{address}")
        if address.startswith("#/s/") and settings.get("java_script_enabled", True):
            page.wait_for_selector("#detail h1")
        return watched

    yield show
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", ["mixed", "green", "hostile", "many", "empty", "beside"])
def test_opens_from_disk_with_one_request_and_not_a_word_on_the_console(opened: Any, name: str) -> None:
    seen = opened(name)
    assert len(seen.requests) == 1
    assert seen.messages == []


def test_the_tab_and_the_heading_carry_the_verdict(opened: Any) -> None:
    assert opened("mixed").page.title().startswith("COULD NOT JUDGE 4/10")
    assert opened("green").page.title().startswith("PASSED 60/60")
    assert "could not be judged" in opened("mixed").text("h1")


def test_the_stand_in_is_named_as_what_it_is(opened: Any) -> None:
    assert "not a real model" in opened("green").text(".provenance")
    assert "stand-in" in opened("green").text(".standin")


def test_text_of_models_and_tools_never_runs(opened: Any, samples: Any) -> None:
    seen = opened("hostile")
    seen.page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    seen.page.goto(f"{seen.page.url}#/s/hostile-text")
    seen.page.wait_for_selector("#detail h1")
    assert seen.page.evaluate("window.hacked") is None
    assert seen.messages == []
    assert "<img src=x onerror=window.hacked=1>" in seen.text("#detail .talk")
    assert "\\u202e" in seen.text("#detail .talk")
    assert "\u202e" not in seen.page.content()


def test_the_policy_lets_no_other_script_or_style_in(opened: Any) -> None:
    page = opened("mixed").page
    policy = page.get_attribute("meta[http-equiv=Content-Security-Policy]", "content")
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.late = 1'}))")
    assert page.evaluate("window.late") is None
    for address, shown in (("", "#overview"), ("#/s/flaky-refund", "#detail h1")):
        page.goto(page.url.partition("#")[0] + address)
        page.wait_for_selector(shown)
        attributes = "[...document.querySelectorAll('*')].flatMap(each => each.getAttributeNames())"
        named = set(page.evaluate(attributes))
        assert not {name for name in named if name == "style" or name.startswith("on")}


SETTINGS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "narrow": {"viewport": {"width": 320, "height": 800}},
    "forced colours": {"forced_colors": "active"},
}


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize(
    ("name", "address"), [("mixed", ""), ("mixed", "#/s/flaky-refund"), ("beside", "#/s/refund-wrong-amount")]
)
def test_axe_finds_nothing(opened: Any, setting: str, name: str, address: str) -> None:
    page = opened(name, address, **SETTINGS[setting]).page
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
    found = page.evaluate("tags => axe.run({runOnly: tags})", tags)
    told = [(each["id"], [node["html"][:120] for node in each["nodes"]][:3]) for each in found["violations"]]
    assert told == []


@pytest.mark.parametrize("width", [320, 768])
@pytest.mark.parametrize("address", ["", "#/s/refund-wrong-amount"])
def test_the_page_itself_never_scrolls_sideways(opened: Any, width: int, address: str) -> None:
    page = opened("mixed", address, viewport={"width": width, "height": 800}).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_keys_move_open_and_go_back(opened: Any) -> None:
    seen = opened("mixed")
    page = seen.page
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.textContent") == seen.rows()[1]
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_selector("#detail h1")
    assert seen.text("#detail h1") == seen_first(page)
    page.keyboard.press("Escape")
    assert page.is_visible("#overview")
    assert not page.is_visible("#detail")
    page.keyboard.press("/")
    page.keyboard.type("jjj?")
    assert page.input_value("#q") == "jjj?"
    assert page.is_visible("#none")


def seen_first(page: Page) -> str:
    ids: list[str] = page.evaluate("JSON.parse(document.getElementById('data').textContent).rows.map(row => row[0])")
    order: list[int] = page.evaluate("JSON.parse(document.getElementById('data').textContent).order")
    return ids[order[0]]


def test_n_and_p_walk_through_the_failures(opened: Any) -> None:
    page = opened("mixed").page
    walk = {"n": ("invoice-page-blank", "refund-wrong-amount", "plan-question"), "p": ("refund-wrong-amount",)}
    for key, names in walk.items():
        for name in names:
            page.keyboard.press(key)
            expect(page.locator("#detail h1")).to_have_text(name)


def test_t_changes_the_theme_and_a_reload_keeps_it(opened: Any) -> None:
    page = opened("green", color_scheme="light").page
    light = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.keyboard.press("t")
    page.reload()
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") != light


def test_the_question_mark_lists_the_keys(opened: Any) -> None:
    page = opened("green").page
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()


def test_a_deep_link_opens_the_scenario_and_its_trial(opened: Any) -> None:
    page = opened("mixed", "#/s/flaky-refund/3").page
    assert page.inner_text("#detail h1") == "flaky-refund"
    assert page.is_visible("article[data-number='3']")
    assert not page.is_visible("article[data-number='1']")
    assert not page.is_visible("#overview")


def test_two_trials_stand_side_by_side(opened: Any) -> None:
    page = opened("mixed", "#/s/flaky-refund").page
    page.click("[data-trial='1']")
    page.select_option("[data-beside]", "3")
    boxes = [page.locator(f"article[data-number='{number}']").bounding_box() for number in (1, 3)]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[0]["y"] == boxes[1]["y"]
    assert boxes[0]["x"] < boxes[1]["x"]


def test_a_scenario_shows_the_other_side_and_what_the_agents_were_told(opened: Any) -> None:
    seen = opened("beside", "#/s/refund-wrong-amount")
    page = seen.page
    assert "Against before" in seen.text(".beside > summary")
    assert page.locator(".ways tr.moved").count() > 2
    page.locator(".beside .change summary").first.click()
    assert "-Be kind to <b>" in page.locator(".beside .text").first.inner_text()
    assert page.locator(".card.broken").count() == 1
    page.click("[data-go=back]")
    assert "1 regressed" in seen.text("#changes")
    assert page.locator("#changes .change").count() == 8


def test_an_unknown_deep_link_says_so(opened: Any) -> None:
    page = opened("mixed").page
    page.goto(f"{page.url}#/s/nobody")
    expect(page.locator("#shown")).to_contain_text("no scenario nobody")
    assert page.is_visible("#overview")


def test_leaving_a_detail_by_the_sections_shows_that_section(opened: Any) -> None:
    page = opened("mixed", "#/s/flaky-refund").page
    page.click("nav a[href='#tools']")
    page.wait_for_selector("#tools", state="visible")
    assert not page.is_visible("#detail")


@pytest.mark.parametrize(
    ("control", "value", "verdicts"),
    [
        ("#status", "f", {Verdict.FAILED}),
        ("#status", "e", {Verdict.ERRORED}),
        ("#status", "p", {Verdict.PASSED}),
        ("#status", "n", {Verdict.NOT_APPLICABLE}),
    ],
)
def test_filters_show_what_the_run_holds(
    opened: Any, samples: Any, control: str, value: str, verdicts: set[Verdict]
) -> None:
    seen = opened("mixed")
    seen.page.select_option(control, value)
    results = report_of(samples.mixed()).results
    assert set(seen.rows()) == {each.scenario.id for each in results if each.verdict in verdicts}


def test_filters_by_layer_tag_change_flakiness_and_words_combine(opened: Any) -> None:
    seen = opened("mixed")
    page = seen.page
    page.select_option("#layer", "d0")
    assert set(seen.rows()) == {"invoice-page-blank", "ambiguous-page", "upgrade-mid-month"}
    page.fill("#q", "TECHNICALspecialist handed")
    assert set(seen.rows()) == {"invoice-page-blank", "ambiguous-page"}
    page.click("#reset")
    assert len(seen.rows()) == 11
    page.check("#flaky")
    assert seen.rows() == ["flaky-refund"]
    page.click("#reset")
    page.select_option("#change", "fixed")
    assert seen.rows() == ["duplicate-charge"]
    page.click("#reset")
    page.select_option("#tag", "outage")
    assert seen.rows() == ["outage-needs-person"]
    assert "1 of 11 shown" in seen.text("#shown")


def test_cells_edges_tools_groups_and_changes_filter(opened: Any) -> None:
    seen = opened("mixed")
    page = seen.page
    for selector, expected in (
        (".matrix .off a", {"invoice-page-blank", "ambiguous-page"}),
        ("svg a[aria-label^='BillingSpecialist to HumanEscalation']", {"dispute-over-limit"}),
        (".tools .bad a[aria-label^='fetch_account, wrong arguments']", {"plan-question"}),
        (".chip.regressed", {"plan-question"}),
    ):
        page.locator(selector).first.dispatch_event("click")
        assert set(seen.rows()) == expected, selector
    page.click("#facet")
    assert len(seen.rows()) == 11


def test_columns_sort_both_ways(opened: Any) -> None:
    seen = opened("mixed")
    seen.page.click("[data-sort='id']")
    assert seen.rows() == sorted(seen.rows())
    seen.page.click("[data-sort='id']")
    assert seen.rows() == sorted(seen.rows(), reverse=True)
    assert seen.page.get_attribute("th:has([data-sort='id'])", "aria-sort") == "descending"


def test_long_tables_come_a_hundred_at_a_time_and_say_so(opened: Any) -> None:
    seen = opened("many")
    assert len(seen.rows()) == 100
    assert "first 100 of 450" in seen.text("#shown")
    seen.page.click("#more")
    assert len(seen.rows()) == 200


def test_every_detail_of_every_chunk_opens(opened: Any) -> None:
    page = opened("many").page
    for number in (0, 19, 20, 449):
        page.goto(f"{page.url.partition('#')[0]}#/s/case-{number:05d}")
        expect(page.locator("#detail h1")).to_have_text(f"case-{number:05d}")


def test_copying_gives_the_rerun_command_and_the_link(opened: Any) -> None:
    page = opened("mixed", "#/s/plan-question", permissions=["clipboard-read", "clipboard-write"]).page
    page.click("text=Copy rerun command")
    assert _copied(page) == "harness run plan-question"
    page.click("text=Copy link")
    assert _copied(page, unlike="harness run plan-question").endswith("/mixed.html#/s/plan-question")


def _copied(page: Page, unlike: str = "") -> str:
    """What lands on the clipboard in the end."""
    found = unlike
    for _ in range(100):
        found = page.evaluate("navigator.clipboard.readText()")
        if found != unlike:
            break
        page.wait_for_timeout(100)
    return found


def test_without_javascript_the_page_still_says_what_failed(opened: Any) -> None:
    page = opened("mixed", java_script_enabled=False).page
    assert page.locator("details.group").count() == 5
    assert "calculate_proration was not called" in page.inner_text("#failures")
    page.locator("details.group > summary").first.click()
    assert page.locator("details.group[open] .traj").first.is_visible()
    assert page.locator("#rows tr").count() == 11
    assert not page.is_visible("#filters")


def test_printing_opens_the_failures_and_closes_them_again(opened: Any) -> None:
    page = opened("mixed").page
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details.group[open]").count() == 5
    assert not page.is_visible("#filters")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details.group[open]").count() == 0


def test_a_field_of_a_megabyte_is_cut_and_says_where_the_rest_is(
    browser: Browser, samples: Any, tmp_path: Path
) -> None:
    scenario, trial = samples.kinds["passing"]()
    [turn] = trial.trace.turns
    long = replace(trial.trace, turns=(replace(turn, user="x" * 1_000_000),))
    html = render_page(report_of(samples.run_of((scenario, replace(trial, trace=long)))))
    assert len(html) < 200_000
    path = tmp_path / "long.html"
    path.write_text(html, encoding="utf-8")
    page = browser.new_page()
    page.goto(f"{path.as_uri()}#/s/duplicate-charge")
    page.wait_for_selector("#detail h1")
    assert "(+969 KiB in run.jsonl)" in page.inner_text("#detail .talk")
    page.close()


def test_ten_thousand_scenarios_fit_and_stay_quick(browser: Browser, samples: Any, tmp_path: Path) -> None:
    html = render_page(report_of(samples.large(10_000)))
    assert len(html.encode()) < 20_000_000
    path = tmp_path / "large.html"
    path.write_text(html, encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    assert "first 100 of 10,000" in page.inner_text("#shown")
    page.fill("#q", "case-09999")
    assert page.locator("#rows tr").count() == 1
    assert page.evaluate("document.querySelectorAll('*').length") < 5_000
    page.goto(f"{path.as_uri()}#/s/case-09999")
    page.wait_for_selector("#detail h1")
    page.close()


def test_the_data_of_the_script_is_the_run_itself(opened: Any, samples: Any) -> None:
    data = json.loads(opened("mixed").page.inner_text("#data", timeout=1000) or "{}")
    assert {row[0] for row in data["rows"]} == {each.id for each in samples.mixed().scenarios}
