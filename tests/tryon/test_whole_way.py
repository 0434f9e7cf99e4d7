"""The main job, from a photo to a download."""

from __future__ import annotations

import io

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from tests.factories import encoded, garment_area, look_query, make_stock, photo_pixels, version_of
from tryon.models import Photo, Result

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stand_in_models")]


def test_a_photo_goes_from_upload_to_downloads(owner):
    version_of("plaid")
    pixels = photo_pixels()
    client = owner.client

    assert client.get("/").status_code == 200
    assert client.get("/clothes/").status_code == 200
    upload = client.post("/photos/", {"photo": SimpleUploadedFile("me.png", encoded(pixels))})
    photo = Photo.objects.get()
    assert upload.status_code == 302
    assert upload["Location"] == f"/try/photo/{photo.public_id}/"

    page = client.get(upload["Location"], follow=True)
    assert page.status_code == 200
    assert page.request["QUERY_STRING"]
    preview = client.get(page.context["preview"])
    assert preview["Content-Type"] == "image/webp"

    kept = client.post(page.context["addresses"].keep, dict(page.context["state"]), follow=True)
    assert kept.status_code == 200
    result = Result.objects.get()
    assert kept.request["PATH_INFO"] == f"/results/{result.public_id}/"
    png = client.get(reverse("download-png", args=[result.public_id]))
    assert png["Content-Disposition"].startswith("attachment")
    dressed = np.asarray(Image.open(io.BytesIO(b"".join(png.streaming_content))))
    assert dressed.shape == pixels.shape
    inside = np.zeros(pixels.shape[:2], bool)
    inside[garment_area(*pixels.shape[:2])] = True
    assert (dressed[inside] != pixels[inside]).mean() > 0.5
    for name in ("result-image", "result-thumbnail", "download-png"):
        shown = b"".join(client.get(reverse(name, args=[result.public_id])).streaming_content)
        assert b"compositeWithTrainedAlgorithmicMedia" in shown
    assert b"compositeWithTrainedAlgorithmicMedia" in preview.content
    for name, kind in (("download-jpeg", "image/jpeg"), ("download-fabric", "image/png")):
        response = client.get(reverse(name, args=[result.public_id]))
        assert response["Content-Type"] == kind
    assert str(result.public_id) in client.get("/results/").content.decode()


def test_a_stock_garment_is_tried_on_and_kept(owner):
    version_of("plaid")
    stock = make_stock()
    page = owner.client.get(f"/try/stock/{stock.slug}/", follow=True)
    assert page.status_code == 200
    assert owner.client.get(page.context["preview"]).status_code == 200
    kept = owner.client.post(f"/try/stock/{stock.slug}/keep", look_query(), follow=True)
    assert kept.status_code == 200
    assert Result.objects.get().stock == stock
