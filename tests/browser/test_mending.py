"""Mending an outline by mouse, finger, keyboard and plain HTML."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.test_whole_way import choose_photo, picture_is_there
from tryon.models import Photo

pytestmark = pytest.mark.browser


@pytest.fixture
def photo_file(tmp_path: Path) -> Path:
    path = tmp_path / "me.png"
    path.write_bytes(factories.encoded(factories.photo_pixels(480, 640)))
    return path


@pytest.fixture
def mend(visit, stand_in_segmenter, photo_file):
    """Come to the mending page of a photo; the garment is its middle half."""

    def come(size: str = "desktop", script: bool = True, scheme: str = "light", expected: int = 0) -> Page:
        visitor = visit(size, script, scheme)
        visitor.expected_statuses = {expected}
        page = visitor.page
        page.goto("/clothes/")
        choose_photo(page, photo_file, script)
        page.get_by_role("link", name="Mend the outline").click()
        page.wait_for_url(re.compile("/mend/"))
        if script:
            expect(page.locator(".mend-frame")).to_be_visible()
        return page

    return come


def outline(page: Page) -> str:
    return page.locator(".mend-outlines [data-garment=top] path").first.get_attribute("d")


def share() -> float:
    return Photo.objects.get().found[0]["share"]


def answered(page: Page):
    return page.expect_response(lambda response: response.request.method == "POST")


def place(page: Page, x: float, y: float) -> tuple[float, float]:
    box = page.locator(".mend-zoomed").bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def test_a_mouse_draws_undoes_and_does_again(mend):
    page = mend()
    before = outline(page)
    page.get_by_role("radio", name="Brush").check(force=True)
    page.get_by_label("Paint exactly").check()
    page.mouse.move(*place(page, 0.3, 0.1))
    page.mouse.down()
    page.mouse.move(*place(page, 0.6, 0.12), steps=5)
    with answered(page):
        page.mouse.up()
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    after = outline(page)
    assert after != before
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Redo")).to_be_enabled()
    assert outline(page) == before
    page.keyboard.press("Control+Shift+Z")
    expect(page.get_by_role("button", name="Redo")).to_be_disabled()
    assert outline(page) == after
    page.get_by_role("button", name="As we found it").click()
    expect(page.get_by_role("button", name="As we found it")).to_be_disabled()
    assert outline(page) == before


def test_the_fabric_follows_the_outline(mend):
    page = mend()
    page.get_by_role("button", name="In the fabric").click()
    picture_is_there(page, ".mend-dressed")
    first = page.locator(".mend-dressed").get_attribute("src")
    with answered(page):
        page.mouse.click(*place(page, 0.5, 0.5))
    expect(page.locator(".mend-dressed")).not_to_have_attribute("src", first)
    page.get_by_role("link", name="Done").click()
    expect(
        page.get_by_role("link", name="Mend the outline").or_(page.get_by_role("link", name="Show us"))
    ).to_be_visible()


def test_a_keyboard_alone_mends(mend):
    page = mend()
    frame = page.locator(".mend-frame")
    page.get_by_role("radio", name="Eraser").focus()
    page.keyboard.press("Space")
    page.get_by_label("Paint exactly").press("Space")
    before = share()
    frame.focus()
    for _ in range(3):
        page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".mend-cursor")).to_be_visible()
    with answered(page):
        page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    assert share() < before
    expect(frame).to_be_focused()
    page.keyboard.press("+")
    assert page.locator(".mend-zoomed").bounding_box()["width"] > 1.3 * frame.bounding_box()["width"]
    page.keyboard.press("0")
    assert page.locator(".mend-zoomed").bounding_box()["width"] == pytest.approx(frame.bounding_box()["width"], abs=1)


class Fingers:
    """Touches as a phone sends them; Playwright itself only taps."""

    def __init__(self, page: Page) -> None:
        self.session = page.context.new_cdp_session(page)

    def __call__(self, kind: str, *points: tuple[float, float]) -> None:
        places = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})


def test_fingers_pinch_to_zoom_and_one_finger_paints(mend):
    page = mend("phone")
    page.get_by_role("radio", name="Brush").check(force=True)
    page.locator(".mend-frame").scroll_into_view_if_needed()
    touch = Fingers(page)
    left, right = place(page, 0.45, 0.5), place(page, 0.55, 0.5)
    before, wide = share(), page.locator(".mend-zoomed").bounding_box()["width"]
    touch("touchStart", left)
    touch("touchStart", left, right)
    for reach in range(1, 6):
        touch("touchMove", (left[0] - 12 * reach, left[1]), (right[0] + 12 * reach, right[1]))
    touch("touchEnd")
    assert page.locator(".mend-zoomed").bounding_box()["width"] > 1.5 * wide
    assert Photo.objects.get().mend is None, "two fingers move the picture and paint nothing"
    page.get_by_role("button", name="Whole picture").click()
    page.get_by_label("Paint exactly").check()
    page.locator(".mend-frame").scroll_into_view_if_needed()
    touch("touchStart", place(page, 0.3, 0.2))
    touch("touchMove", place(page, 0.5, 0.2))
    with answered(page):
        touch("touchEnd")
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    assert share() > before


def test_control_and_wheel_zoom_at_the_pointer_and_the_move_tool_pans(mend):
    page = mend()
    page.mouse.move(*place(page, 0.25, 0.25))
    page.keyboard.down("Control")
    page.mouse.wheel(0, -300)
    page.keyboard.up("Control")
    zoomed, frame = (page.locator(name).bounding_box() for name in (".mend-zoomed", ".mend-frame"))
    assert zoomed["width"] > 2 * frame["width"]
    assert (frame["x"] - zoomed["x"]) / zoomed["width"] < 0.25
    page.get_by_role("radio", name="Move").check(force=True)
    page.mouse.move(frame["x"] + 200, frame["y"] + 200)
    page.mouse.down()
    page.mouse.move(frame["x"] + 120, frame["y"] + 150, steps=4)
    page.mouse.up()
    moved = page.locator(".mend-zoomed").bounding_box()
    assert (moved["x"], moved["y"]) == pytest.approx((zoomed["x"] - 80, zoomed["y"] - 50), abs=1)
    assert Photo.objects.get().mend is None


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_without_javascript_a_press_on_the_picture_mends(mend, size):
    page = mend(size, script=False)
    picture = page.locator("input[type=image]:visible")
    page.get_by_text("Eraser").click()
    page.get_by_label("Paint exactly").check()
    box = picture.bounding_box()
    picture.click(position={"x": box["width"] / 2, "y": box["height"] / 3})
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    assert share() < 0.25
    expect(page.get_by_label("Paint exactly")).to_be_checked()
    page.get_by_text("Without drawing").click()
    page.get_by_role("button", name="Grow it").click()
    page.get_by_role("link", name="Done").click()
    page.get_by_role("button", name="Keep this").click()
    page.wait_for_url(re.compile("/results/"))


def test_a_picture_that_cannot_be_changed_now_says_so_and_loses_nothing(mend):
    page = mend(expected=503)
    page.route("**/mend/**", lambda route: route.fulfill(status=503, body="<p>away"))
    page.mouse.click(*place(page, 0.5, 0.5))
    expect(page.locator("[data-part=said]")).to_contain_text("Try again in a moment")
    page.unroute("**/mend/**")
    with answered(page):
        page.mouse.click(*place(page, 0.5, 0.5))
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()


def test_one_of_two_people_is_chosen(visit, monkeypatch, tmp_path):
    from tryon import services

    pixels, labels = factories.two_people_pixels()
    garment = factories.StandInGarment("top", factories.TOP, float((labels == factories.TOP).mean()), 0.9)
    found = factories.StandInSegmentation(labels, (garment,), "found")
    monkeypatch.setattr(services, "segmenter", lambda: type("Finder", (), {"segment": lambda *_: found})())
    both = tmp_path / "both.png"
    both.write_bytes(factories.encoded(pixels))
    page = visit("phone").page
    page.goto("/clothes/")
    choose_photo(page, both, True)
    expect(page.get_by_role("button", name="Everybody")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="The one on the right").click()
    expect(page.get_by_role("button", name="The one on the right")).to_have_attribute("aria-pressed", "true")
    picture_is_there(page, ".after img")
    assert len(Photo.objects.get().found[0]["outline"]) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
def test_axe_finds_nothing_serious_and_the_page_fits(mend, chromium, size, scheme, script):
    page = mend(size, script, scheme)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    if not script:
        return  # axe itself is a script
    for summary in page.locator("summary").all():
        summary.click()
    page.locator(".mend-frame").focus()
    page.keyboard.press("ArrowUp")
    offences = [
        f"{violation['id']}: {violation['nodes'][0]['html'][:120]}"
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
    ]
    assert offences == []
