"""A photo goes a day after its last use, unless it is kept; and when it goes, nothing is left. Time travels, storage is real."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from storages.backends.s3 import S3Storage

from ml.compositing.placement import Placement
from ml.textiles.recipe import Recipe
from patterns.jobs import chores
from patterns.models import Fabric
from tests import traces
from tests.factories import encoded, look_query, make_fabric, make_photo, make_result, photo_pixels, version_of
from tryon import mend, retention, services, sharing
from tryon.models import MendStep, Photo, Result, ShareLink

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("stand_in_models")]
DAY = timedelta(hours=24)


def use_all_there_is(owner) -> dict[str, str]:
    """A photo uploaded, mended, played with, dressed, kept and shared, as a person would; addresses of all that it made."""
    version_of("plaid")
    upload = {"photo": SimpleUploadedFile("holiday-on-the-beach.png", encoded(photo_pixels()))}
    assert owner.client.post("/photos/", upload).status_code == 302
    photo = Photo.objects.get()
    mend.reset(photo)
    mend.choose_person(photo, 1)
    assert owner.client.get(reverse("live-photo", args=[photo.public_id]), look_query()).status_code == 200
    assert owner.client.post(reverse("keep-photo", args=[photo.public_id]), look_query()).status_code == 302
    result = Result.objects.get()
    link = sharing.share(result, 90, with_photo=True)
    token = sharing.token_of(link)
    addresses = {name: reverse(name, args=[photo.public_id]) for name in ("photo-image", "photo-thumbnail")}
    addresses |= {name: reverse(name, args=[result.public_id]) for name in ("result-image", "download-png")}
    return addresses | {name: reverse(name, args=[token]) for name in ("shared", "shared-picture", "shared-before")}


def everything() -> set[str]:
    return traces.words_of(Photo.objects.get(), Result.objects.get(), ShareLink.objects.get())


def test_a_day_after_its_last_use_nothing_is_left_of_a_photo(owner, home, time_machine):
    begin = timezone.now()
    time_machine.move_to(begin)
    addresses = use_all_there_is(owner)
    words = everything() - {owner.person.visitor.hex, str(owner.person.visitor)}
    assert len(traces.in_storage()) >= 8
    assert traces.in_memory() >= 2
    assert MendStep.objects.exists()
    assert traces.in_tables(words)

    time_machine.move_to(begin + DAY - timedelta(minutes=1))
    assert chores.do_what_is_due()
    assert {owner.client.get(address).status_code for address in addresses.values()} <= {200, 302}

    time_machine.move_to(begin + DAY + timedelta(minutes=1))
    for name, address in addresses.items():
        assert owner.client.get(address).status_code == 404, f"{name} opens after its time, before the round has come"
    time_machine.move_to(begin + DAY + timedelta(hours=1))
    assert "tryon.retention.sweep_photos" in chores.do_what_is_due()

    assert traces.in_tables(words) == []
    assert traces.in_storage() == []
    assert traces.in_memory() == 0
    for model in (Photo, Result, ShareLink, MendStep, Fabric):
        assert not model.objects.exists(), model


def test_deleted_now_is_gone_now(owner, home):
    use_all_there_is(owner)
    photo = Photo.objects.get()
    retention.choose(photo, True)
    words = everything() - {owner.person.visitor.hex, str(owner.person.visitor)}
    owner.client.post(reverse("delete-photo", args=[photo.public_id]))
    assert traces.in_tables(words) == []
    assert traces.in_storage() == []
    assert traces.in_memory() == 0


def test_what_is_used_stays_another_day(owner, time_machine):
    begin = timezone.now()
    time_machine.move_to(begin)
    use_all_there_is(owner)
    photo, result = Photo.objects.get(), Result.objects.get()
    uses = (
        (photo.get_absolute_url(), {}),
        (reverse("mend-photo", args=[photo.public_id]), look_query()),
        (reverse("sheet-photo", args=[photo.public_id]), look_query(six=3)),
        (reverse("live-photo", args=[photo.public_id]), look_query()),
        (reverse("preview-photo", args=[photo.public_id]), look_query()),
        (result.get_absolute_url(), {}),
    )
    for number, (address, query) in enumerate(uses, 1):
        time_machine.move_to(begin + number * timedelta(hours=23))
        assert owner.client.get(address, query).status_code in (200, 302), address
        retention.sweep_photos()
    photo.refresh_from_db()
    assert timezone.now() - photo.last_used_at < timedelta(seconds=10)


def test_who_dresses_it_by_a_program_uses_it_too(owner, time_machine):
    begin = timezone.now()
    time_machine.move_to(begin)
    version, photo = version_of("plaid"), make_photo(owner.person)
    time_machine.move_to(begin + timedelta(hours=23))
    services.keep_result(owner.person, photo, services.Look(("top",), version, Recipe(17), Placement()))
    photo.refresh_from_db()
    assert timezone.now() - photo.last_used_at < timedelta(minutes=1)


def test_a_picture_in_a_list_is_no_use(owner, time_machine):
    begin = timezone.now()
    time_machine.move_to(begin)
    photo = make_photo(owner.person)
    time_machine.move_to(begin + timedelta(hours=23))
    for address in ("/clothes/", "/photos/mine/", "/results/", reverse("photo-thumbnail", args=[photo.public_id])):
        assert owner.client.get(address).status_code == 200
    time_machine.move_to(begin + DAY + timedelta(minutes=1))
    assert retention.sweep_photos() == 1


def test_who_looks_by_a_link_does_not_keep_it(owner, anonymous, time_machine):
    begin = timezone.now()
    time_machine.move_to(begin)
    link = sharing.share(make_result(owner.person), 30, with_photo=True)
    address = reverse("shared", args=[sharing.token_of(link)])
    time_machine.move_to(begin + timedelta(hours=23))
    assert anonymous.get(address).status_code == 200
    time_machine.move_to(begin + DAY)
    gone = anonymous.get(address)
    assert gone.status_code == 404
    assert "Nothing to see here any more" in gone.content.decode()


def test_a_kept_photo_stays_and_one_let_go_has_a_day(owner, time_machine):
    begin = timezone.now()
    time_machine.move_to(begin)
    photo = make_photo(owner.person)
    address, stay = reverse("photo-thumbnail", args=[photo.public_id]), reverse("photo-stay", args=[photo.public_id])
    page = owner.client.get("/photos/mine/").content.decode()
    assert "Keep it" in page
    assert "Delete now" in page
    assert owner.client.post(stay, {"keep": "yes", "back": "/clothes/"})["Location"] == "/clothes/"
    assert "Kept until you delete it" in owner.client.get("/clothes/").content.decode()
    time_machine.move_to(begin + timedelta(days=100))
    assert retention.sweep_photos() == 0
    assert owner.client.get(address).status_code == 200
    assert owner.client.post(stay, {"keep": "no", "back": "//evil.example/"})["Location"] == "/photos/mine/"
    time_machine.move_to(begin + timedelta(days=100, hours=23))
    assert owner.client.get(address).status_code == 200
    time_machine.move_to(begin + timedelta(days=101, minutes=1))
    assert retention.sweep_photos() == 1


def test_a_visitors_kept_photo_goes_when_no_browser_can_know_of_it(owner, time_machine, settings):
    begin = timezone.now()
    time_machine.move_to(begin)
    make_photo(owner.person, is_kept=True)
    time_machine.move_to(begin + timedelta(seconds=settings.SESSION_COOKIE_AGE - 60))
    assert retention.sweep_photos() == 0
    time_machine.move_to(begin + timedelta(seconds=settings.SESSION_COOKIE_AGE + 60))
    assert retention.sweep_photos() == 1


def test_a_fabric_on_the_shelf_outlives_the_photo_it_was_tried_on(owner):
    saved, drawn = make_fabric(owner.person), make_fabric(owner.person, seed=18)
    Fabric.objects.filter(pk=saved.pk).update(is_saved=True)
    photo = make_photo(owner.person)
    for fabric in (saved, drawn):
        make_result(owner.person, photo, fabric)
    services.delete_photo(photo)
    assert list(Fabric.objects.all()) == [saved]


def test_the_command_does_it_where_there_is_no_worker(owner):
    make_photo(owner.person, last_used_at=timezone.now() - DAY)
    make_photo(owner.person)
    told = io.StringIO()
    call_command("sweep_photos", stdout=told)
    assert told.getvalue() == "1 photos deleted.\n"
    assert Photo.objects.count() == 1


def test_what_a_storage_could_not_delete_goes_with_the_daily_round(owner, home, time_machine, monkeypatch):
    begin = timezone.now()
    time_machine.move_to(begin)
    photo = make_photo(owner.person)
    monkeypatch.setattr(type(default_storage._wrapped), "delete", lambda *_: 1 / 0)
    services.delete_photo(photo)
    assert traces.in_storage()
    monkeypatch.undo()
    if home != "local files":
        default_storage._wrapped.bucket.object_versions.limit(1).delete()  # part of it was done
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    time_machine.move_to(begin + DAY)
    assert "tryon.retention.sweep_files" in chores.do_what_is_due()
    assert traces.in_storage() == []


@pytest.mark.parametrize("home", ["a bucket with versions"], indirect=True)
def test_the_round_also_finds_what_only_its_versions_betray(owner, home, time_machine):
    """A role that may not delete versions leaves a mark over them; once it may, they go."""
    begin = timezone.now()
    time_machine.move_to(begin)
    name = make_photo(owner.person).image.name
    S3Storage.delete(default_storage._wrapped, name)
    assert not default_storage.exists(name)
    assert sum(name in each for each in traces.in_storage()) == 2
    Photo.objects.all().delete()
    time_machine.move_to(begin + timedelta(hours=2))
    call_command("sweep_files", stdout=io.StringIO())
    assert traces.in_storage() == []


@pytest.mark.parametrize("home", ["a bucket with versions"], indirect=True)
def test_a_role_without_the_right_to_versions_still_deletes_and_says_so(owner, home, monkeypatch, caplog):
    photo = make_photo(owner.person)
    names = [photo.image.name, photo.screen.name]

    def refuse(*_):
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "ListObjectVersions")

    monkeypatch.setattr("patterns.bucket.Bucket._versions", refuse)
    services.delete_photo(photo)
    assert not any(default_storage.exists(name) for name in names)
    assert "may neither list nor delete object versions" in caplog.text
