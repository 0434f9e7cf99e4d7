"""Uploading a photo through the site, and deleting it."""

from __future__ import annotations

import errno
import io
from pathlib import Path

import numpy as np
import pytest
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from patterns import slots
from tests.factories import (
    StandInSegmenter,
    encoded,
    make_photo,
    make_result,
    make_stock,
    photo_pixels,
    version_of,
)
from tests.tryon import hostile
from tryon import services
from tryon.models import Photo, Result

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stand_in_models")]


def files_kept(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def upload(client, content: bytes, name: str = "me.jpg", field: str = "photo", **more):
    return client.post("/photos/", {field: SimpleUploadedFile(name, content, "image/jpeg"), **more})


@pytest.mark.parametrize("name", hostile.REFUSED)
def test_a_refused_upload_shows_the_page_again_and_keeps_nothing(anonymous, local_files, name):
    response = upload(anonymous, hostile.REFUSED[name][0]())
    assert response.status_code == 400
    assert 'role="alert"' in response.content.decode()
    assert not Photo.objects.exists()
    assert not files_kept(local_files)


@pytest.mark.parametrize("name", ["HEIC", "CMYK JPEG", "16-bit PNG", "animated WebP", "very long"])
def test_an_odd_photo_is_taken_whatever_its_name_says(anonymous, name):
    response = upload(anonymous, hostile.ODD_BUT_FINE[name](), "photo.exe")
    assert response.status_code == 302
    assert anonymous.get(response["Location"], follow=True).status_code in (200, 503)


def test_the_camera_input_is_taken_too(anonymous):
    assert upload(anonymous, hostile.jpeg(), field="camera").status_code == 302


def test_an_upload_without_a_file_asks_for_one(anonymous):
    for form in ({}, {"photo": "text, not a file"}, {"photo": SimpleUploadedFile("nothing.jpg", b"")}):
        response = anonymous.post("/photos/", form)
        assert response.status_code == 400
        assert 'role="alert"' in response.content.decode()


def test_opening_the_upload_address_leads_to_the_clothes(anonymous):
    assert anonymous.get("/photos/")["Location"] == reverse("clothes")


def test_a_fabric_chosen_before_comes_along(anonymous):
    version_of("plaid")
    assert upload(anonymous, hostile.jpeg(), fabric="plaid:17")["Location"].endswith("?fabric=plaid%3A17")
    assert "?" not in upload(anonymous, hostile.jpeg(), fabric="https://evil.example")["Location"]


def test_no_file_of_a_photo_keeps_where_and_with_what_it_was_taken(anonymous, local_files):
    upload(anonymous, hostile.with_gps())
    for path in files_kept(local_files):
        content = path.read_bytes()
        assert b"SecretCamera" not in content
        assert b"SecretComment" not in content
        if path.suffix != ".bin":  # what the net believed is no picture
            with Image.open(path) as picture:
                assert not picture.getexif()


def test_files_get_names_that_say_nothing(anonymous, local_files):
    upload(anonymous, hostile.jpeg(), "holiday-in-rome.jpg")
    names = [path.name for path in files_kept(local_files)]
    assert len(names) == 5
    assert all("rome" not in name and len(name) > 20 for name in names)


def test_the_stored_picture_is_the_original_pixel_for_pixel(owner):
    content = hostile.oriented(6)
    upload(owner.client, content)
    kept = services.read_pixels(Photo.objects.get().image)
    from PIL import ImageOps

    assert np.array_equal(kept, np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(content)))))


def test_when_the_row_cannot_be_written_no_file_stays(owner, local_files, monkeypatch):
    def fail(**_):
        raise DatabaseError("the database is gone")

    monkeypatch.setattr(Photo.objects, "create", fail)
    with pytest.raises(DatabaseError):
        services.accept_photo(owner.person, io.BytesIO(hostile.jpeg()), 5000)
    assert not files_kept(local_files)


def test_when_the_third_file_cannot_be_written_the_first_two_go(owner, local_files, monkeypatch):
    real, calls = FileSystemStorage.save, []

    def failing(storage, name, content):
        calls.append(name)
        if len(calls) == 3:
            raise OSError("disk full")
        return real(storage, name, content)

    monkeypatch.setattr(FileSystemStorage, "save", failing)
    with pytest.raises(OSError, match="disk full"):
        services.accept_photo(owner.person, io.BytesIO(hostile.jpeg()), 5000)
    assert not files_kept(local_files)
    assert not Photo.objects.exists()


