"""A tiny category is trained for a few dozen steps by a curator, watched, published and used, with a real worker beside a real site."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import expect

from tests.conftest import SECOND_STEP, digits
from tests.patterns.jobs.house import ROOT, House
from tests.patterns.training.conftest import draw_pictures
from tests.postgres import free_port
from tests.waiting import PATIENCE

from .conftest import Visitor

pytestmark = pytest.mark.browser
EMAIL, PASSWORD = "cora@example.com", "cut-on-the-bias"
STEPS = 24
SLOWLY = 1000.0 * PATIENCE  # ms
PROGRAM = f"""
import sys
import django
django.setup()
from django.core.management import call_command
if sys.argv[1] == "begin":
    call_command("migrate", verbosity=0)
    call_command("make_roles", verbosity=0)
    from django.contrib.auth.models import Group, User
    from patterns.models import Category
    Category.objects.create(slug="stitch", name="Stitch")
    from allauth.mfa.models import Authenticator
    cora = User.objects.create_user("cora", "{EMAIL}", "{PASSWORD}", is_staff=True)
    cora.groups.add(Group.objects.get(name="Curators"))
    Authenticator.objects.create(user=cora, type="totp", data={{"secret": "{SECOND_STEP}"}})
else:
    from ml.textiles import discover
    discover.STYLES, discover.FABRICS, discover.MOVED, discover.USUAL, discover.BASES = 256, 32, 2, 8, 2
    call_command(*sys.argv[1:])
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """A site with one unpublished category, a curator and a worker; its address."""
    draw_pictures(tmp_path / "data")
    house = House(tmp_path, PROGRAM, AIFASHION_DATA=str(tmp_path / "data"), OMP_NUM_THREADS="1")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    words = [sys.executable, "-m", "gunicorn", "aifashion.wsgi", "--bind", f"127.0.0.1:{port}", "--threads", "4"]
    quiet = subprocess.DEVNULL
    environment = {**house.environment, "AIFASHION_ENV": "development"}
    try:
        house.run("begin")
        server = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=quiet, stderr=quiet)
        house.running.append(server)
        house.wait_for(lambda: answers(address))
        house.worker()
        yield address
        server.terminate()
        server.wait(PATIENCE)
    finally:
        house.end()


def answers(address: str) -> bool:
    try:
        return requests.get(f"{address}/health/live", timeout=5).ok
    except requests.RequestException:
        return False


def test_a_curator_trains_watches_and_publishes_a_category(chromium, site):
    curator = Visitor(chromium, site, "desktop", script=True, scheme="light")
    curator.context.set_default_timeout(SLOWLY)
    page = curator.page
    page.goto("/admin/training/trainingrun/add/")
    page.fill("#id_login", EMAIL)
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.fill("#id_code", digits())
    page.get_by_role("button", name="Sign in").click()
    page.select_option("#id_category", label="Stitch")
    page.select_option("#id_net", "trial")
    page.fill("#id_steps", str(STEPS))
    page.click("input[value=Train]")

    page.wait_for_selector("html[data-followed=yes]")
    page.wait_for_selector("#run-details .charts", timeout=SLOWLY)  # it follows by itself
    expect(page.locator("#outcome")).to_be_visible(timeout=SLOWLY)
    expect(page.locator(".state")).to_have_text("Finished", timeout=SLOWLY)
    page.wait_for_selector("html[data-followed=yes]")
    picture = page.locator("#sample-picture")
    expect(picture).to_have_attribute("src", f"/admin/training/trainingrun/1/samples/{STEPS}.png", timeout=SLOWLY)
    page.locator("#sample").press("Home")
    expect(picture).to_have_attribute("src", "/admin/training/trainingrun/1/samples/0.png", timeout=SLOWLY)

    page.get_by_role("link", name="Judge and publish").click()
    expect(page.locator(".gate li")).to_have_count(4, timeout=SLOWLY)
    page.get_by_label("Why should it be published").fill("It is a trial")
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".messagelist")).to_contain_text("The site draws Stitch", timeout=SLOWLY)

    shopper = Visitor(chromium, site, "phone", script=True, scheme="dark")
    shopper.context.set_default_timeout(SLOWLY)
    shopper.page.goto("/fabrics/stitch/?from=1")
    tile = shopper.page.locator("main img").first
    expect(tile).to_be_visible(timeout=SLOWLY)
    shopper.page.wait_for_function("() => document.querySelector('main img').naturalWidth > 0")
    for visitor in (curator, shopper):
        visitor.page.wait_for_load_state("networkidle")
        visitor.context.close()
        assert (visitor.complaints, visitor.foreign) == ([], [])
