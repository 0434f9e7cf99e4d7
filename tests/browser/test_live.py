"""The picture drawn in the browser: what it shows is the server's picture, and it follows the hand without asking."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from urllib.parse import urlencode

import cv2
import numpy as np
import pytest
from django.http import QueryDict
from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, Route, expect
from skimage.color import deltaE_ciede2000, rgb2lab

from ml.compositing.cloth_map import encode_light, encode_uv
from ml.garments.config import CLASSES
from tests import factories
from tests.browser.conftest import browser_path
from tryon import services
from tryon.forms import TryOnForm
from tryon.models import Result, StockGarment
from tryon.pictures import read_pixels

pytestmark = pytest.mark.browser
SOFTWARE_GL = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
SETTLED = "() => document.querySelector('try-on').live?.isSettled"
FRAMES = """async () => {
  const { live } = document.querySelector("try-on"), field = document.querySelector("[name=rotation]");
  const turnFor = async (time) => {
    const start = performance.now(), before = live.frames;
    while (performance.now() - start < time) {
      field.value = String(live.frames % 180);
      live.update();
      await new Promise(requestAnimationFrame);
    }
    return (1000 * (live.frames - before)) / (performance.now() - start);
  };
  await turnFor(1500); // finds out how much detail this machine can take
  return { rate: await turnFor(2000), grain: live.coarsest };
}"""
CANVAS = """async () => {
  const live = document.querySelector("try-on").live;
  live.redraw();
  await new Promise(requestAnimationFrame);
  return document.querySelector("canvas.live").toDataURL();
}"""


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Chromium with WebGL2, drawn by the processor."""
    browser = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox", *SOFTWARE_GL])
    yield browser
    browser.close()


