"""The page where outlines are mended, and the choice of whom to dress, as a browser asks for them."""

from __future__ import annotations

import io
from types import SimpleNamespace

import numpy as np
import pytest
from django.http import QueryDict
from django.urls import reverse

from ml.garments.names import NAMES
from tests.factories import (
    TOP,
    StandInGarment,
    StandInSegmentation,
    StandInSegmenter,
    encoded,
    labels_for,
    look_query,
    make_photo,
    photo_pixels,
    two_people_pixels,
    version_of,
)
from tryon import masks, mend_page, services, try_page
from tryon.models import Photo

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stand_in_models")]

DAB = {"pick": "top", "tool": "add", "exact": "on", "size": "10", "points": "0.3,0.1 0.6,0.1"}


@pytest.fixture
def photo(owner) -> Photo:
    version_of("plaid")
    return services.accept_photo(owner.person, io.BytesIO(encoded(photo_pixels())), 10_000)


def address(photo: Photo) -> str:
    return f"{reverse('mend-photo', args=[photo.public_id])}?garment=top&fabric=plaid:17&category=plaid&from=17"


def mended(photo: Photo):
    photo.refresh_from_db()
    return masks.labels_of(photo) == TOP


def test_the_try_page_leads_to_mending_and_back_with_the_same_fabric(owner, photo):
    page = owner.client.get(photo.get_absolute_url(), look_query(seed=23))
    there = owner.client.get(page.context["mend"])
    assert there.status_code == 200
    assert "fabric=plaid%3A23" in there.context["done"]
    assert owner.client.get(there.context["done"]).status_code == 200


def test_stock_garments_are_not_mended(anonymous):
    from tests.factories import make_stock

    version_of("plaid")
    page = anonymous.get(make_stock().get_absolute_url(), look_query())
    assert "Mend the outline" not in page.content.decode()


def test_a_form_changes_the_outline_and_comes_back_with_its_tools(owner, photo):
    before = mended(photo).sum()
    response = owner.client.post(address(photo), DAB)
    assert mended(photo).sum() > before
    query = QueryDict(response["Location"].partition("?")[2])
    assert (query["tool"], query["exact"], query["size"], query["fabric"]) == ("add", "on", "10", "plaid:17")
    page = owner.client.get(response["Location"])
    assert page.context["history"].undo
    assert 'value="add" checked' in page.content.decode()


def test_a_script_gets_the_new_page_at_once(owner, photo):
    before = photo.found[0]["outline"]
    page = owner.client.post(address(photo), DAB, headers={"HX-Request": "true"})
    assert page.status_code == 200
    assert page.context["picks"][0].paths != before
    assert f"v={Photo.objects.get().mask_version}" in page.context["preview"]


@pytest.mark.parametrize(("name", "width"), mend_page.PICTURES.items())
def test_pressing_the_picture_tells_the_place(owner, photo, name, width):
    """120 x 160 photo, shown ``width`` wide: a press in the middle of the garment with the eraser."""
    tall = width * 160 // 120
    press = {
        "pick": "top",
        "tool": "remove",
        "exact": "on",
        "size": "10",
        f"{name}.x": width // 2,
        f"{name}.y": tall // 2,
    }
    owner.client.post(address(photo), press)
    labels = mended(photo)
    assert not labels[80, 60]
    assert labels[50, 40]


def test_a_key_on_the_picture_tells_no_place_and_the_page_says_what_to_do(owner, photo):
    response = owner.client.post(address(photo), {"pick": "top", "tool": "tap", "small.x": "0", "small.y": "0"})
    page = owner.client.get(response["Location"])
    assert "Apply there" in page.context["said"]
    assert page.context["said"] in page.content.decode()
    assert mended(photo).sum() == 160 * 120 / 4


def test_numbers_do_what_pressing_does(owner, photo):
    numbers = {"pick": "top", "tool": "remove", "exact": "on", "size": "10", "do": "place", "x": "50", "y": "50"}
    owner.client.post(address(photo), numbers)
    assert not mended(photo)[80, 60]


def test_a_tap_on_the_garment_removes_and_beside_it_adds(owner, photo):
    before = mended(photo)
    owner.client.post(address(photo), {"pick": "top", "tool": "tap", "size": "6", "points": "0.5,0.5"})
    assert mended(photo).sum() < before.sum()
    owner.client.post(address(photo), {"do": "undo", "pick": "top"})
    owner.client.post(address(photo), {"pick": "top", "tool": "tap", "size": "6", "points": "0.1,0.1"})
    assert mended(photo).sum() > before.sum()


