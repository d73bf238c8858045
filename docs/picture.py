"""Remake docs/report.png, the picture in the README, from a replay of the bundled suite."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

from playwright.async_api import async_playwright

from harness import config, pipeline

ROOT = Path(__file__).parents[1]
_MARGIN = 24


async def main() -> None:
    """Run the suite, open its page, take the picture."""
    with tempfile.TemporaryDirectory() as folder:
        settings = config.resolve({"out": folder}, start=ROOT)
        outcome = await pipeline.run(settings, pipeline.Selection())
        async with async_playwright() as browsers:
            browser = await browsers.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = await browser.new_page(viewport={"width": 1280, "height": 1180})
            await page.goto((outcome.folder / "index.html").as_uri())
            end = await page.evaluate("document.querySelector('.pair').getBoundingClientRect().bottom")
            shown = {"x": 0, "y": 0, "width": 1280, "height": end + _MARGIN}
            await page.screenshot(path=ROOT / "docs" / "report.png", clip=shown, full_page=True)
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
