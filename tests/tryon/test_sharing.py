"""Links to a result: made and ended by its owner, seen by whoever has one, found by no search engine."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from tests.factories import make_photo, make_result, make_stock
from tryon import sharing
from tryon.models import Result, ShareLink

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stand_in_models")]


@pytest.fixture
def result(owner) -> Result:
    return make_result(owner.person)


def share(owner, result: Result, **form) -> str:
    """The link's address, made as its owner makes it."""
    answer = owner.client.post(reverse("result-share", args=[result.public_id]), {"days": 30, **form})
    assert answer.status_code == 302
    return reverse("shared", args=[sharing.token_of(ShareLink.objects.latest("pk"))])


def test_an_owner_makes_a_link_that_anybody_can_open(owner, anonymous, result):
    address = share(owner, result)
    assert address in owner.client.get(result.get_absolute_url()).content.decode()
    page = anonymous.get(address)
    assert page.status_code == 200
    assert "Top in plaid 17" in page.content.decode()
    assert str(result.public_id) not in page.content.decode(), "the shared page leads nowhere else"
    assert anonymous.get(f"{address}picture.webp").status_code == 200


def test_the_address_that_the_picture_had_as_jpeg_still_shows_it(owner, anonymous, result):
    address = share(owner, result, photo="on")
    for part in ("picture.jpg", "before.jpg"):
        assert anonymous.get(address + part)["Content-Type"] == "image/webp"


def test_a_link_works_for_thirty_days_unless_asked_otherwise(owner, anonymous, result):
    assert 'value="30" selected' in owner.client.get(result.get_absolute_url()).content.decode()
    share(owner, result, days=7)
    left = ShareLink.objects.get().expires - timezone.now()
    assert timedelta(days=6.9) < left <= timedelta(days=7)


def test_no_search_engine_keeps_it(owner, anonymous, result):
    address = share(owner, result, photo="on")
    for part in ("", "picture.webp", "before.webp", "nothing"):
        answer = anonymous.get(address + part)
        if part != "nothing":
            assert "noindex" in answer["X-Robots-Tag"]
            assert "no-store" in answer["Cache-Control"]
            assert answer["Referrer-Policy"] == "no-referrer"
    assert '<meta name="robots" content="noindex' in anonymous.get(address).content.decode()


def test_the_photo_is_left_out_unless_chosen(owner, anonymous, result):
    without, with_photo = share(owner, result), share(owner, result, photo="on")
    assert anonymous.get(f"{without}before.webp").status_code == 404
    assert "before.webp" not in anonymous.get(without).content.decode()
    assert anonymous.get(f"{with_photo}before.webp").status_code == 200
    assert "before.webp" in anonymous.get(with_photo).content.decode()


def test_the_picture_says_nothing_but_that_a_model_made_it(owner, anonymous, result):
    address = share(owner, result, photo="on")
    for part in ("picture.webp", "before.webp"):
        picture = Image.open(io.BytesIO(b"".join(anonymous.get(address + part).streaming_content)))
        assert not picture.getexif()
        assert picture.info.keys() <= {"loop", "background", "xmp"}
        assert b"GPS" not in picture.info.get("xmp", b"")


def test_a_link_taken_back_is_gone_and_one_that_never_was_is_not_found(owner, anonymous, result):
    address = share(owner, result)
    link = ShareLink.objects.get()
    owner.client.post(reverse("result-share-end", args=[result.public_id, link.key]))
    for part in ("", "picture.webp", "before.webp"):
        answer = anonymous.get(address + part)
        assert answer.status_code == 410
        assert "Nothing to see here any more" in answer.content.decode()
    assert address not in owner.client.get(result.get_absolute_url()).content.decode()
    altered = address.replace(link.key.hex[:4], "0000")
    for wrong in (altered, "/shared/x/", "/shared/%00/", f"/shared/{link.key.hex}/"):
        answer = anonymous.get(wrong)
        assert answer.status_code == 404
        assert "Nothing to see here any more" in answer.content.decode()


def test_an_expired_link_is_gone(owner, anonymous, result):
    address = share(owner, result)
    ShareLink.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert anonymous.get(address).status_code == 410
    assert anonymous.get(f"{address}picture.webp").status_code == 410
    assert address not in owner.client.get(result.get_absolute_url()).content.decode()


def test_a_deleted_result_takes_its_links_along(owner, anonymous, result):
    address = share(owner, result)
    owner.client.post(reverse("delete-result", args=[result.public_id]))
    assert anonymous.get(address).status_code == 404


def test_a_stranger_can_neither_make_nor_end_a_link(owner, stranger, result):
    share(owner, result)
    link = ShareLink.objects.get()
    assert stranger.client.post(reverse("result-share", args=[result.public_id]), {"days": 30}).status_code == 404
    assert stranger.client.post(reverse("result-share-end", args=[result.public_id, link.key])).status_code == 404
    other = make_result(stranger.person)
    assert stranger.client.post(reverse("result-share-end", args=[other.public_id, link.key])).status_code == 404
    link.refresh_from_db()
    assert link.is_open


@pytest.mark.parametrize("days", ["", "0", "100000", "soon"])
def test_a_time_that_is_not_offered_makes_no_link_and_says_so(owner, result, days):
    answer = owner.client.post(reverse("result-share", args=[result.public_id]), {"days": days}, follow=True)
    assert "Choose how long" in answer.content.decode()
    assert not ShareLink.objects.exists()


def test_open_links_are_few(owner, result):
    for _ in range(sharing.MOST):
        share(owner, result)
    answer = owner.client.post(reverse("result-share", args=[result.public_id]), {"days": 30}, follow=True)
    assert "End one of them first" in answer.content.decode()
    assert ShareLink.objects.count() == sharing.MOST


def test_a_result_whose_stock_garment_went_is_still_shown(owner, anonymous):
    result = make_result(owner.person, make_photo(owner.person))
    Result.objects.update(photo=None, stock=make_stock())
    address = share(owner, result, photo="on")
    assert anonymous.get(f"{address}before.webp").status_code == 200
    Result.objects.update(stock=None)
    assert anonymous.get(address).status_code == 200
    assert anonymous.get(f"{address}before.webp").status_code == 404
