"""Every page for every body: axe, keyboard, phone width, light and dark."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser

SHEET = "/try/stock/plain-top/sheet/?garment=top&fabric=plaid:5&category=plaid&from=5&six=5"
PAGES = ("/", "/clothes/", "/fabrics/", "/fabrics/plaid/?from=5", "/try/stock/plain-top/", "/results/", SHEET)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_axe_finds_nothing_serious(visit, size, scheme):
    page = visit(size, scheme=scheme).page
    offences = []
    for address in PAGES:
        page.goto(address)
        page.wait_for_load_state("networkidle")
        for violation in Axe().run(page).response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                offences.append(f"{address}: {violation['id']}: {violation['nodes'][0]['html'][:120]}")
    assert offences == []


def test_no_page_is_wider_than_a_phone(visit):
    page = visit("phone").page
    wide = []
    for address in PAGES:
        page.goto(address)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(address)
    assert wide == []


def test_the_first_tab_skips_to_the_page(visit):
    page = visit().page
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the page"
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")
