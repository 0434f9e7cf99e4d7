"""gunicorn, SQLite in a file, the bundled generators, two people at once, and a kill in the middle of an upload."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.factories import look_query
from tests.real_site import Site, token
from tests.tryon import hostile
from tryon.management.commands.load_stock import STOCK

GARMENT = "t-shirt"
pytestmark = pytest.mark.skipif(not (STOCK / GARMENT).exists(), reason="no stock garments are drawn yet")


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site"))
    yield site
    site.kill()


def keep_one(site: Site, seed: int) -> tuple[requests.Session, str]:
    """A person who opens the try-on page and keeps what it shows: their browser, and the address of the result."""
    browser = requests.Session()
    query = look_query(seed=seed)
    page = browser.get(f"{site.address}/try/stock/{GARMENT}/", params=query, timeout=60)
    assert page.status_code == 200
    form = {**query, "csrfmiddlewaretoken": token(page)}
    kept = browser.post(f"{site.address}/try/stock/{GARMENT}/keep", data=form, timeout=60)
    assert kept.status_code == 200, kept.text
    return browser, kept.url


def test_people_at_the_same_time_never_see_each_others_things(site):
    with ThreadPoolExecutor(3) as people:
        made = list(people.map(lambda seed: keep_one(site, seed), range(3)))
    addresses = [address for _, address in made]
    assert len(set(addresses)) == 3
    for browser, own in made:
        page = browser.get(f"{site.address}/results/", timeout=30)
        for address in addresses:
            key = address.removeprefix(site.address)
            assert (key in page.text) == (address == own)
            assert browser.get(address, timeout=30).status_code == (200 if address == own else 404)
            for file in ("download.png", "fabric.png"):
                assert browser.get(address + file, timeout=60).status_code == (200 if address == own else 404)


def test_a_result_is_the_same_bytes_after_a_restart(site):
    browser, address = keep_one(site, 77)
    before = {file: browser.get(address + file, timeout=60).content for file in ("download.png", "fabric.png")}
    site.kill()
    site.start()
    assert {file: browser.get(address + file, timeout=60).content for file in before} == before


def test_a_kill_in_the_middle_of_an_upload_leaves_nothing_half_done(site):
    browser = requests.Session()
    secret = token(browser.get(f"{site.address}/clothes/", timeout=30))
    photo = hostile.jpeg(1200, 1600, quality=95)
    request = requests.Request(
        "POST", f"{site.address}/photos/", data={"csrfmiddlewaretoken": secret}, files={"photo": ("me.jpg", photo)}
    )
    ready = browser.prepare_request(request)
    head = f"POST /photos/ HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in ready.headers.items()) + "\r\n"
    with socket.create_connection(("127.0.0.1", site.port)) as wire:
        wire.sendall(head.encode() + ready.body[: len(ready.body) // 2])
        time.sleep(0.3)
        site.kill()
    site.start()
    assert site.rows("Photo") == 0
    assert not list((site.folder / "media" / "private").glob("photos/*"))
    assert browser.get(f"{site.address}/clothes/", timeout=30).status_code == 200


def test_a_body_of_twenty_megabytes_is_answered_with_the_page(site):
    browser = requests.Session()
    secret = token(browser.get(f"{site.address}/clothes/", timeout=30))
    big = {"photo": ("me.jpg", hostile.jpeg() + b"\0" * 20_000_000)}
    answer = browser.post(f"{site.address}/photos/", data={"csrfmiddlewaretoken": secret}, files=big, timeout=60)
    assert answer.status_code == 413
    assert "15 MB" in answer.text
