"""gunicorn, SQLite in a file, the bundled generators, two people at once, and a kill in the middle of an upload."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.factories import look_query
from tests.tryon import hostile
from tryon.management.commands.load_stock import STOCK

ROOT = Path(__file__).resolve().parents[2]
GARMENT = "t-shirt"
pytestmark = pytest.mark.skipif(not (STOCK / GARMENT).exists(), reason="no stock garments are drawn yet")


class Site:
    """The site in a process of its own, on a free port."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder = folder
        self.address = f"http://127.0.0.1:{self.port}"
        self.environment = {
            "PATH": os.environ["PATH"],
            "AIFASHION_ENV": "development",
            "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
            "MEDIA_ROOT": str(folder / "media"),
        }
        self.manage("prepare_site")
        self.start()

    def manage(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        words = ["-m", "gunicorn", "aifashion.wsgi", "--bind", f"127.0.0.1:{self.port}", "--threads", "4"]
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(
            [sys.executable, *words], cwd=ROOT, env=self.environment, stdout=quiet, stderr=quiet, start_new_session=True
        )
        for _ in range(150):
            try:
                requests.get(f"{self.address}/health/live", timeout=2)
                return
            except requests.ConnectionError:
                time.sleep(0.2)
        raise AssertionError("The server did not start.")

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def rows(self, model: str) -> int:
        question = f"from tryon.models import {model} as m; print(m.objects.count())"
        return int(self.manage("shell", "-v0", "-c", question))


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site"))
    yield site
    site.kill()


def token(page: requests.Response) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    assert found
    return found[1]


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
