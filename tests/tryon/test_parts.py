"""Parts of a stock garment that stay as they are: a collar without the fabric."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from ml.compositing.cloth_map import encode_parts
from ml.compositing.live import read_live
from tests.factories import garment_area, look_query, make_photo, version_of
from tests.tryon.test_stock import describe, drawn, load, rendered  # noqa: F401
from tryon.models import Result, StockGarment

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stand_in_models")]
ROWS, COLUMNS = garment_area(160, 120)
COLLAR = slice(ROWS.start, ROWS.start + 20)
LOSSY = 4.0  # levels by which two previews of the same pixels may differ


@pytest.fixture
def collared(rendered):  # noqa: F811
    """The garment of 160x120, its upper 20 rows a collar."""
    parts = np.zeros((160, 120), np.uint8)
    parts[ROWS, COLUMNS] = 1
    parts[COLLAR, COLUMNS] = 2
    (rendered / "parts.png").write_bytes(encode_parts(parts))
    describe(rendered, part_names=["body", "collar"])
    load(rendered.parent)
    version_of("plaid")
    return StockGarment.objects.get()


def picture_of(client, garment, **more) -> np.ndarray:
    page = client.get(garment.get_absolute_url(), look_query(**more), follow=True)
    answer = client.get(page.context["preview"])
    assert answer.status_code == 200, answer.content
    return decoded(answer.content)


def decoded(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)


def test_the_page_offers_the_parts_and_remembers_which_stay_plain(collared, anonymous):
    page = anonymous.get(collared.get_absolute_url(), look_query(plain="collar"), follow=True)
    assert [(part.label, part.is_plain) for part in page.context["parts"]] == [("Body", False), ("Collar", True)]
    assert ("plain", "collar") in page.context["state"]
    assert "plain=collar" in page.context["preview"]
    assert "Leave plain" in page.content.decode()


def test_a_plain_part_keeps_its_pixels(collared, anonymous):
    whole, trimmed = picture_of(anonymous, collared), picture_of(anonymous, collared, plain="collar")
    with collared.screen.open() as screen:
        as_it_is = decoded(screen.read())
    inside = slice(COLLAR.start + 3, COLLAR.stop - 3), slice(COLUMNS.start + 3, COLUMNS.stop - 3)
    body = slice(COLLAR.stop + 3, ROWS.stop - 3), inside[1]
    assert np.abs(trimmed[inside] - as_it_is[inside]).mean() < LOSSY
    assert np.abs(whole[inside] - as_it_is[inside]).mean() > 10
    assert np.abs(trimmed[body] - whole[body]).mean() < LOSSY


def test_the_browser_is_given_a_mask_without_the_part(collared, anonymous):
    packs = [
        read_live(anonymous.get("/try/stock/tee/live", {"garment": "top", **more}).content)
        for more in ({}, {"plain": "collar"}, {"plain": ["collar", "moon"]})
    ]
    top, left = packs[0].header["box"][0], packs[0].header["box"][2]
    row, column = COLLAR.start + 10 - top, COLUMNS.start + 30 - left
    assert packs[0].planes["alpha"][row, column] == 1
    top = packs[1].header["box"][0]
    assert packs[1].planes["alpha"].max() == 1
    assert COLLAR.start + 10 < top or packs[1].planes["alpha"][COLLAR.start + 10 - top, column] == 0
    assert packs[2].header["box"] == packs[1].header["box"], "what is no part of it changes nothing"


def test_what_is_kept_remembers_it(collared, anonymous):
    page = anonymous.get(collared.get_absolute_url(), look_query(plain="collar"), follow=True)
    kept = anonymous.post(page.context["addresses"].keep, dict(page.context["state"]))
    assert kept.status_code == 302
    result = Result.objects.get()
    assert result.placement["plain"] == ["collar"]
    again = anonymous.get(result.get_absolute_url())
    assert "plain=collar" in again.content.decode()


@pytest.mark.parametrize(
    ("plain", "words"), [("moon", "no such part"), (["body", "collar"], "needs a part of the garment")]
)
def test_what_cannot_be_is_told(collared, anonymous, plain, words):
    page = anonymous.get(collared.get_absolute_url(), look_query(plain=plain), follow=True)
    assert words in page.content.decode()
    assert not page.context["preview"]


def test_a_garment_of_one_piece_offers_none(rendered, anonymous):  # noqa: F811
    load(rendered.parent)
    version_of("plaid")
    page = anonymous.get(StockGarment.objects.get().get_absolute_url(), look_query(), follow=True)
    assert page.context["parts"] == []
    assert "Leave plain" not in page.content.decode()


def test_a_photo_has_no_parts_to_choose(owner):
    photo = make_photo(owner.person)
    version_of("plaid")
    page = owner.client.get(photo.get_absolute_url(), look_query(plain="collar"), follow=True)
    assert page.context["parts"] == []
    assert "no such part" in page.content.decode()