def folded(seed: int, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """A photo of a folded garment, pixels (H, W, 3), and its exact soft mask, uint8 (H, W)."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    alpha = np.zeros((height, width), np.float32)
    middle, axes = (width // 2, height // 2), (width // 3, int(height / 2.6))
    cv2.ellipse(alpha, middle, axes, float(random.uniform(-15, 15)), 0, 360, 1.0, -1)
    alpha = np.clip(cv2.GaussianBlur(alpha, (0, 0), 1.5) * 1.1 - 0.05, 0, 1)
    light = 1 + 0.3 * np.sin(x / random.uniform(10, 30)) + 0.2 * np.sin((x + 2 * y) / random.uniform(30, 60))
    cloth = light[..., None] * random.uniform(30, 190, 3)
    wall = random.uniform(90, 220, 3) + random.normal(0, 5, (height, width, 1))
    photo = alpha[..., None] * cloth + (1 - alpha[..., None]) * wall
    return np.clip(photo, 0, 255).astype(np.uint8), np.round(alpha * 255).astype(np.uint8)


def make_garment(slug: str, pixels: np.ndarray, mask: np.ndarray, px_per_cm: float, **maps: bytes) -> StockGarment:
    garment = StockGarment(slug=slug, name=slug.capitalize(), px_per_cm=px_per_cm)
    height, width = mask.shape
    found = [{"name": "top", "share": 0.3, "confidence": 0.9, "outline": ["M1,1h9v9z"]}]
    labels = np.where(mask > 127, factories.TOP, 0).astype(np.uint8)
    files = services.picture_files(pixels) | {
        name: (".png", factories.encoded(grey)) for name, grey in (("labels", labels), ("mask", mask))
    }
    services.save_stock(garment, {"width": width, "height": height, "outcome": "found", "found": found}, files)
    return garment


def exact_picture(garment: StockGarment, address: str) -> np.ndarray:
    form = TryOnForm(QueryDict(address.partition("?")[2]), garment)
    assert form.is_valid(), form.errors
    return services.dress(garment, garment.screen, form.look())[0]


def shown_picture(page: Page, garment: StockGarment) -> np.ndarray:
    page.wait_for_function(SETTLED)
    content = base64.b64decode(page.evaluate(CANVAS).partition(",")[2])
    drawn = np.asarray(Image.open(io.BytesIO(content)).convert("RGBA"))
    return np.where(drawn[..., 3:] > 0, drawn[..., :3], read_pixels(garment.screen))


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """Mean CIEDE2000 over the pixels that the fabric touches."""
    return float(deltaE_ciede2000(rgb2lab(one), rgb2lab(other)).mean())


LOOKS = (
    {"cm": 20, "repeat": "straight"},
    {"cm": 7.5, "rotation": 30, "repeat": "mirror", "dx": 0.3},
    {"cm": 12, "rotation": -77, "repeat": "half-drop", "dy": -0.4, "strength": 2},
    {"cm": 60, "repeat": "half-brick", "strength": 0},
    {"cm": 3, "rotation": 12},
)


def address_of(worn: StockGarment, number: int = 0, **more: object) -> str:
    query = factories.look_query("striped", number) | {"category": "striped", "from": number, "strength": 0.8, **more}
    return f"/try/stock/{worn.slug}/?{urlencode(query)}"


def is_exact(page: Page, garment: StockGarment, what: str) -> None:
    """What the canvas shows is the server's picture, to a mean of two delta E 2000 over the cloth."""
    shown, exact = shown_picture(page, garment), exact_picture(garment, page.url)
    cloth = np.abs(exact.astype(int) - read_pixels(garment.screen)).max(axis=2) > 0
    found = difference(shown[cloth][None], exact[cloth][None])
    print(f"{what}: mean delta E 2000 {found:.3f}")
    assert found <= 2.0


@pytest.fixture
def folded_garment(house: str) -> StockGarment:
    pixels, mask = folded(7, 800, 640)
    return make_garment("folded", pixels, mask, 7.0)


def open_live(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_function(SETTLED)
    assert page.evaluate("document.querySelector('try-on').live.whyPlain ?? 'drawn by WebGL2'") == "drawn by WebGL2"


@pytest.mark.parametrize("number", range(5))
def test_the_canvas_shows_what_the_server_draws(visit, number):
    pixels, mask = folded(number, 700 + 60 * number, 520 + 100 * number)
    garment = make_garment(f"folded-{number}", pixels, mask, 6.0 + number)
    page = visit().page
    open_live(page, address_of(garment, number, **LOOKS[number]))
    is_exact(page, garment, f"photo {number}")


def test_cloth_that_is_known_is_shown_as_the_server_draws_it(visit):
    pixels, mask = folded(9, 760, 600)
    y, x = np.mgrid[:760, :600].astype(np.float32)
    u, v = x / 8 + 3 * np.sin(y / 60) - 30, y / 7 - 40
    u[:, 300:] += 17
    light = (0.6 + 0.3 * np.sin(x / 20)).astype(np.float32)
    maps = {"uv_map": encode_uv(u, v, mask > 60), "shading": encode_light(light)}
    garment = make_garment("known", pixels, mask, 8.0, **maps)
    page = visit().page
    open_live(page, address_of(garment, 3, cm=9, rotation=25, repeat="mirror"))
    is_exact(page, garment, "known cloth")


def test_two_garments_in_two_fabrics_are_shown_as_the_server_draws_them(visit):
    pixels, mask = folded(11, 820, 600)
    garment = make_garment("two", pixels, mask, 7.0)
    labels = np.where(mask > 127, factories.TOP, 0).astype(np.uint8)
    labels[430:][labels[430:] > 0] = CLASSES.index("bottom")
    with garment.labels.storage.open(garment.labels.name, "wb") as file:
        file.write(factories.encoded(labels))
    found = [{**garment.found[0], "name": name} for name in ("top", "bottom")]
    StockGarment.objects.filter(pk=garment.pk).update(found=found)
    garment.refresh_from_db()
    page = visit().page
    held = "top,9,20,0,0,straight,0.8,plaid:4"
    open_live(page, address_of(garment, 2, garment="bottom", layer=held))
    assert page.evaluate("document.querySelector('try-on').live.worn.length") == 2
    is_exact(page, garment, "two garments")
    page.get_by_label("Rotation in degrees", exact=True).fill("40")
    page.wait_for_url(re.compile("rotation=40"))
    is_exact(page, garment, "two garments, one turned")


def test_moving_the_fabric_asks_the_server_for_nothing(visit, folded_garment):
    page = visit().page
    open_live(page, address_of(folded_garment))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for label, value in (
        ("Pattern width in cm", "14"),
        ("Rotation in degrees", "33"),
        ("Shift right, in repeats", "0.25"),
    ):
        page.get_by_label(label, exact=True).fill(value)
    for repeat in ("mirror", "half-drop"):
        page.get_by_label("Repeat", exact=True).select_option(repeat)
        page.wait_for_url(re.compile(f"repeat={repeat}"))
    page.get_by_label("Drape, from flat to deep", exact=True).fill("1.6")
    page.locator(".swatch input").nth(3).check(force=True)
    fabric = page.locator(".swatch input").nth(3).get_attribute("value")
    page.wait_for_url(re.compile(re.escape(urlencode({"fabric": fabric}))))
    page.wait_for_function(SETTLED)
    assert [address for address in asked if "preview" in address or "/live?" in address] == []
    assert page.locator(".keep-form input[name=rotation]").input_value() == "33"
    is_exact(page, folded_garment, "after many changes")


def test_what_is_chosen_before_the_picture_has_come_is_shown_when_it_comes(visit, folded_garment):
    page = visit().page
    held: list[Route] = []
    page.route("**/live?*", lambda route: held.append(route))
    with page.expect_request("**/live?*"):
        page.goto(address_of(folded_garment))
    page.locator(".swatch input").nth(5).check(force=True)
    page.get_by_label("Rotation in degrees", exact=True).fill("21")
    expect(page.locator(".after img")).to_have_attribute("src", re.compile("preview.*rotation=21"))
    held[0].continue_()
    expect(page.locator("canvas.live")).to_be_visible()
    page.wait_for_function(SETTLED)
    is_exact(page, folded_garment, "chosen before it came")
    page.unroute("**/live?*")


def test_inks_are_changed_at_once_and_kept(visit, folded_garment):
    page = visit().page
    open_live(page, address_of(folded_garment))
    page.locator("details.inks summary").click()
    inks = page.locator(".ink input")
    expect(inks.first).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    inks.first.fill("#1fa060")
    page.wait_for_url(re.compile("inks-of="))
    page.wait_for_function(SETTLED)
    assert [address for address in asked if "preview" in address] == []
    is_exact(page, folded_garment, "another ink")
    page.get_by_role("button", name="Keep this").click()
    page.wait_for_url(re.compile("/results/"))
    assert Result.objects.get().fabric.recipe["palette"]


def test_hands_move_size_and_turn_the_fabric(visit, folded_garment):
    page = visit().page
    open_live(page, address_of(folded_garment))
    box = page.locator("[data-before-after]")
    place = box.bounding_box()
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y + 12, steps=4)
    page.mouse.up()
    page.wait_for_url(re.compile(r"dx=0\.\d"))
    moved = float(page.get_by_label("Shift right, in repeats", exact=True).input_value())
    grain = page.evaluate("document.querySelector('try-on').live.pixelsOfPage")
    assert moved == pytest.approx(30 * grain / (20 * 7.0), abs=0.02), "the cloth follows the pointer"
    expect(box).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("]")
    page.keyboard.press("+")
    page.wait_for_url(re.compile("cm=21&rotation=5"))
    page.mouse.wheel(0, -200)
    page.wait_for_function("() => Number(document.querySelector('[name=cm]').value) > 21")
    page.wait_for_function(SETTLED)
    is_exact(page, folded_garment, "after gestures")


def test_two_fingers_size_and_turn_the_fabric(visit, folded_garment):
    visitor = visit("phone")
    page = visitor.page
    open_live(page, address_of(folded_garment))
    place = page.locator("canvas.live").bounding_box()
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    wire = visitor.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        fingers = [{"x": across, "y": down, "id": number} for number, (across, down) in enumerate(points)]
        wire.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})

    touch("touchStart", (x - 30, y), (x + 30, y))
    for step in range(1, 6):
        touch("touchMove", (x - 30 - 4 * step, y - 4 * step), (x + 30 + 4 * step, y + 4 * step))
    touch("touchEnd")
    page.wait_for_function("() => Number(document.querySelector('[name=cm]').value) > 25")
    page.wait_for_function("() => Number(document.querySelector('[name=rotation]').value) > 10")


