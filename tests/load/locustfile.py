"""Fifty people: most look around and try fabrics on, some bring a photo, some keep what they see. ``make load`` runs it.

A 503 that says when to come back is an honest answer, and people wait for so long; anything else that is not as expected is a failure.
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
TILE = re.compile(r'src="(/fabrics/[^"]+\.png[^"]*)"')


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


class Person(HttpUser):
    wait_time = between(2, 6)

    def on_start(self) -> None:
        self.garments = ["/try/stock/t-shirt/"]
        self.mine = ""

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
            return answer.text if "html" in answer.headers.get("Content-Type", "") else "picture"

    @task(6)
    def look_around(self) -> None:
        page = self.ask(random.choice(("/", "/clothes/", "/fabrics/")), "page")
        self.garments = STOCK.findall(page) or self.garments
        for tile in TILE.findall(page)[:2]:
            self.ask(tile.replace("&amp;", "&"), "tile")

    @task(8)
    def try_on(self) -> None:
        where = random.choice([*self.garments, self.mine or self.garments[0]])
        page = self.ask(f"{where}?fabric={random.choice(CATEGORIES)}:{random.randrange(1000)}", "try-on page")
        for preview in PREVIEW.findall(page)[:1]:
            self.ask(preview.replace("&amp;", "&"), "try-on")

    @task(1)
    def bring_a_photo(self) -> None:
        token = TOKEN.search(self.ask("/clothes/", "page"))
        if not token:
            return
        with self.client.post(
            "/photos/",
            data={"csrfmiddlewaretoken": token[1]},
            files={"photo": ("me.jpg", photo(), "image/jpeg")},
            name="upload",
            catch_response=True,
        ) as answer:
            if answer.status_code == 503 and answer.headers.get("Retry-After"):
                answer.success()
            elif answer.status_code != 200:
                answer.failure(f"{answer.status_code}")
            elif "/try/photo/" in answer.url:
                self.mine = "/" + answer.url.split("/", 3)[3].split("?")[0]

    @task(1)
    def keep(self) -> None:
        where = random.choice(self.garments)
        query = f"?garment=top&fabric=plaid:{random.randrange(1000)}&category=plaid&from=1&cm=20&rotation=0&dx=0&dy=0&repeat=straight"
        page = self.ask(where + query, "try-on page")
        token = TOKEN.search(page)
        garment = re.search(r'name="garment" value="([\w-]+)"', page)
        if token and garment:
            fields = dict(part.split("=") for part in query[1:].split("&")) | {"garment": garment[1]}
            self.ask(f"{where}keep", "keep", fields | {"csrfmiddlewaretoken": token[1]})