def test_a_full_disk_is_a_pause_not_an_error(owner, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "_save", full)
    response = upload(owner.client, hostile.jpeg())
    assert response.status_code == 503
    assert "Nothing is lost" in response.content.decode()


def test_when_the_model_fails_nothing_is_kept(owner, local_files, monkeypatch):
    from ml.errors import ModelFileError

    def broken():
        raise ModelFileError("The model file is missing.")

    monkeypatch.setattr(services, "segmenter", broken)
    response = upload(owner.client, hostile.jpeg())
    assert response.status_code == 503
    assert response["Retry-After"]
    assert not files_kept(local_files)


def test_when_all_places_are_taken_the_person_is_asked_to_come_back(owner, settings):
    settings.MODEL_CONCURRENCY, settings.MODEL_WAIT_SECONDS = 1, 0.05
    slots.model_slots.cache_clear()
    with slots.model_slots().take():
        response = upload(owner.client, hostile.jpeg())
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert not Photo.objects.exists()


def test_nothing_found_is_said_and_nothing_is_painted(owner, monkeypatch):
    version_of("plaid")
    monkeypatch.setattr(services, "segmenter", lambda: StandInSegmenter("none"))
    page = owner.client.get(upload(owner.client, hostile.jpeg())["Location"], follow=True)
    assert "found no clothes" in page.content.decode()
    photo = Photo.objects.get()
    for url in (reverse("preview-photo", args=[photo.public_id]),):
        assert owner.client.get(url, {"fabric": "plaid:1"}).status_code == 400
    assert owner.client.post(reverse("keep-photo", args=[photo.public_id]), {"fabric": "plaid:1"}).status_code == 400
    assert not Result.objects.exists()


def test_an_unsure_photo_is_dressed_only_after_a_word(owner, monkeypatch):
    version_of("plaid")
    monkeypatch.setattr(services, "segmenter", lambda: StandInSegmenter("unsure"))
    page = owner.client.get(upload(owner.client, hostile.jpeg())["Location"], follow=True)
    assert "not sure" in page.content.decode()
    assert page.context["preview"] == ""
    photo = Photo.objects.get()
    preview, keep = (reverse(f"{name}-photo", args=[photo.public_id]) for name in ("preview", "keep"))
    assert owner.client.get(preview, {"fabric": "plaid:1"}).status_code == 400
    assert owner.client.post(keep, {"fabric": "plaid:1"}).status_code == 400
    assert owner.client.get(preview, {"fabric": "plaid:1", "sure": "on"}).status_code == 200
    assert owner.client.post(keep, {"fabric": "plaid:1", "sure": "on"}).status_code == 302


def test_deleting_a_photo_asks_first_then_removes_every_file_and_result(
    owner, local_files, django_capture_on_commit_callbacks
):
    photo = make_photo(owner.person)
    make_result(owner.person, photo)
    address = reverse("delete-photo", args=[photo.public_id])
    assert owner.client.get(address).status_code == 200
    assert Photo.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        owner.client.post(address)
    assert not Photo.objects.exists()
    assert not Result.objects.exists()
    assert not files_kept(local_files)


def test_looking_at_a_photo_notes_that_it_is_used(owner):
    version_of("plaid")
    hours_ago = timezone.now() - timezone.timedelta(hours=23)
    photo = make_photo(owner.person, last_used_at=hours_ago)
    owner.client.get(photo.get_absolute_url(), follow=True)
    photo.refresh_from_db()
    assert (timezone.now() - photo.last_used_at).total_seconds() < 60


def test_the_clothes_page_lists_stock_and_ones_own_photos(owner, stranger):
    make_stock()
    photo = make_photo(owner.person)
    assert str(photo.public_id) in owner.client.get("/clothes/").content.decode()
    page = stranger.client.get("/clothes/").content.decode()
    assert str(photo.public_id) not in page
    assert "Linen shirt" in page
    assert 'capture="' in page


def test_a_photo_of_the_whole_allowed_size_reaches_the_page(owner):
    pixels = photo_pixels(2000, 3000)
    response = upload(owner.client, encoded(pixels, "JPEG", quality=90))
    assert response.status_code == 302
    photo = Photo.objects.get()
    assert (photo.width, photo.height) == (2000, 3000)
    screen = services.read_pixels(photo.screen)
    assert max(screen.shape) == 1000
