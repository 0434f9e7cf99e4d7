"""Sharing a result, six fabrics side by side, coming closer, and two garments in two fabrics, as people go it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.test_whole_way import WAYS, choose_photo, photo_file
from tryon.models import Result, ShareLink

pytestmark = pytest.mark.browser
__all__ = ["photo_file"]


def is_for_everybody(page: Page) -> None:
    page.wait_for_load_state("networkidle")
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []


def keep_a_result(page: Page) -> None:
    page.goto("/try/stock/plain-top/?fabric=plaid:5&category=plaid&from=5&garment=top")
    page.get_by_role("button", name="Keep this").click()
    page.wait_for_url(re.compile(r"/results/"))


@WAYS
def test_an_owner_shares_a_result_and_takes_it_back(visit, size, script):
    ann, ben = visit(size, script), visit(size, script)
    keep_a_result(ann.page)
    ann.page.get_by_label("The link works for").select_option("7")
    ann.page.get_by_role("button", name="Make a link").click()
    address = ann.page.locator(".link-list input[readonly]").input_value()
    if script:
        expect(ann.page.get_by_role("button", name="Copy")).to_be_visible()

    assert ben.page.goto(address).status == 200
    expect(ben.page.get_by_role("heading", level=1)).to_have_text("Top in plaid 5")
    expect(ben.page.get_by_role("link", name="Try this fabric on clothes of yours")).to_be_visible()
    expect(ben.page.locator("figure.before")).to_have_count(0)
    if script:
        is_for_everybody(ann.page)
        is_for_everybody(ben.page)

    ann.page.get_by_role("button", name="Take it back").click()
    expect(ann.page.locator(".link-list")).to_have_count(0)
    ben.expected_statuses = {410}
    assert ben.page.goto(address).status == 410
    expect(ben.page.get_by_role("heading", name="Nothing to see here any more")).to_be_visible()
    assert ShareLink.objects.get().revoked


@WAYS
def test_six_fabrics_side_by_side_lead_to_each(visit, size, script):
    page = visit(size, script).page
    page.goto("/try/stock/plain-top/?fabric=plaid:5&category=plaid&from=5&garment=top&cm=9")
    page.get_by_role("link", name="Six side by side").click()
    cells = page.locator(".sheet a")
    expect(cells).to_have_count(6)
    label = cells.nth(3).locator("span").inner_text()
    cells.nth(3).click()
    page.wait_for_url(re.compile(r"/try/stock/plain-top/\?.*cm=9"))
    expect(page.locator(".swatch:has(:checked) img")).to_have_attribute("alt", label)


@WAYS
def test_two_garments_wear_two_fabrics(visit, stand_in_segmenter, photo_file: Path, size, script):
    stand_in_segmenter.names = ("top", "skirt")
    page = visit(size, script).page
    page.goto("/clothes/")
    choose_photo(page, photo_file, script)
    page.get_by_role("button", name="Dress another garment too").click()
    expect(page.get_by_role("checkbox", name=re.compile("Skirt"))).to_be_checked()
    expect(page.get_by_role("group", name="Dressed already")).to_contain_text("Top in")
    page.get_by_role("button", name="Plaid", exact=True).click()
    page.wait_for_url(re.compile("category=plaid"))
    page.locator(".swatch input[value^=plaid]").nth(2).check(force=True)
    if not script:
        page.get_by_role("button", name="Show it on").last.click()
    page.wait_for_url(re.compile("fabric=plaid"))
    page.get_by_role("button", name="Keep this").click()
    page.wait_for_url(re.compile(r"/results/"))
    result = Result.objects.get()
    assert result.garments == ["skirt"]
    assert [text.split(",")[0] for text in result.layers] == ["top"]
    page.get_by_role("link", name="Change something").click()
    page.get_by_role("button", name=re.compile("Take off")).click()
    page.wait_for_function("() => !document.querySelector('.pieces')")


def test_surprise_me_puts_another_fabric_on(visit):
    page = visit().page
    page.goto("/try/stock/plain-top/?fabric=plaid:5&category=plaid&from=5&garment=top&cm=9")
    page.get_by_role("button", name="Surprise me").click()
    page.wait_for_url(re.compile(r"^(?!.*fabric=plaid%3A5&).*cm=9"))
    expect(page.locator(".swatch:has(:checked)")).to_have_count(1)


def test_the_picture_comes_closer_by_button_and_key(visit):
    page = visit().page
    keep_a_result(page)
    box = page.locator("[data-before-after]")
    zoom = "() => Number(getComputedStyle(document.querySelector('[data-before-after]')).getPropertyValue('--zoom'))"
    expect(page.get_by_role("button", name="Further")).to_be_disabled()
    page.get_by_role("button", name="Closer").click()
    assert page.evaluate(zoom) == pytest.approx(1.5)
    box.focus()
    page.keyboard.press("+")
    assert page.evaluate(zoom) == pytest.approx(2.25)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("0")
    assert page.evaluate(zoom) == 1
    expect(page.get_by_role("button", name="Whole")).to_be_disabled()


def test_two_fingers_bring_a_result_closer(visit):
    visitor = visit("phone")
    page = visitor.page
    keep_a_result(page)
    expect(page.get_by_role("button", name="Closer")).to_be_visible()
    place = page.locator("[data-before-after]").bounding_box()
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    wire = visitor.context.new_cdp_session(page)
    for kind, reach in (("touchStart", 20), ("touchMove", 40), ("touchMove", 60)):
        fingers = [{"x": x - reach, "y": y, "id": 0}, {"x": x + reach, "y": y, "id": 1}]
        wire.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})
    wire.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_function("() => document.querySelector('[data-before-after]').classList.contains('is-zoomed')")
