"""Several garments of one picture, each in a fabric of its own; and six fabrics side by side."""

from __future__ import annotations

import io

import numpy as np
import pytest
from django.http import QueryDict
from django.urls import reverse
from PIL import Image

from tests.factories import look_query, make_category, make_photo, make_stock, make_version, photo_pixels, version_of
from tryon import services
from tryon.forms import TryOnForm
from tryon.models import Photo, Result
from tryon.pictures import read_pixels

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stand_in_models")]
SKIRT = "skirt,14,10,0,0,mirror,0.8,plaid:5"


@pytest.fixture
def photo(owner) -> Photo:
    """A top, and a skirt below it."""
    from tests.factories import StandInSegmenter

    version_of("plaid")
    pixels = photo_pixels(240, 320)
    seen = StandInSegmenter(names=("top", "skirt")).segment(pixels)
    fields = services.wearable_fields(seen)
    photo = make_photo(owner.person, pixels, found=fields["found"])
    with photo.labels.storage.open(photo.labels.name, "wb") as file:
        file.write(services.labels_file(seen.labels)[1])
    return photo


def page(owner, photo: Photo, **query):
    return owner.client.get(reverse("try-photo", args=[photo.public_id]), query)


def test_another_garment_begins_where_the_first_is_laid_on(owner, photo):
    answer = page(owner, photo, **look_query(cm=12, strength=1.5, do="hold"))
    query = QueryDict(answer["Location"].partition("?")[2])
    version = version_of("plaid").version
    assert query.getlist("layer")[0].startswith(f"top,12,0,0,0,straight,1.5,plaid:{version}:")
    assert query.getlist("garment") == ["skirt"]
    assert query["cm"] == "20"
    shown = owner.client.get(answer["Location"])
    assert [chip.name for chip in shown.context["chips"]] == ["skirt"]
    assert "Top in plaid" in shown.content.decode()


def test_pieces_are_changed_and_taken_off(owner, photo):
    edited = page(owner, photo, **look_query(layer=SKIRT, do="edit-0"))
    query = QueryDict(edited["Location"].partition("?")[2])
    assert query.getlist("garment") == ["skirt"]
    assert (query["cm"], query["rotation"], query["repeat"], query["fabric"]) == ("14", "10", "mirror", "plaid:5")
    assert query.getlist("layer")[0].startswith("top,20,")
    dropped = page(owner, photo, **look_query(layer=SKIRT, do="drop-0"))
    assert "layer=" not in dropped["Location"]
    assert page(owner, photo, **look_query(layer=SKIRT, do="drop-7")).status_code == 302


def test_both_garments_are_dressed_and_kept(owner, photo):
    before = read_pixels(photo.image)
    answer = owner.client.post(reverse("keep-photo", args=[photo.public_id]), look_query(layer=SKIRT))
    result = Result.objects.get()
    changed = np.abs(read_pixels(result.image).astype(int) - before).max(axis=2) > 0
    assert changed[100:220, 80:160].mean() > 0.9, "the top"
    assert changed[250:310, 90:150].mean() > 0.9, "the skirt"
    shown = owner.client.get(answer["Location"]).content.decode()
    assert "Skirt" in shown
    again = owner.client.get(answer["Location"]).context["again"]
    reopened = owner.client.get(again)
    assert len(reopened.context["held"]) == 1


def test_the_pack_of_the_upper_garment_knows_the_lower_one(owner, photo):
    from ml.compositing.live import read_live

    address = reverse("live-photo", args=[photo.public_id])
    alone = read_live(owner.client.get(address, {"garment": "skirt"}).content)
    over = read_live(owner.client.get(address, {"garment": "skirt", "below": "top"}).content)
    assert "under" in over.planes
    assert "under" not in alone.planes


@pytest.mark.parametrize(
    "layer",
    [
        "nonsense",
        "hat,14,10,0,0,mirror,0.8,plaid:5",
        "skirt,14,10,0,0,sideways,0.8,plaid:5",
        "skirt,nan,10,0,0,mirror,0.8,plaid:5",
        "skirt,14,10,0,0,mirror,9,plaid:5",
        "skirt,14,10,0,0,mirror,0.8,nothing:5",
        "skirt.skirt,14,10,0,0,mirror,0.8,plaid:5",
        "skirt,1e400,10,0,0,mirror,0.8,plaid:5",
    ],
)
def test_a_layer_that_cannot_be_read_gets_a_kind_sentence(owner, photo, layer):
    assert page(owner, photo, **look_query(layer=layer)).status_code == 400
    kept = owner.client.post(reverse("keep-photo", args=[photo.public_id]), look_query(layer=layer))
    assert kept.status_code == 400
    assert not Result.objects.exists()


def test_a_garment_is_dressed_once(owner, photo):
    answer = page(owner, photo, **look_query(layer=SKIRT.replace("skirt", "top")))
    assert answer.status_code == 400
    assert "dressed already" in answer.content.decode()


def test_pieces_are_at_most_four(owner, photo):
    form = TryOnForm(QueryDict("&".join(["garment=top", "fabric=plaid:1", *[f"layer={SKIRT}"] * 4])), photo)
    assert not form.is_valid()
    assert "At most 4" in str(form.errors)


def test_surprise_me_brings_another_fabric_and_leaves_the_rest(owner, photo):
    make_version(make_category("floral"))
    asked = look_query(cm=12, rotation=5, do="surprise")
    found = {page(owner, photo, **asked)["Location"] for _ in range(12)}
    queries = [QueryDict(address.partition("?")[2]) for address in found]
    assert len({query["fabric"] for query in queries}) > 1
    for query in queries:
        assert (query["cm"], query["rotation"], query["garment"]) == ("12", "5", "top")
        assert query["fabric"].startswith(query["category"])


def test_a_sheet_shows_six_fabrics_that_each_lead_on(anonymous):
    for slug in ("plaid", "floral", "solid"):
        make_version(make_category(slug))
    stock = make_stock()
    sheet = reverse("sheet-stock", args=[stock.slug])
    first = anonymous.get(sheet, look_query(cm=12))
    assert first.status_code == 302
    shown = anonymous.get(first["Location"])
    cells = shown.context["cells"]
    assert len(cells) == 6
    assert len({cell["label"] for cell in cells}) == 6
    assert [cell["is_on"] for cell in cells] == [True] + [False] * 5
    assert anonymous.get(first["Location"]).context["cells"] == cells, "the address names them"
    for cell in cells:
        assert "cm=12" in cell["page"]
        assert anonymous.get(cell["page"]).status_code == 200
        assert anonymous.get(cell["picture"])["Content-Type"] == "image/webp"


def test_pictures_side_by_side_come_in_the_two_sizes_that_they_say(owner):
    version_of("plaid")
    large = make_photo(owner.person, photo_pixels(900, 1200))
    sheet = owner.client.get(reverse("sheet-photo", args=[large.public_id]), look_query(six=3))
    small, usual = (each.split() for each in sheet.context["cells"][0]["sizes"].split(", "))
    assert (small[1], usual[1]) == ("540w", "750w")
    sizes = [Image.open(io.BytesIO(owner.client.get(address).content)).size for address, _ in (small, usual)]
    assert sizes == [(540, 720), (750, 1000)]


def test_a_sheet_of_an_unsure_photo_goes_back_to_ask(owner, photo):
    Photo.objects.update(outcome="unsure")
    answer = owner.client.get(reverse("sheet-photo", args=[photo.public_id]), look_query(six=3))
    assert answer["Location"].startswith(reverse("try-photo", args=[photo.public_id]))
