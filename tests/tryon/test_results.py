"""Keeping a look, and what one has of it."""

from __future__ import annotations

import io
from datetime import timedelta

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from patterns.models import Fabric
from tests.factories import garment_area, look_query, make_photo, make_result, make_stock, photo_pixels, version_of
from tests.tryon.test_photos import files_kept
from tryon import services
from tryon.models import PHOTO_HOURS, Photo, Result

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stand_in_models")]


def body(response) -> bytes:
    return b"".join(response.streaming_content)


def picture(response) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(body(response))).convert("RGB"))


def keep(browser, photo, **more) -> Result:
    version_of("plaid")
    response = browser.client.post(reverse("keep-photo", args=[photo.public_id]), look_query(**more))
    assert response.status_code == 302, response.content.decode()
    return Result.objects.latest("pk")


def test_outside_the_garment_every_byte_is_the_photos(owner):
    pixels = photo_pixels(300, 400)
    photo = make_photo(owner.person, pixels)
    result = keep(owner, photo, repeat="half-drop", rotation=30)
    dressed = picture(owner.client.get(reverse("download-png", args=[result.public_id])))
    height, width = pixels.shape[:2]
    away = np.ones((height, width), bool)
    rows, columns = garment_area(height, width)
    edge = 8
    away[rows.start - edge : rows.stop + edge, columns.start - edge : columns.stop + edge] = False
    assert np.array_equal(dressed[away], pixels[away])
    inside = (slice(rows.start + edge, rows.stop - edge), slice(columns.start + edge, columns.stop - edge))
    assert (dressed[inside] != pixels[inside]).any(axis=2).mean() > 0.9


def test_the_jpeg_has_full_colour_resolution_and_is_near_the_png(owner):
    result = keep(owner, make_photo(owner.person))
    response = owner.client.get(reverse("download-jpeg", args=[result.public_id]))
    assert response["Content-Disposition"] == 'attachment; filename="ai-fashion-top-plaid-17.jpg"'
    content = body(response)
    opened = Image.open(io.BytesIO(content))
    assert opened.layer[0][1:3] == (1, 1)
    exact = services.read_pixels(result.image).astype(int)
    assert np.abs(np.asarray(opened).astype(int) - exact).mean() < 6


def test_the_fabric_comes_as_a_tile_of_1024_pixels_and_the_same_bytes_every_time(owner):
    result = keep(owner, make_photo(owner.person))
    address = reverse("download-fabric", args=[result.public_id])
    first, second = (body(owner.client.get(address)) for _ in range(2))
    assert first == second
    assert Image.open(io.BytesIO(first)).size == (1024, 1024)


def test_a_result_is_never_overwritten(owner):
    photo = make_photo(owner.person)
    first, second = keep(owner, photo), keep(owner, photo)
    assert first.public_id != second.public_id
    assert first.image.name != second.image.name
    first.garments = ["dress"]
    with pytest.raises(TypeError, match="never overwritten"):
        first.save()
    first.owner = User.objects.create_user("ada")
    first.save(update_fields=["owner"])


def test_the_same_fabric_kept_twice_is_one_row(owner):
    photo = make_photo(owner.person)
    keep(owner, photo)
    keep(owner, photo, cm=40)
    assert Fabric.objects.count() == 1


def test_deleting_a_result_removes_its_files_and_its_fabric(owner, local_files, django_capture_on_commit_callbacks):
    stock = make_stock()
    before = set(files_kept(local_files))
    version_of("plaid")
    owner.client.post(reverse("keep-stock", args=[stock.slug]), look_query())
    result = Result.objects.get()
    address = reverse("delete-result", args=[result.public_id])
    assert owner.client.get(address).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        assert owner.client.post(address)["Location"] == reverse("results")
    assert set(files_kept(local_files)) == before
    assert not Result.objects.exists()
    assert not Fabric.objects.exists()


def test_a_fabric_another_result_wears_stays(owner):
    photo = make_photo(owner.person)
    first, second = keep(owner, photo), keep(owner, photo)
    services.delete_result(first)
    assert Fabric.objects.get() == second.fabric


def test_when_the_row_cannot_be_written_no_file_stays(owner, local_files, monkeypatch):
    photo = make_photo(owner.person)
    version_of("plaid")
    before = set(files_kept(local_files))

    def fail(**_):
        raise DatabaseError("the database is gone")

    monkeypatch.setattr(Result.objects, "create", fail)
    response = owner.client.post(reverse("keep-photo", args=[photo.public_id]), look_query())
    assert response.status_code == 500
    assert set(files_kept(local_files)) == before
    assert not Fabric.objects.exists()


