"""How often one person and one address may ask: counted, said with the time to wait, and never in anybody else's way."""

from __future__ import annotations

import re

import pytest
from django.core.cache import caches
from django.core.management import call_command
from django.test import override_settings
from django.urls import reverse

from patterns import limits
from patterns.limits import LIMITS, Limit, TooMany, network_of, take
from patterns.ownership import Person
from tests.factories import encoded, look_query, make_photo, make_stock, photo_pixels, version_of
from tests.tryon import hostile
from tests.tryon.test_photos import upload
from tryon.models import Photo

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stand_in_models")]
ADA, BOB = Person(user_id=1), Person(user_id=2)


@pytest.fixture(autouse=True)
def limited(settings, monkeypatch) -> None:
    """Limits are on, and small; time stands still, twenty seconds before a window of ten minutes ends."""
    settings.RATE_LIMITS = True
    monkeypatch.setattr(limits.time, "time", lambda: 1_800_000_000 - 20)
    for kind, limit in LIMITS.items():
        small = Limit(limit.what, limit.person and 2, limit.address and 4, limit.seconds, limit.near)
        monkeypatch.setitem(LIMITS, kind, small)


def test_a_person_who_uploads_too_often_is_told_how_long_to_wait(owner):
    for _ in range(2):
        assert upload(owner.client, hostile.jpeg()).status_code == 302
    refused = upload(owner.client, hostile.jpeg())
    assert refused.status_code == 429
    assert refused["Retry-After"] == "20"
    page = refused.content.decode()
    assert "at most 2 photos in 10 minutes. Wait 20 seconds, then try again." in page
    assert "<h1>" in page
    assert Photo.objects.count() == 2


def test_another_person_is_not_in_the_way_until_the_address_is_full(owner, stranger):
    told = [upload(person.client, hostile.jpeg()).status_code for person in (owner, owner, stranger, stranger)]
    assert told == [302] * 4
    assert upload(stranger.client, hostile.jpeg()).status_code == 429


def test_another_address_is_counted_for_itself(anonymous, settings):
    from tests.conftest import SiteClient

    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    told = [
        SiteClient(headers={"x-forwarded-for": address}).post("/account/login/", {}).status_code
        for address in (*["203.0.113.1"] * 5, "203.0.113.2")
    ]
    assert told == [200] * 4 + [429, 200]


def test_a_new_window_begins_anew(owner, monkeypatch):
    for _ in range(3):
        last = upload(owner.client, hostile.jpeg())
    assert last.status_code == 429
    monkeypatch.setattr(limits.time, "time", lambda: 1_800_000_000 + 1)
    assert upload(owner.client, hostile.jpeg()).status_code == 302


def test_looking_at_a_form_is_not_counted_and_sending_it_is(anonymous):
    for _ in range(6):
        assert anonymous.get("/account/login/").status_code == 200
    told = [anonymous.post("/account/login/", {"login": "a@b.de", "password": "x"}).status_code for _ in range(5)]
    assert told[-1] == 429


def test_keeping_dressing_drawing_and_printing_are_limited(owner):
    version = version_of("plaid").version
    stock, photo = make_stock(), make_photo(owner.person)
    asked = {
        reverse("keep-stock", args=[stock.slug]): (owner.client.post, look_query()),
        reverse("preview-photo", args=[photo.public_id]): (owner.client.get, look_query()),
        reverse("preview-stock", args=[stock.slug]): (owner.client.get, look_query()),
        reverse("live-fabric"): (owner.client.get, {"fabric": "plaid:17"}),
        reverse("fabric-tile", args=["plaid", "17"]): (owner.client.get, {}),
        reverse("studio-print-file", args=["plaid", version, "png"]): (
            owner.client.get,
            {"seed": 17, "width": 2, "dpi": 150},
        ),
    }
    for address, (ask, form) in asked.items():
        for cache in ("default", "near"):
            caches[cache].clear()
        told = [ask(address, form).status_code for _ in range(5)]
        assert told[0] in (200, 302), address
        assert told[-1] == 429, address


def test_a_fabrics_tile_stays_the_same_answer_for_everybody(owner):
    version_of("plaid")
    answer = owner.client.get(reverse("fabric-tile", args=["plaid", "17"]))
    assert "Cookie" not in answer.get("Vary", "")


def test_a_cache_that_is_away_closes_nothing(owner, settings, caplog):
    away = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:9/1"}
    with override_settings(CACHES=settings.CACHES | {"default": away}):
        assert [upload(owner.client, hostile.jpeg()).status_code for _ in range(3)] == [302] * 3
    assert "cannot be counted" in caplog.text


def test_machines_that_share_a_database_count_together(settings):
    settings.CACHES = settings.CACHES | {
        "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "shared_cache"}
    }
    call_command("createcachetable", verbosity=0)
    take("upload", ADA)
    del caches["default"]  # another process has one of its own
    take("upload", ADA)
    take("upload", BOB)
    with pytest.raises(TooMany, match="at most 2 photos in 10 minutes"):
        take("upload", ADA)


def test_no_address_and_nobody_can_be_read_from_what_is_counted(monkeypatch):
    seen = []
    monkeypatch.setattr(type(caches["default"]), "add", lambda self, key, *rest: seen.append(key) or True)
    monkeypatch.setattr(type(caches["default"]), "incr", lambda self, key: 1)
    take("upload", ADA, "203.0.113.77")
    assert len(seen) == 2
    assert all(re.fullmatch("limit:[0-9a-f]{40}", key) for key in seen)


def test_a_household_is_one_address():
    assert network_of("203.0.113.7") != network_of("203.0.113.8")
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff::9") != network_of("2001:db8:1:3::1")
    assert network_of("no address") == "unknown"


def test_limits_can_be_turned_off(owner, settings):
    settings.RATE_LIMITS = False
    assert [upload(owner.client, encoded(photo_pixels())).status_code for _ in range(4)] == [302] * 4
