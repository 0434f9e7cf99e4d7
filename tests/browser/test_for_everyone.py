"""Every page for every body: axe, keyboard, phone width, light and dark."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User

from patterns.models import Fabric
from patterns.ownership import Person
from tests.conftest import digits
from tests.factories import make_fabric, make_photo, make_result

pytestmark = pytest.mark.browser

SHEET = "/try/stock/plain-top/sheet/?garment=top&fabric=plaid:5&category=plaid&from=5&six=5"
PAGES = (
    *("/", "/clothes/", "/fabrics/", "/fabrics/plaid/?from=5", "/try/stock/plain-top/", "/results/", SHEET),
    *("/photos/mine/", "/privacy/", "/account/login/", "/account/signup/", "/account/password/reset/"),
)
INSIDE = (
    *("/account/", "/photos/mine/", "/clothes/", "/results/", "/account/email/", "/account/password/change/"),
    *("/account/2fa/", "/account/delete/", "/account/logout/", "/account/2fa/totp/activate/"),
)
PASSWORD = "correct horse battery"


def offences_on(page) -> list[str]:
    """What axe finds serious, and whether one must scroll sideways."""
    page.wait_for_load_state("networkidle")
    found = [
        f"{page.url}: {violation['id']}: {violation['nodes'][0]['html'][:120]}"
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
    ]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append(f"{page.url} is wider than the window")
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_axe_finds_nothing_serious(visit, size, scheme):
    page = visit(size, scheme=scheme).page
    offences = []
    for address in PAGES:
        page.goto(address)
        offences += offences_on(page)
    assert offences == []


@pytest.mark.parametrize(("size", "scheme"), [("desktop", "light"), ("phone", "dark")])
def test_nor_on_the_pages_of_an_account(visit, size, scheme):
    """From signing in to the recovery codes, with a photo, a result and saved fabrics to show."""
    ada = User.objects.create_user("ada", "ada@example.com", PASSWORD)
    person = Person(ada.pk)
    result = make_result(person, make_photo(person), make_fabric(person))
    Fabric.objects.update(is_saved=True)
    visitor = visit(size, scheme=scheme)
    page = visitor.page
    page.goto("/account/login/")
    page.fill("#id_login", ada.email)
    page.fill("#id_password", "something else")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector(".errorlist, .notice-error")
    offences = offences_on(page)
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/account/")
    for address in (*INSIDE, result.get_absolute_url()):
        page.goto(address)
        offences += offences_on(page)
    page.goto(INSIDE[-1])
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Go on").click()
    offences += offences_on(page)
    page.fill("#id_code", digits(page.inner_text(".secret")))
    page.get_by_role("button", name="Switch it on").click()
    page.wait_for_selector(".codes")
    offences += offences_on(page)
    page.goto("/account/2fa/")
    offences += offences_on(page)
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
