"""From the home page to a download, as people go it."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests import factories
from tryon.models import Photo, Result

pytestmark = pytest.mark.browser

WAYS = pytest.mark.parametrize(
    ("size", "script"), [("desktop", True), ("phone", True), ("desktop", False), ("phone", False)]
)


@pytest.fixture
def photo_file(tmp_path: Path) -> Path:
    path = tmp_path / "me.png"
    path.write_bytes(factories.encoded(factories.photo_pixels(480, 640)))
    return path


def downloaded(page: Page, link: str) -> tuple[str, Image.Image]:
    with page.expect_download() as waiting:
        page.get_by_role("link", name=link).click()
    path = waiting.value.path()
    return waiting.value.suggested_filename, Image.open(io.BytesIO(Path(path).read_bytes()))


def picture_is_there(page: Page, selector: str) -> None:
    page.wait_for_function(
        "s => { const i = document.querySelector(s); return i && i.complete && i.naturalWidth > 0 }", arg=selector
    )


def choose_photo(page: Page, photo: Path, script: bool) -> None:
    page.get_by_label("Choose a file").set_input_files(photo)
    if not script:
        page.get_by_role("button", name="Use this photo").click()
    page.wait_for_url(re.compile(r"/try/photo/"))


def test_a_photo_chosen_before_the_script_has_come_is_sent_all_the_same(visit, stand_in_segmenter, photo_file):
    page = visit("phone").page
    held: list[Route] = []
    page.route("**/upload-form*.js", lambda route: held.append(route))
    with page.expect_request("**/upload-form*.js"):
        page.goto("/clothes/", wait_until="commit")
    page.get_by_label("Choose a file").set_input_files(photo_file)
    held[0].continue_()
    page.wait_for_url(re.compile(r"/try/photo/"))
    assert Photo.objects.count() == 1
    page.unroute("**/upload-form*.js")

    page.go_back()
    expect(page.get_by_label("Choose a file")).to_be_enabled()
    expect(page.get_by_label("Choose a file")).to_have_value("")
    assert Photo.objects.count() == 1


@WAYS
def test_a_shopper_tries_a_fabric_on_a_photo_and_takes_it_home(visit, stand_in_segmenter, photo_file, size, script):
    visitor = visit(size, script)
    page = visitor.page
    page.goto("/")
    page.get_by_role("link", name="Choose clothes").first.click()
    choose_photo(page, photo_file, script)

    expect(page.get_by_role("checkbox", name=re.compile("Top"))).to_be_checked()
    page.get_by_role("button", name="Striped", exact=True).click()
    page.wait_for_url(re.compile("category=striped"))
    swatches = page.locator(".swatch input[value^=striped]")
    expect(swatches).to_have_count(8)
    swatches.nth(3).check(force=True)
    page.get_by_label("Pattern width in cm", exact=True).fill("12")
    if script:
        page.get_by_label("Pattern width in cm", exact=True).press("Tab")
        page.wait_for_url(re.compile("cm=12"))
    else:
        page.get_by_role("button", name="Show it on").last.click()
        page.wait_for_url(re.compile("cm=12"))
    page.get_by_role("button", name="Keep this").click()
    page.wait_for_url(re.compile(r"/results/"))

    name, png = downloaded(page, "Picture as PNG")
    assert re.fullmatch(r"ai-fashion-top-striped-\d+\.png", name)
    before, after = np.asarray(Image.open(photo_file).convert("RGB")), np.asarray(png.convert("RGB"))
    outside = np.ones(before.shape[:2], bool)
    rows, columns = factories.garment_area(640, 480)
    outside[rows.start - 16 : rows.stop + 16, columns.start - 16 : columns.stop + 16] = False
    assert np.array_equal(before[outside], after[outside])
    assert np.abs(before[rows, columns].astype(int) - after[rows, columns]).mean() > 5
    assert downloaded(page, "Picture as JPEG")[1].size == (480, 640)
    assert downloaded(page, "Fabric, seamless PNG")[1].size == (1024, 1024)

    page.get_by_role("link", name="My results").first.click()
    expect(page.locator(".result-list li")).to_have_count(1)
    page.locator(".result-list").get_by_role("link", name=re.compile("Delete")).click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("Nothing here yet")).to_be_visible()
    assert Result.objects.count() == 0
    assert Photo.objects.count() == 1


@WAYS
def test_a_stock_garment_is_dressed_in_a_fabric_found_first(visit, size, script):
    page = visit(size, script).page
    page.goto("/fabrics/floral/")
    page.locator(".fabric-grid a").nth(2).click()
    expect(page.get_by_text("Your fabric:")).to_be_visible()
    page.get_by_role("link", name=re.compile("Plain top")).click()
    page.wait_for_url(re.compile(r"/try/stock/plain-top/.*fabric=floral"))
    if script:
        picture_is_there(page, ".after img")
    page.get_by_role("button", name="Keep this").click()
    page.wait_for_url(re.compile(r"/results/"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Floral")


def test_before_and_after_answer_to_buttons_range_and_keyboard(visit):
    page = visit().page
    page.goto("/try/stock/plain-top/")
    picture_is_there(page, ".after img")
    box = page.locator("[data-before-after]")
    split = "getComputedStyle(document.querySelector('[data-before-after]')).getPropertyValue('--split')"
    for name, value in (("Before", "100%"), ("Both", "50%"), ("After", "0%")):
        page.get_by_role("button", name=name, exact=True).click()
        assert page.evaluate(split) == value
        expect(page.get_by_role("button", name=name, exact=True)).to_have_attribute("aria-pressed", "true")
    page.get_by_label(re.compile("How much of the picture before")).press("ArrowRight")
    assert page.evaluate(split) == "1%"
    expect(box).to_be_visible()


def test_a_slider_moves_the_picture_and_the_address_follows(visit):
    page = visit().page
    page.goto("/try/stock/plain-top/")
    expect(page.locator("canvas.live")).to_be_visible()
    page.get_by_label("Rotation in degrees (slider)").press("ArrowRight")
    page.wait_for_url(re.compile("rotation=1"))
    expect(page.locator("canvas.live")).to_be_visible()
    assert page.locator(".keep-form input[name=rotation]").input_value() == "1"
    page.reload()
    assert page.get_by_label("Rotation in degrees", exact=True).input_value() == "1"


def test_more_fabrics_are_other_fabrics_and_the_back_button_returns(visit):
    page = visit().page
    page.goto("/try/stock/plain-top/")
    page.wait_for_url(re.compile("from="))
    shown = page.locator(".swatch input").evaluate_all("all => all.map(each => each.value)")
    page.get_by_role("button", name="More fabrics").click()
    page.wait_for_function(
        "old => [...document.querySelectorAll('.swatch input')].filter(i => old.includes(i.value)).length <= 1",
        arg=shown,
    )
    page.go_back()
    page.wait_for_function(
        "old => [...document.querySelectorAll('.swatch input')].every(i => old.includes(i.value))", arg=shown
    )


def test_two_browsers_never_see_each_others_things(visit, stand_in_segmenter, photo_file):
    ann, ben = visit(), visit()
    for visitor in (ann, ben):
        visitor.page.goto("/clothes/")
        choose_photo(visitor.page, photo_file, True)
    anns = ann.page.url
    ben.expected_statuses = {404}
    assert ben.page.goto(anns).status == 404
    ann.page.get_by_role("button", name="Keep this").click()
    ann.page.wait_for_url(re.compile("/results/"))
    assert ben.page.goto(ann.page.url).status == 404
    ben.page.goto("/results/")
    expect(ben.page.get_by_text("Nothing here yet")).to_be_visible()


def test_a_picture_without_clothes_is_left_alone(visit, stand_in_segmenter, tmp_path):
    wall = tmp_path / "wall.png"
    wall.write_bytes(factories.encoded(np.full((200, 200, 3), 127, np.uint8)))
    stand_in_segmenter.outcome = "none"
    page = visit("phone").page
    page.goto("/clothes/")
    choose_photo(page, wall, True)
    expect(page.get_by_role("heading", name="We found no clothes in this picture")).to_be_visible()
    expect(page.get_by_role("link", name="Choose another photo")).to_be_visible()


def test_an_unsure_picture_asks_before_it_paints(visit, stand_in_segmenter, photo_file):
    stand_in_segmenter.outcome = "unsure"
    page = visit().page
    page.goto("/clothes/")
    choose_photo(page, photo_file, True)
    expect(page.get_by_text("We are not sure about this picture")).to_be_visible()
    expect(page.get_by_role("button", name="Keep this")).to_have_count(0)
    page.get_by_role("checkbox", name=re.compile("Yes, this outline")).check()
    expect(page.get_by_role("button", name="Keep this")).to_be_visible()


def test_a_file_that_is_no_photo_gets_one_kind_sentence(visit, tmp_path):
    poem = tmp_path / "poem.jpg"
    poem.write_text("Shall I compare thee to a summer's day?")
    visitor = visit()
    visitor.expected_statuses = {400}
    visitor.page.goto("/clothes/")
    visitor.page.get_by_label("Choose a file").set_input_files(poem)
    expect(visitor.page.get_by_role("alert")).to_be_visible()
    assert Photo.objects.count() == 0


def test_back_to_the_start_lays_the_fabric_as_at_first(visit):
    page = visit().page
    page.goto("/try/stock/plain-top/?cm=35&repeat=mirror&dx=0.5")
    picture_is_there(page, ".after img")
    page.get_by_role("button", name="Back to the start").click()
    page.wait_for_url(re.compile("cm=20&.*dx=0&.*repeat=straight"))
    assert page.get_by_label("Repeat", exact=True).input_value() == "straight"
