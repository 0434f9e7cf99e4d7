"""A real Chromium at desktop and phone size, with JavaScript and without, that fails on any console error."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from tests import factories
from tryon import services as tryon_services

SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
PATIENCE = 30_000  # ms; a busy machine is slow, not wrong
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# Playwright's loop runs in this thread; Django would otherwise refuse to touch its database beside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What ran out of time is tried once more, and said so; what was wrong is not."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=["TimeoutError"]))


def browser_path() -> str:
    found = os.environ.get("AIFASHION_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)
    if found:
        return found
    sentence = "No Chromium was found: install one, or name it in AIFASHION_BROWSER."
    if os.environ.get("CI"):
        pytest.fail(sentence)
    pytest.skip(sentence)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    quiet = [
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    browser = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox", "--disable-gpu", *quiet])
    yield browser
    browser.close()


class Visitor:
    """Somebody at a browser: a page, and all that went wrong on it."""

    def __init__(
        self, chromium: Browser, address: str, size: str, script: bool, scheme: str, locale: str = "en-GB"
    ) -> None:
        self.context = chromium.new_context(
            base_url=address,
            viewport=SIZES[size],
            java_script_enabled=script,
            color_scheme=scheme,
            locale=locale,
            has_touch=size == "phone",
        )
        self.context.set_default_timeout(PATIENCE)
        self.complaints: list[str] = []
        self.expected_statuses: set[int] = set()
        self.foreign: list[str] = []
        self.address = address
        self.page = self.open()

    def open(self) -> Page:
        page = self.context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("request", self._asked)
        return page

    def _heard(self, message: Any) -> None:
        if "GPU stall due to ReadPixels" in message.text:  # what a test reads back, no page does
            return
        if message.type in ("error", "warning") and not any(
            f"status of {code}" in message.text for code in self.expected_statuses
        ):
            self.complaints.append(f"{message.type}: {message.text}")

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.foreign.append(request.url)


@pytest.fixture
def house(transactional_db: None, live_server: Any) -> str:
    """The site with its bundled generators and one stock garment; returns its address."""
    call_command("sync_models", verbosity=0)
    factories.make_stock(slug="plain-top", name="Plain top")
    return str(live_server.url)


@pytest.fixture
def visit(chromium: Browser, house: str) -> Iterator[Any]:
    """Make visitors; at the end nobody may have met a console error, a CSP violation or a foreign address."""
    visitors: list[Visitor] = []

    def arrive(size: str = "desktop", script: bool = True, scheme: str = "light", locale: str = "en-GB") -> Visitor:
        visitors.append(Visitor(chromium, house, size, script, scheme, locale))
        return visitors[-1]

    yield arrive
    for visitor in visitors:
        visitor.page.wait_for_load_state("networkidle")  # the server ends its answers before its database goes
        visitor.context.close()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []
    assert [address for visitor in visitors for address in visitor.foreign] == []


@pytest.fixture(autouse=True)
def served_with_static_files(settings: Any) -> None:
    """The live server answers for static files through whitenoise, as the real one does."""
    settings.WHITENOISE_USE_FINDERS = True


@pytest.fixture
def stand_in_segmenter(monkeypatch: pytest.MonkeyPatch) -> factories.StandInSegmenter:
    """A segmenter that finds a top in the middle of every picture; everything around it is real."""
    segmenter = factories.StandInSegmenter()
    monkeypatch.setattr(tryon_services, "segmenter", lambda: segmenter)
    return segmenter