def test_a_lost_graphics_card_is_made_up_for(visit, folded_garment):
    page = visit().page
    open_live(page, address_of(folded_garment))
    page.evaluate(
        "window.card = document.querySelector('canvas.live').getContext('webgl2').getExtension('WEBGL_lose_context')"
    )
    page.evaluate("card.loseContext()")
    expect(page.locator("canvas.live")).to_be_hidden()
    page.get_by_label("Rotation in degrees", exact=True).fill("8")
    expect(page.locator(".after img")).to_have_attribute("src", re.compile("preview.*rotation=8"))
    page.evaluate("card.restoreContext()")
    expect(page.locator("canvas.live")).to_be_visible()
    page.wait_for_function(SETTLED)
    is_exact(page, folded_garment, "after the card came back")


NO_WEBGL = """
const real = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) { return kind === "webgl2" ? null : real.call(this, kind, ...rest); };
"""


@pytest.mark.parametrize("more", [{"repeat": "straight"}, {"repeat": "half-drop", "rotation": 30, "cm": 9}])
def test_without_webgl_the_same_law_is_drawn_plainly(visit, folded_garment, more):
    page = visit().page
    page.add_init_script(NO_WEBGL)
    page.goto(address_of(folded_garment, **more))
    page.wait_for_function(SETTLED)
    assert page.evaluate("document.querySelector('try-on').live.isPlain") is True
    page.get_by_label("Rotation in degrees", exact=True).fill("12")
    page.wait_for_url(re.compile("rotation=12"))
    page.wait_for_function("() => document.querySelector('canvas.live').width === 640")
    is_exact(page, folded_garment, "without WebGL")


def test_where_nothing_can_be_drawn_here_the_server_draws(visit, folded_garment):
    page = visit().page
    page.add_init_script("delete window.DecompressionStream")
    page.goto(address_of(folded_garment))
    page.get_by_label("Rotation in degrees", exact=True).fill("12")
    expect(page.locator(".after img")).to_have_attribute("src", re.compile("preview.*rotation=12"))
    expect(page.locator("canvas.live")).to_have_count(0)


def test_frames_a_second_are_told(visit, folded_garment):
    """A figure for the reader; a busy machine may be slow."""
    for size in ("desktop", "phone"):
        page = visit(size).page
        open_live(page, address_of(folded_garment))
        told = page.evaluate(FRAMES)
        print(
            f"{size}: {told['rate']:.1f} frames a second by software GL, one pixel drawn for {told['grain']} x {told['grain']}"
        )
        assert told["rate"] > 0
