"""The list of runs in a real browser, from disk and served."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from harness.reporting.formats import write
from harness.reporting.html.index import write_index
from harness.reporting.serving import serving
from harness.reporting.view import report_of

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser


def _saved(folder: Path, run: Any, day: int) -> None:
    info = replace(run.info, id=f"run-{day}", created_at=f"2026-11-{day:02d}T08:00:00Z")
    write(report_of(replace(run, info=info)), folder / info.id)


@pytest.fixture(scope="module")
def reports(samples: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("reports")
    for day, run in enumerate((samples.regression(), samples.mixed(), samples.green()), start=1):
        _saved(folder, run, day)
    write_index(folder)
    return folder


@pytest.mark.parametrize(
    "setting",
    [
        {"color_scheme": "light"},
        {"color_scheme": "dark"},
        {"viewport": {"width": 320, "height": 800}},
        {"forced_colors": "active"},
    ],
)
def test_the_list_is_quiet_accessible_and_never_wider_than_the_screen(
    browser: Browser, reports: Path, setting: dict[str, Any]
) -> None:
    context = browser.new_context(**setting)
    page = context.new_page()
    messages: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.on("request", lambda request: requests.append(request.url))
    page.goto((reports / "index.html").as_uri())
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")
    assert [each["id"] for each in found["violations"]] == []
    assert (messages, len(requests)) == ([], 1)
    width = setting.get("viewport", {"width": 1280})["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


def test_a_run_of_the_list_opens(browser: Browser, reports: Path) -> None:
    page = browser.new_page()
    page.goto((reports / "index.html").as_uri())
    page.click("text=run-1")
    expect(page).to_have_title("FAILED 60/61 \u00b7 agent evaluation")
    page.close()


def test_a_served_list_shows_a_run_that_is_added_without_a_word(browser: Browser, samples: Any, tmp_path: Path) -> None:
    with serving(tmp_path) as (address, _):
        page = browser.new_page()
        messages: list[str] = []
        page.on("console", lambda message: messages.append(message.text))
        page.goto(address)
        expect(page.locator(".empty")).to_contain_text("No run has been reported here yet")
        _saved(tmp_path, samples.regression(), 1)
        expect(page.locator("table.runs tbody tr")).to_have_count(1, timeout=20_000)
        page.close()
    assert messages == []
