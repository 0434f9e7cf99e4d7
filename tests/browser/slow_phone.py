"""How soon a slow phone on a poor line can use a page: ``python -m tests.browser.slow_phone``, against the real site.

Four times slower than this machine, 1.6 Mbit/s down, 150 ms for each question (Lighthouse's "slow 4G"), nothing remembered from before.
Usable: its words are painted and its scripts have run (first contentful paint, and the end of DOMContentLoaded, whichever is later).
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.real_site import Site

PATHS = ("/", "/clothes/", "/fabrics/", "/try/stock/t-shirt/")
WITHIN = 1.5  # seconds, for the first page
TIMES = 5
LINE = {"offline": False, "latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8}
SLOWER = 4
PHONE = {"width": 390, "height": 844}
PAINTED = """() => new Promise(done => new PerformanceObserver(list => done(list.getEntriesByName('first-contentful-paint')[0].startTime))
    .observe({type: 'paint', buffered: true}))"""
SCRIPTED = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"


def seconds_until_usable(browser: Browser, address: str) -> float:
    context = browser.new_context(viewport=PHONE, has_touch=True)
    page = context.new_page()
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", LINE)
    line.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(address, wait_until="domcontentloaded")
    painted, scripted = page.evaluate(PAINTED), page.evaluate(SCRIPTED)
    context.close()
    return max(painted, scripted) / 1000


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="aifashion-phone-") as folder, sync_playwright() as playwright:
        site = Site(Path(folder), as_deployed=True)
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("AIFASHION_BROWSER") or shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        try:
            told = {}
            for path in PATHS:
                site.status(
                    path
                )  # the first person after a start waits for templates to be read; that is no phone's fault
                seconds = [seconds_until_usable(browser, site.address + path) for _ in range(TIMES)]
                told[path] = statistics.median(seconds)
                print(
                    f"{path}: {told[path]:.2f} s (median of {TIMES}; {min(seconds):.2f} to {max(seconds):.2f})",
                    flush=True,
                )
        finally:
            browser.close()
            site.kill()
    return 0 if told["/"] <= WITHIN else 1


if __name__ == "__main__":
    sys.exit(main())
