"""Pages in German, whose words are long, and read from the right, as Arabic is."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from patterns.ownership import Person
from tests.browser.test_for_everyone import INSIDE, PAGES
from tests.factories import make_fabric, make_photo, make_result

pytestmark = pytest.mark.browser

PASSWORD = "correct horse battery"
STUDIO = ("/studio/", "/studio/plaid/", "/studio/fabrics/", "/gallery/plaid/")
ALL = (*PAGES, *STUDIO)
# What reaches out of the window, but for what is there for screen readers, cut off by a box of its own, or waits outside on purpose.
OUTSIDE = """() => [...document.querySelectorAll("main *, header *, footer *")].filter((each) => {
  const { left, right, width } = each.getBoundingClientRect();
  const hides = (box) => box && (getComputedStyle(box).overflowX !== "visible" || hides(box.parentElement));
  return width > 1 && (left < -1 || right > innerWidth + 1) && !hides(each.parentElement) && !each.closest(".visually-hidden, svg");
}).map((each) => `${each.tagName}.${each.className}: ${each.textContent.trim().slice(0, 40)}`)"""
# Notes what the page says to screen readers, however soon it says something else.
LISTEN = """() => {
  window.heard = [];
  const note = document.querySelector(".stage-note");
  new MutationObserver(() => heard.push(note.textContent)).observe(note, { childList: true, subtree: true });
}"""


def too_wide(page, address: str) -> list[str]:
    page.goto(address)
    page.wait_for_load_state("networkidle")
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        return [f"{address} scrolls sideways"]
    return [f"{address}: {each}" for each in page.evaluate(OUTSIDE)]


@pytest.fixture
def arabic(settings) -> str:
    """A language that is read from the right: its own words are missing, all that turns round is there."""
    settings.LANGUAGES = [*settings.LANGUAGES, ("ar", "العربية")]
    return "ar"


def sign_in(page) -> str:
    """Somebody with a photo, a result and fabrics; returns the result's address."""
    ada = User.objects.create_user("ada", "ada@example.com", PASSWORD)
    person = Person(ada.pk)
    result = make_result(person, make_photo(person), make_fabric(person))
    page.goto("/account/login/")
    page.fill("#id_login", ada.email)
    page.fill("#id_password", PASSWORD)
    page.click("main form button[type=submit]")
    page.wait_for_url("**/account/")
    return str(result.get_absolute_url())


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_german_words_fit_in(visit, size):
    page = visit(size, locale="de-AT").page
    found = [each for address in ALL for each in too_wide(page, address)]
    assert page.get_attribute("html", "lang") == "de"
    result = sign_in(page)
    found += [each for address in (*INSIDE, result) for each in too_wide(page, address)]
    assert found == []


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_pages_can_be_read_from_the_right(visit, size, arabic):
    page = visit(size, locale=arabic).page
    found = [each for address in ALL for each in too_wide(page, address)]
    result = sign_in(page)
    found += [each for address in (*INSIDE, result) for each in too_wide(page, address)]
    assert found == []


def test_what_begins_on_the_left_begins_on_the_right(visit, arabic):
    visitor = visit(locale=arabic)
    page = visitor.page
    page.goto("/try/stock/plain-top/")
    assert page.get_attribute("html", "dir") == "rtl"

    def left_of(selector: str) -> float:
        return float(page.locator(selector).first.bounding_box()["x"])

    assert left_of(".wordmark") > left_of(".site-header nav")
    assert left_of(".stage") > left_of(".panel")
    assert left_of(".placement .field label") > left_of(".placement .field input[type=number]")
    page.wait_for_selector(".compare-bar")
    bar, divider = page.locator(".before-after").bounding_box(), page.locator(".divider").bounding_box()
    assert divider["x"] < bar["x"] + bar["width"] / 2  # a third of the picture before is shown, on its left as ever


def test_one_changes_the_language_where_one_is(visit):
    page = visit("phone", script=False).page
    page.goto("/try/stock/plain-top/?garment=top&fabric=plaid:5&category=plaid&from=5&cm=30")
    address = page.url
    page.click("footer button[value=de]")
    assert page.url == address
    assert page.inner_text("h1") == "Stoff anprobieren"
    assert page.input_value("[name=cm]") == "30"
    page.goto("/clothes/")
    assert page.inner_text("h1") == "Kleidung wählen"


def test_scripts_speak_german_too(visit):
    page = visit(locale="de-DE").page
    page.goto("/try/stock/plain-top/?garment=top&fabric=plaid:5&category=plaid&from=5&cm=20.5")
    page.wait_for_selector("try-on[data-live=yes]")
    assert page.locator(".compare-bar button").all_inner_texts() == [
        "Vorher",
        "Beide",
        "Nachher",
        "Näher",
        "Weiter weg",
        "Ganz",
    ]
    page.focus("[data-before-after]")
    page.evaluate(LISTEN)
    page.keyboard.press("ArrowRight")
    page.wait_for_function("heard.some((words) => words.startsWith('20,5 cm breit'))")


def test_americans_move_the_cloth_in_inches(visit):
    page = visit(locale="en-US").page
    page.goto("/try/stock/plain-top/")
    page.wait_for_selector("try-on[data-live=yes]")
    assert page.input_value("[name=inches]") == "8"
    page.focus("[data-before-after]")
    page.evaluate(LISTEN)
    page.keyboard.press("+")
    page.wait_for_function("heard.some((words) => words.includes('inches wide'))")
    wider = float(page.input_value("[name=inches]"))
    assert wider > 8
    page.wait_for_url(f"**inches={wider:g}&**")
    page.get_by_role("button", name="Show centimetres").click()
    page.wait_for_selector("[name=cm]")
    assert float(page.input_value("[name=cm]")) == round(wider * 2.54, 1)
