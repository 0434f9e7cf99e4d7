"""The same promises on local files and in a bucket (moto's S3 server, spoken to over HTTP)."""

from __future__ import annotations

import copy
import io
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from aifashion import health
from tests.factories import encoded, look_query, make_photo, make_result, make_stock, photo_pixels, version_of
from tryon import files, services
from tryon.models import Photo, Result
from tryon.storage import catalogue_storage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stand_in_models")]


def kept() -> set[str]:
    return {f"{folder}/{name}" for folder in ("photos", "results") for name in _names(folder)}


def _names(folder: str) -> list[str]:
    try:
        return default_storage.listdir(folder)[1]
    except FileNotFoundError:
        return []


def fetch(response) -> tuple[bytes, Mapping[str, str]]:
    """What a browser ends up with: the streamed bytes, or what the link leads to."""
    if response.status_code == 302:
        with urlopen(response["Location"]) as answer:  # noqa: S310
            return answer.read(), answer.headers
    assert response.status_code == 200
    return b"".join(response.streaming_content), response.headers


def test_the_whole_way_leaves_only_files_that_rows_know(owner, storage, django_capture_on_commit_callbacks):
    version_of("plaid")
    upload = owner.client.post("/photos/", {"photo": SimpleUploadedFile("me.png", encoded(photo_pixels()))})
    assert upload.status_code == 302
    photo = Photo.objects.get()
    response = owner.client.post(reverse("keep-photo", args=[photo.public_id]), look_query())
    assert response.status_code == 302
    result = Result.objects.get()
    assert len(kept()) == 8
    for row in (photo, result):
        for field in files.file_fields(type(row)):
            assert default_storage.exists(getattr(row, field.name).name)
    with django_capture_on_commit_callbacks(execute=True):
        owner.client.post(reverse("delete-photo", args=[photo.public_id]))
    assert kept() == set()


def test_a_download_is_private_and_named(owner, storage):
    result = make_result(owner.person)
    response = owner.client.get(reverse("download-png", args=[result.public_id]))
    assert response["Cache-Control"] == "private, no-store"
    content, headers = fetch(response)
    assert headers["Content-Disposition"] == 'attachment; filename="ai-fashion-top-plaid-17.png"'
    assert headers["Content-Type"] == "image/png"
    with default_storage.open(result.image.name) as file:
        assert content == file.read()


def test_a_picture_in_a_page_is_shown_not_saved(owner, storage):
    photo = make_photo(owner.person)
    content, headers = fetch(owner.client.get(reverse("photo-image", args=[photo.public_id])))
    assert headers["Content-Disposition"] == "inline"
    assert headers["Content-Type"] == "image/webp"
    assert content[:4] + content[8:12] == b"RIFFWEBP"


def test_what_was_kept_as_jpeg_is_still_shown_as_that(owner, storage):
    photo = make_photo(owner.person)
    photo.screen = default_storage.save("photos/earlier.jpg", ContentFile(encoded(photo_pixels(), "JPEG")))
    photo.save()
    content, headers = fetch(owner.client.get(reverse("photo-image", args=[photo.public_id])))
    assert headers["Content-Type"] == "image/jpeg"
    assert content[:3] == b"\xff\xd8\xff"


def test_a_bucket_is_told_the_type_of_what_everybody_may_see(storage):
    if storage == "local files":
        pytest.skip("local files are served by a view of ours")
    with catalogue_storage.open(make_stock().screen.name) as file:
        assert file.obj.content_type == "image/webp"


def test_a_link_into_the_bucket_lives_five_minutes_at_most(owner, storage, settings):
    if storage == "local files":
        pytest.skip("local files have no links")
    result = make_result(owner.person)
    response = owner.client.get(reverse("download-png", args=[result.public_id]))
    query = parse_qs(urlsplit(response["Location"]).query)
    assert 0 < int(query["X-Amz-Expires"][0]) <= 300
    assert query["X-Amz-Signature"]


def test_a_file_that_vanished_is_no_server_error(owner, storage):
    photo = make_photo(owner.person)
    default_storage.delete(photo.screen.name)
    assert owner.client.get(reverse("photo-image", args=[photo.public_id])).status_code in (302, 404)


def test_the_sweeper_removes_old_orphans_and_nothing_else(owner, storage, monkeypatch):
    make_result(owner.person)
    make_stock()
    known = kept()
    orphan = default_storage.save("photos/orphan.png", ContentFile(b"left over"))
    stock_orphan = catalogue_storage.save("stock/orphan.png", ContentFile(b"left over"))
    call_command("sweep_files", stdout=io.StringIO())
    assert kept() == known | {orphan}, "an hour has not passed"
    later = timezone.now() + timedelta(hours=2)
    monkeypatch.setattr(timezone, "now", lambda: later)
    call_command("sweep_files", stdout=io.StringIO())
    assert kept() == known
    assert not catalogue_storage.exists(stock_orphan)
    assert len(catalogue_storage.listdir("stock")[1]) == 4


def test_a_delete_that_the_storage_refuses_leaves_an_orphan_not_an_error(
    owner, storage, monkeypatch, django_capture_on_commit_callbacks
):
    result = make_result(owner.person)
    real = type(default_storage._wrapped).delete

    def refuse(self, name):
        raise OSError("the storage is away")

    monkeypatch.setattr(type(default_storage._wrapped), "delete", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        services.delete_result(result)
    monkeypatch.setattr(type(default_storage._wrapped), "delete", real)
    assert not Result.objects.exists()
    later = timezone.now() + timedelta(hours=2)
    monkeypatch.setattr(timezone, "now", lambda: later)
    call_command("sweep_files", stdout=io.StringIO())
    assert all(name.startswith("photos/") for name in kept())


def test_a_bucket_that_is_gone_is_a_pause_and_nothing_is_kept(owner, storage, settings):
    if storage == "local files":
        pytest.skip("a local folder does not go away")
    version_of("plaid")
    photo = make_photo(owner.person)
    storages = copy.deepcopy(settings.STORAGES)
    storages["default"]["OPTIONS"]["endpoint_url"] = "http://127.0.0.1:9"
    settings.STORAGES = storages
    upload = owner.client.post("/photos/", {"photo": SimpleUploadedFile("me.png", encoded(photo_pixels()))})
    keep = owner.client.post(reverse("keep-photo", args=[photo.public_id]), look_query())
    for response in (upload, keep):
        assert response.status_code == 503
        assert response["Retry-After"]
    assert Photo.objects.count() == 1
    assert not Result.objects.exists()


def test_readiness_knows_the_storage(storage):
    health.check_storage()


def test_readiness_notices_a_bucket_that_is_gone(storage, settings, rf: RequestFactory):
    if storage == "local files":
        pytest.skip("a local folder is made when needed")
    storages = copy.deepcopy(settings.STORAGES)
    storages["default"]["OPTIONS"]["endpoint_url"] = "http://127.0.0.1:9"
    settings.STORAGES = storages
    response = health.ready(rf.get("/health/ready"))
    assert response.status_code == 503
    assert b'"storage": "failed"' in response.content
