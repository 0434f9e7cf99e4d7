"""Fabrics by address: drawn on demand, the same bytes every time, kind about bad addresses."""

from __future__ import annotations

import io
import threading
import time

import numpy as np
import pytest
from PIL import Image

from ml.textiles.recipe import Recipe
from patterns import services, slots
from patterns.models import GeneratorVersion
from tests.factories import StandInGenerator, make_category, make_version, version_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stand_in_models")]


def test_a_tile_has_the_size_asked_for(anonymous):
    version_of("plaid")
    for asked, size in (({}, 256), ({"size": 64}, 64), ({"size": 1024}, 1024)):
        response = anonymous.get("/fabrics/plaid/17.png", asked)
        assert response["Content-Type"] == "image/png"
        assert Image.open(io.BytesIO(response.content)).size == (size, size)


def test_a_page_shows_the_same_tile_as_webp(anonymous):
    version = version_of("plaid")
    shown = anonymous.get("/fabrics/plaid/17.webp", {"v": version.version, "size": 64})
    assert shown["Content-Type"] == "image/webp"
    assert shown["Cache-Control"] == "public, max-age=31536000, immutable"
    assert shown["ETag"] != anonymous.get("/fabrics/plaid/17.png", {"v": version.version, "size": 64})["ETag"]
    assert b"trainedAlgorithmicMedia" in shown.content
    pixels = np.asarray(Image.open(io.BytesIO(shown.content))).astype(int)
    assert np.abs(pixels - services.draw_tile(version, Recipe(17), 64)).mean() < 16, (
        "blocks of noise, their colour at half size"
    )


def test_the_same_recipe_and_version_give_the_same_bytes(anonymous):
    version = version_of("plaid")
    first = anonymous.get("/fabrics/plaid/17.png").content
    services._tiles.clear()
    services._files.clear()
    assert anonymous.get("/fabrics/plaid/17.png").content == first
    assert services.draw_fabric(version, Recipe(17), 256) == first
    assert anonymous.get("/fabrics/plaid/18.png").content != first


def test_a_tile_seen_before_is_not_drawn_again(anonymous, monkeypatch):
    version = version_of("plaid")
    first = anonymous.get("/fabrics/plaid/17.png", {"v": version.version})
    assert first["Cache-Control"] == "public, max-age=31536000, immutable"
    assert anonymous.get("/fabrics/plaid/17.png")["Cache-Control"] == "public, no-cache"
    monkeypatch.setattr(services, "draw_fabric", lambda *_: pytest.fail("drawn"))
    again = anonymous.get("/fabrics/plaid/17.png", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304


def test_a_new_version_draws_and_is_tagged_anew(anonymous):
    old = version_of("plaid")
    tag = anonymous.get("/fabrics/plaid/17.png")["ETag"]
    services.publish_version(make_version(old.category, state=GeneratorVersion.State.DRAFT))
    assert anonymous.get("/fabrics/plaid/17.png")["ETag"] != tag
    assert anonymous.get("/fabrics/plaid/17.png", {"v": old.version})["ETag"] == tag


def test_a_draft_is_not_shown(anonymous):
    draft = make_version(version_of("plaid").category, state=GeneratorVersion.State.DRAFT)
    assert anonymous.get("/fabrics/plaid/17.png", {"v": draft.version}).status_code == 404


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/fabrics/plaid/-1.png", 400),
        ("/fabrics/plaid/4294967296.png", 400),
        ("/fabrics/plaid/seventeen.png", 400),
        (f"/fabrics/plaid/{'9' * 5000}.png", 400),
        ("/fabrics/plaid/1.5.png", 400),
        ("/fabrics/plaid/%00.png", 400),
        ("/fabrics/plaid/17.png?size=0", 400),
        ("/fabrics/plaid/17.png?size=63", 400),
        ("/fabrics/plaid/17.png?size=1000000", 400),
        ("/fabrics/plaid/17.png?size=big", 400),
        ("/fabrics/plaid/17.png?v=%00", 400),
        ("/fabrics/plaid/17.png?v=none", 404),
        ("/fabrics/tweed/17.png", 404),
        ("/fabrics/plaid/?from=-1", 400),
        ("/fabrics/plaid/?from=x", 400),
        ("/fabrics/plaid/?from=4294967296", 400),
        ("/fabrics/tweed/?from=1", 404),
        ("/fabrics/no%20slug/?from=1", 404),
    ],
)
def test_a_bad_address_gets_a_kind_page(anonymous, address, status):
    version_of("plaid")
    response = anonymous.get(address)
    assert response.status_code == status
    assert "<h1>" in response.content.decode()


