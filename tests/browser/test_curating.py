"""A curator at the grid: with the keyboard, with the mouse, and in a browser without JavaScript."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import expect

from patterns.models import Category
from patterns.swatches.models import Swatch
from tests.conftest import SiteClient
from tests.factories import encoded
from tests.patterns.swatches.builders import cloth, make_curator, make_swatch

pytestmark = pytest.mark.browser
GRID = "/admin/swatches/swatch/curate/plaid/"


@pytest.fixture
def curator(visit):
    """Somebody signed in at the grid of five plaids: a blurry one, and one that looks like another."""
    plaid = Category.objects.get(slug="plaid")
    first = make_swatch(plaid)
    make_swatch(plaid, is_blurry=True)
    make_swatch(plaid, like=first)
    make_swatch(plaid)
    make_swatch(plaid)

    def sit_down(**how):
        visitor = visit(**how)
        client = SiteClient()
        client.force_login(make_curator())
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": visitor.address}
        visitor.context.add_cookies([cookie])
        page = visitor.page
        page.goto(GRID)
        if how.get("script", True):
            page.wait_for_selector("curation-grid.is-live")
        return page

    return sit_down


def keys() -> list[int]:
    return list(Swatch.objects.order_by("pk").values_list("pk", flat=True))


def states() -> list[str]:
    return list(Swatch.objects.order_by("pk").values_list("state", flat=True))


def test_swatches_are_decided_with_the_keyboard_alone(curator):
    page = curator()
    first, second, third, fourth, _ = keys()
    expect(page.locator(f"#s{first} input")).to_be_focused()
    page.keyboard.press("a")
    expect(page.locator(f"#s{second} input")).to_be_focused()  # on to the next that is new
    page.keyboard.press("r")
    page.keyboard.press("ArrowRight")
    expect(page.locator(f"#s{fourth} input")).to_be_focused()
    page.keyboard.press("A")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(f"#s{third} input")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("b")  # not blurry after all
    expect(page.locator("[role=status].swatch-said")).to_have_text(f"Put back swatch {second}.")
    assert states() == ["accepted", "new", "new", "accepted", "new"]
    expect(page.locator("[data-count=accepted]")).to_have_text("2")
    expect(page.locator(f"#s{first} .swatch-state")).to_have_text("Accepted")
    page.keyboard.press("u")
    page.wait_for_selector("li.success")
    assert states() == ["accepted", "rejected", "new", "accepted", "new"]


def test_picked_ones_are_decided_together(curator):
    page = curator()
    _, second, third, *_ = keys()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.locator(f"#s{second} input")).to_be_checked()
    expect(page.locator(f"#s{third} input")).to_be_checked()
    page.get_by_role("button", name="Reject", exact=True).click()
    expect(page.locator("li.success")).to_have_text("Rejected 2 swatches.")
    assert states() == ["new", "rejected", "rejected", "new", "new"]
    page.get_by_role("button", name="Undo: rejected 2 swatches").click()
    expect(page.locator("li.success")).to_have_text("Taken back.")
    page.get_by_label("All on this page").check()
    page.get_by_role("button", name="Accept", exact=True).click()
    expect(page.locator("li.success")).to_have_text("Accepted 5 swatches.")
    assert states() == ["accepted"] * 5


def test_a_decision_that_does_not_arrive_is_shown_as_not_made(curator):
    page = curator()
    first = keys()[0]
    sign_in_again = "<!doctype html><title>Sign in again</title>"
    page.route("**/curate/**", lambda route: route.fulfill(status=200, content_type="text/html", body=sign_in_again))
    page.keyboard.press("a")
    expect(page.locator(".swatch-said")).to_have_text(f"Swatch {first} was not changed: reload the page and try again.")
    expect(page.locator(f"#s{first}")).to_have_class("swatch-card is-new")
    assert states() == ["new"] * 5


def test_everything_works_without_javascript(curator, tmp_path):
    page = curator(script=False)
    first, second, third, *_ = keys()
    page.get_by_role("button", name=f"Accept swatch {first}").click()
    expect(page.locator("li.success")).to_have_text(f"Accepted swatch {first}.")
    expect(page.locator(f"#s{first}")).to_have_count(0)  # it is no longer new
    page.get_by_label("Show").select_option("blurry")
    page.locator(".swatch-filter button").click()
    expect(page.locator(".swatch-card")).to_have_count(1)
    page.get_by_role("button", name=f"Reject swatch {second}").click()
    page.goto(GRID)
    page.locator(f"#s{third} input").check()
    page.get_by_label("Category", exact=True).select_option("floral")
    page.get_by_role("button", name="Move").click()
    expect(page.locator("li.success")).to_contain_text("Moved 1 swatch to Floral")
    page.locator("button.undo").click()
    expect(page.locator("li.success")).to_have_text("Taken back.")
    assert states() == ["accepted", "new", "new", "new", "new"]
    (tmp_path / "cloth.png").write_bytes(encoded(cloth(77)))
    page.goto(reverse("admin:swatches_delivery_add"))
    page.get_by_label("Pictures").set_input_files([tmp_path / "cloth.png"])
    page.get_by_label("Category").select_option("Plaid")
    page.get_by_label("Source").fill("A market")
    page.get_by_label("Licence").fill("CC0")
    page.get_by_role("button", name="Bring them in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("cloth.png")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_the_pages_are_for_everyone(curator, size, scheme):
    page = curator(size=size, scheme=scheme)
    Swatch.objects.filter(pk=keys()[0]).update(state="accepted")
    addresses = (
        GRID,
        f"{GRID}?state=all",
        reverse("admin:swatches_swatchbook_changelist"),
        reverse("admin:swatches_book", args=["plaid"]),
        reverse("admin:swatches_delivery_add"),
    )
    offences = []
    for address in addresses:
        page.goto(address)
        page.wait_for_load_state("networkidle")
        for violation in Axe().run(page, context=".swatches").response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                offences.append(f"{address}: {violation['id']}: {violation['nodes'][0]['html'][:160]}")
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            offences.append(f"{address} is wider than the screen")
    assert offences == []
