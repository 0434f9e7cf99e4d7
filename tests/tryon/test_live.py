"""What the browser gets to drape by itself, and other inks from the form."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from ml.compositing.live import read_live
from patterns.studio import services as studio_services
from tests.factories import look_query, make_photo, make_stock, version_of
from tryon import live, services
from tryon.models import Photo

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stand_in_models")]


@pytest.fixture
def photo(owner) -> Photo:
    version_of("plaid")
    return make_photo(owner.person)


def pack_address(photo: Photo) -> str:
    return reverse("live-photo", args=[photo.public_id])


def test_a_pack_is_the_owners_alone_and_kept_by_their_browser_alone(owner, stranger, photo):
    answer = owner.client.get(pack_address(photo), {"garment": "top"})
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, max-age=3600"
    assert "Cookie" in answer["Vary"]
    header = read_live(answer.content).header
    assert (header["width"], header["height"], header["map"]) == (120, 160, False)
    assert header["tile_sizes"] == list(services.TILE_SIZES)
    assert stranger.client.get(pack_address(photo), {"garment": "top"}).status_code == 404


def test_a_pack_is_made_once(owner, photo, monkeypatch):
    first = owner.client.get(pack_address(photo), {"garment": "top"}).content
    monkeypatch.setattr(live, "read_pixels", None)
    assert owner.client.get(pack_address(photo), {"garment": "top"}).content == first


@pytest.mark.parametrize("query", [{}, {"garment": "hat"}])
def test_a_garment_that_is_not_there_has_no_pack(owner, photo, query):
    answer = owner.client.get(pack_address(photo), query)
    assert answer.status_code == 400
    assert "no such garment" in answer.content.decode()


def test_an_unsure_photo_is_not_packed_before_it_is_confirmed(owner, photo):
    Photo.objects.update(outcome="unsure")
    assert owner.client.get(pack_address(photo), {"garment": "top"}).status_code == 400
    assert owner.client.get(pack_address(photo), {"garment": "top", "sure": "on"}).status_code == 200


def test_a_fabric_is_found_by_size_and_repeat(anonymous):
    version = version_of("plaid")
    told = anonymous.get(reverse("live-fabric"), {"fabric": "plaid:17"}).json()
    assert told["cloth"].keys() == {"straight", "mirror", "half-drop", "half-brick"}
    for address in told["cloth"].values():
        assert anonymous.get(address.replace("{size}", "256")).status_code == 200
    assert version.version in told["planes"]["half-drop"]
    assert sum(ink["share"] for ink in told["inks"]) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("fabric", ["", "plaid", "nothing:1", "plaid:none:e30"])
def test_an_unknown_fabric_is_not_found(anonymous, fabric):
    version_of("plaid")
    assert anonymous.get(reverse("live-fabric"), {"fabric": fabric}).status_code == 404


def test_inks_are_changed_by_the_form_and_only_where_they_differ(anonymous):
    stock, version = make_stock(), version_of("plaid")
    now = {each.ink: each.colour for each in studio_services.swatches_of(version, look_recipe())}
    asked = {f"ink{ink}": colour for ink, colour in now.items()} | {"inks-of": "plaid:17"}
    page = reverse("try-stock", args=[stock.slug])
    same = anonymous.get(page, look_query(**asked))
    assert "fabric=plaid%3A17&" in same["Location"]
    other = anonymous.get(page, look_query(**asked | {"ink1": "#1FA060"}))["Location"]
    shown = anonymous.get(other)
    assert shown.status_code == 200
    assert json.loads(shown.context["form"].choice.recipe.to_json())["palette"] == {"1": "#1fa060"}
    stray = anonymous.get(page, look_query(**asked | {"ink1": "#1fa060", "inks-of": "plaid:18"}))["Location"]
    assert "fabric=plaid%3A17&" in stray, "inks of another fabric are no inks of this one"


def test_an_ink_that_is_no_colour_gets_a_kind_sentence(anonymous):
    version_of("plaid")
    address = reverse("try-stock", args=[make_stock().slug])
    answer = anonymous.get(address, look_query(**{"inks-of": "plaid:17", "ink0": "red"}))
    assert answer.status_code == 400
    assert "six digits" in answer.content.decode()


def test_without_script_the_inks_come_when_asked_for(anonymous):
    version_of("plaid")
    address = reverse("try-stock", args=[make_stock().slug])
    assert 'type="color"' not in anonymous.get(address, look_query()).content.decode()
    assert 'type="color"' in anonymous.get(address, look_query(inks="show")).content.decode()


def look_recipe():
    from ml.textiles.recipe import Recipe

    return Recipe(17)