def test_the_eraser_takes_whatever_garment_it_lies_on(owner, photo):
    erase = {"pick": "dress", "tool": "remove", "exact": "on", "size": "10", "points": "0.5,0.5"}
    owner.client.post(address(photo), erase)
    assert not mended(photo)[80, 60]


def test_buttons_grow_shrink_undo_redo_and_reset(owner, photo):
    sizes = []
    for do in ("grow", "shrink", "shrink", "undo", "redo", "reset", "undo"):
        owner.client.post(address(photo), {"pick": "top", "do": do, "by": "2"})
        sizes.append(int(mended(photo).sum()))
    grown, back, shrunk, undone, redone, reset, again = sizes
    assert grown > back > shrunk
    assert (undone, redone, again) == (back, shrunk, shrunk)
    assert reset == 160 * 120 / 4


def test_what_changes_nothing_is_said(owner, photo):
    for form, words in (({"do": "undo"}, "nothing more to undo"), ({**DAB, "points": "0.5,0.5"}, "changed nothing")):
        page = owner.client.get(owner.client.post(address(photo), {"pick": "top", **form})["Location"])
        assert words in page.content.decode()


def test_a_garment_added_by_hand_is_dressed_at_once(owner, photo):
    response = owner.client.post(address(photo), {**DAB, "pick": "skirt", "points": "0.5,0.9"})
    page = owner.client.get(response["Location"])
    assert [pick.name for pick in page.context["picks"]] == ["top", "skirt"]
    assert "garment=skirt" in page.context["done"]
    assert owner.client.get(page.context["preview"]).status_code == 200
    assert owner.client.get(page.context["done"]).status_code == 200


def test_the_preview_and_what_is_kept_follow_the_mended_outline(owner, photo):
    preview, keep = (reverse(f"{name}-photo", args=[photo.public_id]) for name in ("preview", "keep"))
    before = owner.client.get(preview, look_query()).content
    owner.client.post(address(photo), DAB)
    assert owner.client.get(preview, look_query()).content != before
    owner.client.post(keep, look_query())
    kept = services.read_pixels(photo.results.get().image)
    original = services.read_pixels(photo.image)
    assert (kept[16, 40:70] != original[16, 40:70]).any(), "the added piece is dressed at full size"


@pytest.mark.parametrize(
    "bad",
    [
        {"pick": "cape"},
        {"tool": "hammer"},
        {"size": "0"},
        {"size": "51"},
        {"size": "nan"},
        {"by": "0"},
        {"by": "25"},
        {"do": "explode"},
        {"x": "101"},
        {"y": "-1"},
        {"points": "0.5"},
        {"points": "0.5,2"},
        {"points": "0.5,0.5;0.6,0.6"},
        {"points": "nan,nan"},
        {"points": " ".join(["0.5,0.5"] * 2001)},
        {"points": "0.5,0.5\x00"},
        {"points": "١,٠"},
    ],
    ids=lambda bad: "{}={:.20}".format(*next(iter(bad.items()))).replace("\0", "NUL"),
)
def test_a_bad_value_is_refused_kindly_and_changes_nothing(owner, photo, bad):
    before = mended(photo)
    response = owner.client.post(address(photo), {**DAB, **bad})
    assert response.status_code == 400
    assert response.content.decode().count("<h1") == 1
    assert (mended(photo) == before).all()


def test_odd_presses_do_no_harm(owner, photo):
    for across, down in (("-1", "5"), ("x", "5"), ("99999", "99999"), ("5", ""), ("²", "5")):
        form = {"pick": "top", "tool": "tap", "small.x": across, "small.y": down}
        assert owner.client.post(address(photo), form).status_code == 302


def test_a_photo_without_clothes_can_be_told_where_they_are(owner, monkeypatch):
    version_of("plaid")
    monkeypatch.setattr(services, "segmenter", lambda: StandInSegmenter("none"))
    photo = services.accept_photo(owner.person, io.BytesIO(encoded(photo_pixels())), 10_000)
    page = owner.client.get(photo.get_absolute_url())
    there = owner.client.get(page.context["mend"], follow=True)
    assert there.context["preview"] == ""
    response = owner.client.post(address(photo), {**DAB, "pick": "dress", "points": "0.5,0.5"})
    back = owner.client.get(owner.client.get(response["Location"]).context["done"])
    assert back.context["preview"]
    assert [chip.name for chip in back.context["chips"]] == ["dress"]


def test_a_photo_mended_to_nothing_says_so_and_can_be_undone(owner, photo):
    for line in ("0.3,0.3 0.7,0.7", "0.7,0.3 0.3,0.7"):
        owner.client.post(address(photo), {**DAB, "tool": "remove", "size": "50", "points": line})
    page = owner.client.get(photo.get_absolute_url())
    assert "found no clothes" in page.content.decode()
    assert owner.client.get(page.context["mend"], follow=True).context["history"].undo


