"""The models that ship, through the site: upload, outline, preview, result. No stand-ins."""

from __future__ import annotations

import io

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from PIL import Image

from ml.bundle import bundled_models
from ml.garments.config import GARMENTS
from ml.garments.refine import garment_alpha
from patterns.services import check_models
from tests.factories import encoded, look_query, photo_pixels
from tests.tryon import hostile
from tryon import services
from tryon.management.commands.load_stock import STOCK
from tryon.models import Photo, Result, StockGarment

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not bundled_models("garments"), reason="the garment model is not bundled yet"),
]


@pytest.fixture
def ready_site() -> None:
    for name in ("sync_models", "load_stock"):
        call_command(name, stdout=io.StringIO())


@pytest.fixture
def ready_models() -> None:
    call_command("sync_models", stdout=io.StringIO())


def upload(browser, content: bytes) -> Photo:
    response = browser.client.post("/photos/", {"photo": SimpleUploadedFile("me", content)})
    assert response.status_code == 302, response.content.decode()
    return Photo.objects.latest("pk")


def test_a_fresh_site_is_ready(ready_site, anonymous):
    check_models()
    assert anonymous.get("/health/ready").json()["status"] == "ready"


@pytest.mark.skipif(not STOCK.exists(), reason="no stock garments are drawn yet")
def test_a_photo_of_a_garment_goes_all_the_way_and_the_rest_stays_byte_for_byte(ready_site, owner):
    content = next(STOCK.glob("*/photo.jpg")).read_bytes()
    photo = upload(owner, content)
    original = np.asarray(Image.open(io.BytesIO(content)))
    assert np.array_equal(services.read_pixels(photo.image), original)
    assert photo.outcome in Photo.Outcome.values
    assert set(photo.garment_names) <= set(GARMENTS)
    shares = [garment["share"] for garment in photo.found]
    assert shares == sorted(shares, reverse=True)
    page = owner.client.get(photo.get_absolute_url(), follow=True)
    assert page.status_code == 200
    if photo.outcome == "none":  # an honest model may say so; then nothing is painted
        return
    chosen = photo.garment_names[0]
    query = look_query(garment=chosen, sure="on")
    assert owner.client.get(reverse("preview-photo", args=[photo.public_id]), query).status_code == 200
    owner.client.post(reverse("keep-photo", args=[photo.public_id]), query)
    dressed = services.read_pixels(Result.objects.get().image)
    alpha = garment_alpha(original, services.read_grey(photo.labels), [chosen])
    assert (alpha > 0.5).any()
    assert np.array_equal(dressed[alpha == 0], original[alpha == 0])
    assert (dressed[alpha > 0.9] != original[alpha > 0.9]).any(axis=1).mean() > 0.9


@pytest.mark.parametrize("make", [lambda: np.full((500, 400, 3), 128, np.uint8), lambda: photo_pixels(400, 500)])
def test_a_picture_without_clothes_never_fails(ready_models, owner, make):
    photo = upload(owner, encoded(make()))
    assert owner.client.get(photo.get_absolute_url(), follow=True).status_code == 200


@pytest.mark.parametrize("name", hostile.ODD_BUT_FINE)
def test_every_odd_photo_gets_a_page(ready_models, owner, name):
    photo = upload(owner, hostile.ODD_BUT_FINE[name]())
    assert owner.client.get(photo.get_absolute_url(), follow=True).status_code == 200


@pytest.mark.skipif(not STOCK.exists(), reason="no stock garments are drawn yet")
def test_the_same_look_gives_the_same_bytes(ready_site, owner):
    stock = StockGarment.objects.first()
    query = look_query(garment=stock.garment_names[0])
    kept = []
    for _ in range(2):
        owner.client.post(reverse("keep-stock", args=[stock.slug]), query)
        with Result.objects.latest("pk").image.open() as file:
            kept.append(file.read())
    assert kept[0] == kept[1]