def test_a_photo_deleted_in_another_window_is_not_found_and_nothing_is_kept(owner, local_files, monkeypatch):
    photo = make_photo(owner.person)
    version_of("plaid")
    real = services.dress

    def dress_then_lose(*arguments):
        dressed = real(*arguments)
        photo.__class__.objects.filter(pk=photo.pk).delete()
        return dressed

    monkeypatch.setattr(services, "dress", dress_then_lose)
    response = owner.client.post(reverse("keep-photo", args=[photo.public_id]), look_query())
    assert response.status_code == 404
    assert not list((local_files / "private" / "results").glob("*"))


def test_a_file_that_vanished_is_not_found(owner):
    photo = make_photo(owner.person)
    version_of("plaid")
    photo.screen.storage.delete(photo.screen.name)
    assert owner.client.get(reverse("preview-photo", args=[photo.public_id]), look_query()).status_code == 404


def test_the_result_page_leads_back_to_the_very_look(owner):
    version_of("plaid")
    result = keep(owner, make_photo(owner.person), rotation=45, repeat="mirror")
    page = owner.client.get(result.get_absolute_url())
    again = owner.client.get(page.context["again"])
    assert again.status_code == 200
    assert ("rotation", "45") in again.context["state"]
    assert ("repeat", "mirror") in again.context["state"]
    assert ("fabric", "plaid:17") in again.context["state"]


def test_a_result_outlives_its_stock_garment(owner):
    stock = make_stock()
    version_of("plaid")
    owner.client.post(reverse("keep-stock", args=[stock.slug]), look_query())
    result = Result.objects.get()
    stock.delete()
    page = owner.client.get(result.get_absolute_url())
    assert page.status_code == 200
    assert page.context["before"] == ""


def test_the_list_of_results_has_pages(owner):
    photo = make_photo(owner.person)
    for _ in range(3):
        make_result(owner.person, photo)
    assert len(owner.client.get("/results/").context["page"]) == 3
    assert owner.client.get("/results/?page=nonsense").status_code == 200
    assert owner.client.get("/results/?page=999").status_code == 200


def test_results_and_photos_need_the_same_number_of_queries_however_many_there_are(owner, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries(address: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert owner.client.get(address).status_code == 200
        return len(captured)

    photo = make_photo(owner.person)
    make_result(owner.person, photo)
    make_stock("one")
    version_of("plaid")
    before = [queries(address) for address in ("/results/", "/clothes/", "/")]
    for number in range(5):
        make_result(owner.person, make_photo(owner.person))
        make_stock(f"stock-{number}")
    assert [queries(address) for address in ("/results/", "/clothes/", "/")] == before
    assert max(before) <= 6


def test_work_made_before_signing_in_is_still_there_after(owner):
    result = make_result(owner.person)
    user = User.objects.create_user("ada", password="correct horse battery")
    owner.client.force_login(user)
    assert owner.client.get(result.get_absolute_url()).status_code == 200
    photo = make_photo(owner.person)
    kept = keep(owner, photo)
    assert kept.owner == user
    assert kept.visitor is None


def test_signing_out_leaves_nothing_behind_for_the_next_person(owner):
    user = User.objects.create_user("ada", password="correct horse battery")
    owner.client.force_login(user)
    kept = keep(owner, make_photo(owner.person))
    owner.client.logout()
    assert owner.client.get(kept.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("repeat", ["half-drop", "half-brick"])
def test_a_half_drop_is_drawn_by_the_generator_so_that_no_column_ends_in_a_cut(owner, repeat, monkeypatch):
    from patterns.studio.services import draw_block

    drawn = []
    monkeypatch.setattr(services, "draw_block", lambda *given: drawn.append(given) or draw_block(*given))
    plain = keep(owner, make_photo(owner.person), repeat="straight")
    assert not drawn
    result = keep(owner, make_photo(owner.person), repeat=repeat)
    assert [recipe.repeat for _, recipe, _ in drawn] == [repeat]
    assert not np.array_equal(services.read_pixels(result.image), services.read_pixels(plain.image))


def test_whoever_looks_at_a_result_reads_how_long_its_photo_stays_from_now_on(owner):
    long_ago = timezone.now() - timedelta(hours=PHOTO_HOURS - 1)
    result = make_result(owner.person, make_photo(owner.person, last_used_at=long_ago))
    shown = owner.client.get(result.get_absolute_url()).context["result"].photo
    assert shown.ends - timezone.now() > timedelta(hours=PHOTO_HOURS - 1)
    assert shown.ends == Photo.objects.get().ends