@pytest.mark.parametrize(
    ("trouble", "words"), [("dark", "very dark"), ("small", "only 120 x 160 pixels")], ids=["dark", "small"]
)
@pytest.mark.parametrize("outcome", ["none", "unsure"])
def test_what_is_wrong_with_a_photo_is_said_in_plain_words(owner, outcome, trouble, words):
    version_of("plaid")
    photo = make_photo(owner.person, outcome=outcome, trouble=trouble)
    assert words in owner.client.get(photo.get_absolute_url(), follow=True).content.decode()


def test_a_small_photo_is_noticed_when_it_comes(photo):
    assert photo.trouble == "small"


@pytest.fixture
def two_people(owner, monkeypatch) -> Photo:
    version_of("plaid")
    pixels, labels = two_people_pixels()
    garment = StandInGarment("top", TOP, float((labels == TOP).mean()), 0.9)
    found = StandInSegmentation(labels, (garment,), "found")
    monkeypatch.setattr(services, "segmenter", lambda: type("Finder", (), {"segment": lambda *_: found})())
    return services.accept_photo(owner.person, io.BytesIO(encoded(pixels)), 10_000)


def test_of_several_people_one_is_chosen(owner, two_people):
    page = owner.client.get(two_people.get_absolute_url(), look_query())
    assert [chip.label for chip in page.context["people"]] == [
        "Everybody",
        "The one on the left",
        "The one on the right",
    ]
    before = mended(two_people)
    response = owner.client.post(page.context["choose_person"], {"person": "2"})
    there = owner.client.get(response["Location"], follow=True)
    assert [chip.is_chosen for chip in there.context["people"]] == [False, False, True]
    assert mended(two_people).sum() == pytest.approx(before.sum() / 2, rel=0.1)
    assert there.context["mask_version"] != page.context["mask_version"]


@pytest.mark.parametrize("number", ["", "3", "-1", "x", "²", "9" * 500])
def test_nobody_else_can_be_chosen(owner, two_people, number):
    response = owner.client.post(reverse("choose-person-photo", args=[two_people.public_id]), {"person": number})
    assert response.status_code == 400
    assert "nobody there" in response.content.decode()


def test_one_person_is_not_asked_for(owner, photo):
    assert owner.client.get(photo.get_absolute_url(), look_query()).context["people"] == []


def test_a_garment_is_drawn_small_in_a_square_around_it():
    assert try_page.box_of_paths(["M10.0 20.0L30.0 20.0L30.0 60.0Z"]) == "0 20 40 40"
    assert try_page.box_of_paths([]) == "0 0 1 1"


def test_mending_does_not_ask_more_of_the_database_as_it_goes_on(owner, photo, django_assert_max_num_queries):
    for number in range(6):
        owner.client.post(address(photo), {"pick": "top", "do": "grow" if number % 2 else "shrink", "by": "3"})
    with django_assert_max_num_queries(24):
        owner.client.post(address(photo), DAB, headers={"HX-Request": "true"})


def test_a_binary_model_gives_one_chip_called_clothes_which_is_dressed_and_mended(owner, monkeypatch):
    version_of("plaid")
    labels = np.where(labels_for(160, 120) > 0, NAMES.index("clothes"), 0).astype(np.uint8)
    planes = np.zeros((len(NAMES), 48, 32), np.float32)
    planes[0], planes[-1] = 0.6, 0.4
    found = SimpleNamespace(
        labels=labels, found=(StandInGarment("clothes", 9, 0.25, 0.9),), outcome="found", probabilities=planes
    )
    monkeypatch.setattr(services, "segmenter", lambda: SimpleNamespace(segment=lambda _: found))
    photo = services.accept_photo(owner.person, io.BytesIO(encoded(photo_pixels())), 10_000)
    page = owner.client.get(photo.get_absolute_url(), look_query(garment="clothes"))
    assert [chip.label for chip in page.context["chips"]] == ["Clothes"]
    assert owner.client.get(page.context["preview"]).status_code == 200
    owner.client.post(address(photo), {**DAB, "pick": "clothes"})
    photo.refresh_from_db()
    assert photo.garment_names == ["clothes"]
    assert photo.found[0]["share"] > 0.25


def test_a_dark_photo_is_to_be_looked_at_closely_even_where_clothes_were_found(owner):
    version_of("plaid")
    photo = make_photo(owner.person, trouble="dark")
    assert "Look closely at the outline" in owner.client.get(photo.get_absolute_url(), look_query()).content.decode()
