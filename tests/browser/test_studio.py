"""The Studio in a real browser: by hand, by keyboard, without JavaScript, on a phone."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, expect

from ml.textiles.recipe import Recipe, mixed
from patterns.models import Fabric
from patterns.queries import published_version
from patterns.studio import services
from patterns.studio.addresses import Work, write_recipe
from tests import factories

pytestmark = pytest.mark.browser

WAYS = pytest.mark.parametrize(
    ("size", "script"), [("desktop", True), ("phone", True), ("desktop", False), ("phone", False)]
)
PLAIN = "/studio/floral/?seed=17"


def table(page: Page, address: str = PLAIN) -> None:
    page.goto(address)
    page.wait_for_load_state("networkidle")


def show(page: Page, script: bool) -> None:
    """Without JavaScript a form is sent by its button."""
    if not script:
        page.get_by_role("button", name="Show it").last.click()


def shown(page: Page, address: re.Pattern[str]) -> None:
    """The address has come, and the picture that belongs to it is there."""
    page.wait_for_url(address)
    page.wait_for_function(
        "() => { const i = document.querySelector('#picture img'), t = document.querySelector('#studio');"
        " return i.complete && i.naturalWidth > 0 && i.getAttribute('src') === t.dataset.preview }"
    )
    listening(page)


def listening(page: Page) -> None:
    """The form answers: the page is loaded, and htmx has taken up what it put there."""
    page.wait_for_load_state()
    page.wait_for_function(
        "() => !window.htmx || document.querySelector('#studio-form')['htmx-internal-data']?.listenerInfos?.length"
    )


@WAYS
def test_a_designer_changes_a_fabric_undoes_it_and_saves_it(visit, size, script):
    page = visit(size, script).page
    table(page)
    page.get_by_label("Warmth", exact=True).fill("1.5")
    if script:
        page.get_by_label("Warmth", exact=True).press("Tab")
    show(page, script)
    shown(page, re.compile(r"\?r="))
    page.get_by_role("button", name="Harbour").click()
    expect(page.get_by_role("button", name="Its own inks")).to_be_visible()
    page.locator("#repeat-half-drop").check(force=True)
    show(page, script)
    expect(page.get_by_role("link", name="Undo")).to_be_visible()
    page.wait_for_function("() => document.querySelector('#studio').dataset.repeat === 'half-drop'")
    page.get_by_role("link", name="Undo").click()
    expect(page.locator("#repeat-straight")).to_be_checked()
    expect(page.get_by_label("Warmth", exact=True)).to_have_value("1.5")
    page.get_by_role("link", name="Undo").click()
    expect(page.get_by_role("button", name="Its own inks")).to_have_count(0)
    page.get_by_role("link", name="Redo").click()
    expect(page.get_by_role("button", name="Its own inks")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(re.compile(r"/studio/fabrics/"))
    expect(page.get_by_text("Changed from another fabric")).to_be_visible()
    page.get_by_role("button", name="Favourite").click()
    expect(page.get_by_role("button", name="Favourite")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("link", name="My fabrics").first.click()
    expect(page.locator(".fabric-card")).to_have_count(1)
    assert Fabric.objects.get(is_saved=True).as_recipe().edits == (("measured-warmth", 1.5),)


@WAYS
def test_a_fabric_of_the_studio_is_tried_on(visit, size, script):
    page = visit(size, script).page
    table(page, "/studio/plaid/?seed=4")
    page.get_by_role("button", name="Harbour").click()
    expect(page.get_by_role("button", name="Its own inks")).to_be_visible()
    page.get_by_role("link", name="Try it on").click()
    expect(page.get_by_text("Plaid from the Studio")).to_be_visible()
    page.get_by_role("link", name=re.compile("Plain top")).click()
    page.wait_for_url(re.compile(r"/try/stock/plain-top/.*fabric=plaid%3A"))
    page.get_by_role("button", name="Keep this").click()
    page.wait_for_url(re.compile(r"/results/"))
    assert len(Fabric.objects.get().as_recipe().palette) == 6


@WAYS
def test_two_fabrics_are_mixed(visit, size, script):
    page = visit(size, script).page
    table(page)
    page.get_by_role("link", name="Mix with another fabric").click()
    page.wait_for_url(re.compile("b="))
    page.get_by_label("Seed of the second fabric").fill("5")
    page.get_by_role("button", name="Use this seed").click()
    expect(page.get_by_text("Second: Floral 5")).to_be_visible()
    listening(page)
    page.get_by_label(re.compile("^Style (?!.*slider)")).fill("0.9")
    if script:
        page.get_by_label(re.compile("^Style (?!.*slider)")).press("Tab")
    show(page, script)
    page.wait_for_url(re.compile(r"style=0\.9"))
    expect(page.locator(".strip img")).to_have_count(7)
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(re.compile(r"/studio/fabrics/"))
    expect(page.locator(".family > li")).to_have_count(2)
    assert Fabric.objects.get(is_saved=True).as_recipe() == mixed(Recipe(17), Recipe(5), 0.5, 0.9)


def test_a_recipe_goes_out_and_comes_back(visit, tmp_path: Path):
    page = visit().page
    table(page, "/studio/batik/?seed=3&truncation=0.6")
    before = page.locator("#picture img").get_attribute("src")
    page.get_by_role("link", name="Print files").first.click()
    expect(page.get_by_text("at 150 DPI prints 20.0 × 20.0 cm")).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Recipe").click()
    file = tmp_path / "recipe.json"
    waiting.value.save_as(file)
    assert json.loads(file.read_text())["recipe"]["seed"] == 3
    page.goto("/studio/")
    page.get_by_label("Recipe file").set_input_files(file)
    page.get_by_role("button", name="Open it").click()
    page.wait_for_url(re.compile("seed=3"))
    assert page.locator("#picture img").get_attribute("src") == before


def test_the_printed_size_follows_the_form_and_the_file_has_it(visit):
    page = visit().page
    table(page, "/studio/plaid/?seed=4")
    page.get_by_role("link", name="Print files").first.click()
    page.get_by_label("Width of a repeat").fill("3")
    page.get_by_label("Width of a repeat").press("Tab")
    expect(page.get_by_text("at 150 DPI prints 3.0 × 3.0 cm")).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="PNG", exact=True).click()
    assert Image.open(io.BytesIO(waiting.value.path().read_bytes())).size == (178, 178)


def test_a_slider_draws_while_the_hand_moves_and_the_address_follows(visit):
    page = visit().page
    table(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    slider = page.get_by_label("Contrast (slider)")
    slider.evaluate("s => { s.value = 2; s.dispatchEvent(new Event('input', { bubbles: true })) }")
    page.wait_for_function("() => document.querySelector('#picture img').src.includes('d-measured-contrast=2')")
    assert "r=" not in page.url
    assert all("preview.webp" in address for address in asked)
    slider.dispatch_event("change")
    shown(page, re.compile(r"\?r="))
    assert page.evaluate("document.querySelector('#d-measured-contrast').value") == "2"
    page.go_back()
    page.wait_for_url(re.compile("seed=17$"))
    expect(page.get_by_label("Contrast", exact=True)).to_have_value("0")


def test_sliders_answer_to_the_keyboard_and_keep_the_focus(visit):
    page = visit().page
    table(page)
    page.get_by_label("Density (slider)").focus()
    page.keyboard.press("ArrowRight")
    shown(page, re.compile(r"\?r="))
    assert page.evaluate("document.activeElement.id") == "d-measured-density-slider"
    expect(page.get_by_label("Density", exact=True)).to_have_value("0.1")


def test_controls_beside_the_form_act_at_once_and_undo_answers_to_the_keyboard(visit):
    page = visit().page
    table(page)
    page.get_by_label("One repeat").check(force=True)
    shown(page, re.compile("view=tile"))
    six = page.locator(".six img").evaluate_all("all => all.map(each => each.src)")
    page.get_by_label("How close").select_option(label="Very like it")
    page.wait_for_url(re.compile("closeness=0.15"))
    assert page.locator(".six img").evaluate_all("all => all.map(each => each.src)") != six
    page.locator(".six a").first.click()
    shown(page, re.compile("r="))
    page.get_by_role("button", name="Shuffle").focus()
    page.keyboard.press("Control+z")
    shown(page, re.compile(r"seed=17.*view=tile"))
    expect(page.locator("a#undo")).to_have_count(0)
    page.locator("a#redo").focus()
    page.keyboard.press("Control+Shift+z")
    shown(page, re.compile("r="))


@pytest.mark.parametrize("repeat", ["straight", "half-drop", "mirror"])
def test_recolouring_in_the_browser_agrees_with_the_server(visit, repeat):
    visitor = visit()
    page = visitor.page
    version, recipe = published_version("floral"), Recipe(17, repeat=repeat)
    table(page, f"{Work(version, recipe).address}&view=tile")
    page.locator(".inks").hover()
    page.locator("#ink-3").evaluate(
        "i => { i.value = '#1144cc'; i.dispatchEvent(new Event('input', { bubbles: true })) }"
    )
    expect(page.locator("#picture canvas")).to_be_visible()
    drawn = page.evaluate("document.querySelector('#picture canvas').toDataURL('image/png')")
    browser = np.asarray(Image.open(io.BytesIO(base64.b64decode(drawn.split(",")[1]))).convert("RGB")).astype(int)
    exact = services.draw_block(version, recipe.coloured({3: "#1144cc"}), 512).astype(int)
    assert browser.shape == exact.shape
    assert np.abs(browser - exact).max() <= 3
    assert np.abs(browser - exact).mean() < 0.6
    page.locator("#ink-3").dispatch_event("change")
    shown(page, re.compile(r"r="))
    expect(page.locator("#picture canvas")).to_be_hidden()


def test_a_number_out_of_range_is_told_and_the_picture_stays(visit):
    page = visit().page
    table(page)
    before = page.locator("#picture img").get_attribute("src")
    page.get_by_label("Variety", exact=True).fill("9")
    page.get_by_label("Variety", exact=True).press("Tab")
    expect(page.get_by_text("A number is out of its range")).to_be_visible()
    assert page.locator("#picture img").get_attribute("src") == before


def test_without_javascript_a_number_out_of_range_is_told_by_the_server(visit):
    visitor = visit(script=False)
    visitor.expected_statuses = {400}
    version = published_version("floral")
    visitor.page.goto(f"{Work(version, Recipe(17, 0.5)).place('studio')}?r={write_recipe(Recipe(17))}&truncation=9")
    expect(visitor.page.get_by_role("alert")).to_contain_text("Variety")
    expect(visitor.page.get_by_label("Variety")).to_have_value("0.85")


@WAYS
def test_the_inks_take_the_colours_of_a_picture(visit, tmp_path, size, script):
    sea = tmp_path / "sea.png"
    sea.write_bytes(factories.encoded(factories.photo_pixels(200, 200, (10, 90, 160))))
    page = visit(size, script).page
    table(page)
    page.get_by_label("A picture whose colours the inks take").set_input_files(sea)
    page.get_by_role("button", name="Take its colours").click()
    expect(page.get_by_role("button", name="Its own inks")).to_be_visible()


def test_a_fabric_begins_from_a_picture(visit, tmp_path):
    cloth = tmp_path / "cloth.png"
    stripes = np.full((160, 160, 3), (240, 235, 220), np.uint8)
    stripes[:, ::16] = stripes[:, 1::16] = stripes[:, 2::16] = (30, 60, 130)
    cloth.write_bytes(factories.encoded(stripes))
    page = visit().page
    page.goto("/studio/")
    page.get_by_label("Category").select_option("striped")
    page.get_by_label("Photo of cloth").set_input_files(cloth)
    page.get_by_role("button", name="Find a fabric like it").click()
    page.wait_for_url(re.compile(r"/studio/striped/.*r="))
    expect(page.get_by_text("nearest that the generator has")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Striped from a picture")


def test_the_gallery_leads_to_the_studio_and_to_the_clothes(visit):
    page = visit("phone").page
    page.goto("/gallery/plaid/")
    page.locator(".wall-grid li").nth(2).get_by_role("link").first.click()
    page.wait_for_url(re.compile(r"/studio/plaid/.*seed=2$"))
    page.go_back()
    page.get_by_role("link", name="Try on Plaid 3", exact=True).click()
    expect(page.get_by_text("Your fabric:")).to_be_visible()


# --- Every page for every body ---------------------------------------------------------------------------------------
def addresses(page: Page) -> list[str]:
    version = published_version("floral")
    page.goto(Work(version, Recipe(17).coloured({1: "#102030"})).address)
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(re.compile(r"/studio/fabrics/"))
    a, b = write_recipe(Recipe(1)), write_recipe(Recipe(2))
    return [
        "/studio/",
        "/studio/fabrics/",
        page.url,
        PLAIN,
        f"{Work(version, Recipe(1)).place('studio-mix')}?a={a}&b={b}&structure=0.5&style=0.5",
        f"{Work(version, Recipe(1)).place('studio-print')}?seed=1",
        "/gallery/",
        "/gallery/floral/",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_axe_finds_nothing_serious_and_no_page_is_too_wide(visit, size, scheme):
    page = visit(size, scheme=scheme).page
    offences = []
    for address in addresses(page):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            offences.append(f"{address}: too wide")
        for violation in Axe().run(page).response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                offences.append(f"{address}: {violation['id']}: {violation['nodes'][0]['html'][:120]}")
    assert offences == []