def test_a_page_has_eight_seeds_and_more_leads_to_the_next_eight(anonymous):
    version_of("plaid")
    page = anonymous.get("/fabrics/plaid/", {"from": 40})
    assert page.context["seeds"] == list(range(40, 48))
    assert page.context["next"] == 48
    assert "/fabrics/plaid/?from=48" in page.content.decode()


def test_the_last_seed_is_followed_by_the_first(anonymous):
    version_of("plaid")
    page = anonymous.get("/fabrics/plaid/", {"from": 2**32 - 2})
    assert page.context["seeds"][:4] == [2**32 - 2, 2**32 - 1, 0, 1]


def test_a_visit_without_a_seed_begins_anywhere(anonymous):
    version_of("plaid")
    addresses = {anonymous.get("/fabrics/plaid/")["Location"] for _ in range(5)}
    assert len(addresses) > 1


def test_an_unpublished_category_is_not_found(anonymous):
    category = make_category("floral")
    make_version(category)
    category.is_published = False
    category.save()
    assert anonymous.get("/fabrics/floral/?from=1").status_code == 404
    assert anonymous.get("/fabrics/floral/1.png").status_code == 404
    assert "floral" not in anonymous.get("/fabrics/").content.decode()


def test_categories_come_in_the_order_staff_gave_them(anonymous):
    for slug, order in (("plaid", 2), ("floral", 1), ("solid", 3)):
        make_version(make_category(slug, order=order))
    make_category("zigzag", order=0)  # without a generator it is not offered
    page = anonymous.get("/fabrics/")
    assert [category.slug for category in page.context["categories"]] == ["floral", "plaid", "solid"]


def test_a_model_whose_file_is_gone_is_a_pause_not_an_error(anonymous, monkeypatch):
    from ml.errors import ModelFileError

    def missing(version):
        raise ModelFileError("The model file is missing.")

    monkeypatch.setattr(services, "generator_for", missing)
    version_of("plaid")
    response = anonymous.get("/fabrics/plaid/17.png")
    assert response.status_code == 503
    assert response["Retry-After"]


def test_no_more_people_draw_at_once_than_there_are_places(monkeypatch, settings):
    settings.MODEL_CONCURRENCY, settings.MODEL_WAIT_SECONDS = 2, 10
    slots.model_slots.cache_clear()
    at_once, most, lock = [0], [0], threading.Lock()

    class Slow(StandInGenerator):
        def draw(self, recipe: Recipe, size: int = 256) -> np.ndarray:
            with lock:
                at_once[0] += 1
                most[0] = max(most[0], at_once[0])
            time.sleep(0.02)
            with lock:
                at_once[0] -= 1
            return super().draw(recipe, size)

    version, slow = version_of("plaid"), Slow()
    monkeypatch.setattr(services, "generator_for", lambda _: slow)
    people = [threading.Thread(target=services.draw_tile, args=(version, Recipe(seed), 64)) for seed in range(12)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert most[0] == 2


def test_who_waits_too_long_is_told_when_to_come_back(anonymous, settings):
    version_of("plaid")
    settings.MODEL_CONCURRENCY, settings.MODEL_WAIT_SECONDS = 1, 0.05
    slots.model_slots.cache_clear()
    with slots.model_slots().take():
        response = anonymous.get("/fabrics/plaid/17.png")
    assert response.status_code == 503
    assert response["Retry-After"] == "10"


def test_a_fabric_that_many_look_at_is_drawn_and_packed_once(monkeypatch):
    version = version_of("plaid")
    first = services.draw_fabric(version, Recipe(17), 128)
    monkeypatch.setattr(services, "draw_tile", lambda *_: pytest.fail("drawn again"))
    assert services.draw_fabric(version, Recipe(17), 128) == first


def test_remembered_tiles_stay_few():
    version = version_of("plaid")
    for seed in range(60):
        services.draw_tile(version, Recipe(seed), 64)
    assert len(services._tiles) <= 24
    for seed in range(16):
        services.draw_tile(version, Recipe(seed), 1024)
    assert services._tiles.weight() <= 32 * 1024 * 1024
