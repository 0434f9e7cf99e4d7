"""Fifty people: most look around and try fabrics on, some bring a photo, some keep what they see. ``make load`` runs it.

Each looks at what came for 10 to 20 seconds before the next step, which is how long people usually stay on a page (Nielsen Norm
Group). Their browsers have no JavaScript, so that every try-on is drawn here; they remember styles and tiles, as browsers do. A 503
that says when to come back is an honest answer, and people wait for so long; anything else that is not as expected is a failure.
"""

from __future__ import annotations

import io
import random
import re
import time
from typing import Any

import numpy as np
from locust import HttpUser, between, events, task
from PIL import Image, ImageDraw

from ml.textiles.config import CATEGORIES

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
PREVIEW = re.compile(r'src="(/try/[^"]+preview\.jpg\?[^"]+)"')
STOCK = re.compile(r'href="(/try/stock/[\w-]+/)')
TILE = re.compile(r'src="(/fabrics/[^"]+\.webp[^"]*)"')
STATIC = re.compile(r'(?:href|src)="(/static/[^"]+)"')
HIDDEN = re.compile(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"')
FABRICS_A_PAGE = 8
IN_VIEW = 12  # tiles; browsers leave those further down, which are marked lazy, until one scrolls there


def photo() -> bytes:
    """A person in a shirt, roughly, of a phone's size; no two alike."""
    stream = np.random.default_rng()
    grain = stream.integers(150, 200, (160, 120, 3), dtype=np.uint8)
    picture = Image.fromarray(grain).resize((1200, 1600))
    draw = ImageDraw.Draw(picture)
    colour = tuple(int(value) for value in stream.integers(0, 255, 3))
    draw.ellipse((500, 150, 700, 400), fill=(220, 180, 150))
    draw.polygon(
        [(400, 420), (800, 420), (950, 900), (820, 930), (800, 1100), (400, 1100), (380, 930), (250, 900)], fill=colour
    )
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


PHOTOS = [photo() for _ in range(60)]  # made beforehand: the cores are the site's


class Person(HttpUser):
    wait_time = between(10, 20)

    def on_start(self) -> None:
        self.garments = ["/try/stock/t-shirt/"]
        self.mine = ""
        self.row: tuple[str, int] | None = None
        self.remembered: set[str] = set()
        self.look("/")

    def look(self, path: str, name: str = "page") -> str:
        """A page and what belongs to it: the styles, scripts and tiles that this browser has not met before."""
        page = self.ask(path, name)
        for kind, found in (("styles and scripts", STATIC), ("tile", TILE)):
            for address in found.findall(page)[: IN_VIEW if kind == "tile" else None]:
                if address not in self.remembered:
                    self.remembered.add(address)
                    self.ask(address.replace("&amp;", "&"), kind)
        return page

    def ask(self, path: str, name: str, data: dict[str, Any] | None = None, **more: Any) -> str:
        """The answer's text; empty when we were told to come back, which we then do."""
        how = {"name": name, "catch_response": True, **more}
        with self.client.post(path, data=data, **how) if data is not None else self.client.get(path, **how) as answer:
            if answer.status_code == 503 and answer.headers.get("Retry-After"):
                answer.success()
                events.request.fire(
                    request_type="told to wait",
                    name=name,
                    response_time=0,
                    response_length=0,
                    exception=None,
                    context={},
                )
                time.sleep(float(answer.headers["Retry-After"]))
                return ""
            if answer.status_code == 429 and answer.headers.get("Retry-After"):
                answer.failure("limited: one address is all our people here")
                return ""
            if answer.status_code != 200:
                answer.failure(f"{answer.status_code}")
                return ""
            if "/try/photo/" in answer.url:
                self.mine = "/" + answer.url.split("/", 3)[3].split("?")[0]
            return answer.text if "html" in answer.headers.get("Content-Type", "") else "picture"

    @task(6)
    def look_around(self) -> None:
        page = self.look(random.choice(("/", "/clothes/", "/fabrics/")))
        self.garments = STOCK.findall(page) or self.garments

    @task(8)
    def try_on(self) -> None:
        self.see_it_on(random.choice([*self.garments, self.mine or self.garments[0]]))

    def see_it_on(self, where: str) -> str:
        """In one of the fabrics beside it, now and then of another kind."""
        if not self.row or random.random() < 0.3:
            kind, first = random.choice(CATEGORIES), random.randrange(1000)
            self.row = f"category={kind}&from={first}&fabric={kind}:", first
        where += f"?{self.row[0]}{self.row[1] + random.randrange(FABRICS_A_PAGE)}"
        page = self.look(where, "try-on page")
        for preview in PREVIEW.findall(page)[:1]:
            self.ask(preview.replace("&amp;", "&"), "try-on")
        return page

    @task(1)
    def bring_a_photo(self) -> None:
        token = TOKEN.search(self.look("/clothes/"))
        if token:
            picture = {"photo": ("me.jpg", random.choice(PHOTOS), "image/jpeg")}
            self.ask("/photos/", "upload", {"csrfmiddlewaretoken": token[1]}, files=picture)

    @task(1)
    def keep(self) -> None:
        """What is seen is kept: the page's own form is sent."""
        where = random.choice(self.garments)
        fields = dict(HIDDEN.findall(self.see_it_on(where).partition("keep-form")[2]))
        if "garment" in fields:
            self.ask(f"{where}keep", "keep", fields)
