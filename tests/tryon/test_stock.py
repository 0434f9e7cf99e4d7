"""The drawn garments of ``tryon/stock`` on their way into the catalogue."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command

from ml.compositing.cloth_map import encode_light, encode_parts, encode_uv
from tests.factories import encoded, garment_area, labels_for, look_query, make_stock, photo_pixels, version_of
from tests.tryon.test_photos import files_kept
from tryon import services
from tryon.cloth import cloth_of, read_map
from tryon.management.commands.load_stock import STOCK
from tryon.models import StockGarment
from tryon.pictures import read_pixels
from tryon.storage import catalogue_storage

pytestmark = pytest.mark.django_db


def describe(folder: Path, **changes) -> None:
    about = {"slug": "tee", "name": "T-shirt", "garment": "top", "px_per_cm": 4.0, "order": 1, "blurb": "Plain."}
    (folder / "garment.json").write_text(json.dumps({**about, **changes}))


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    folder = tmp_path / "drawn" / "tee"
    folder.mkdir(parents=True)
    describe(folder)
    (folder / "photo.jpg").write_bytes(encoded(photo_pixels(), "JPEG", quality=95))
    (folder / "labels.png").write_bytes(encoded(labels_for(160, 120)))
    mask = np.zeros((160, 120), np.uint8)
    mask[garment_area(160, 120)] = 255
    (folder / "mask.png").write_bytes(encoded(mask))
    return folder


def map_files(height: int = 160, width: int = 120) -> dict[str, bytes]:
    """What is known of cloth that lies flat in the middle of the picture: file name → content."""
    area = np.zeros((height, width), bool)
    area[garment_area(height, width)] = True
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / 4
    light = np.full((height, width), 0.6, np.float32)
    parts = area.astype(np.uint8)
    return {"uv.png": encode_uv(x, y, area), "shading.png": encode_light(light), "parts.png": encode_parts(parts)}


@pytest.fixture
def rendered(drawn: Path) -> Path:
    """The same garment, and all that is known of its cloth."""
    for name, content in map_files().items():
        (drawn / name).write_bytes(content)
    describe(drawn, part_names=["body"])
    return drawn


def load(folder: Path) -> str:
    told = io.StringIO()
    call_command("load_stock", folder=folder, stdout=told)
    return told.getvalue()


def test_a_garment_is_loaded_once(drawn, local_files):
    assert load(drawn.parent).startswith("1 of 1")
    assert load(drawn.parent).startswith("0 of 1")
    garment = StockGarment.objects.get()
    assert (garment.width, garment.height, garment.px_per_cm) == (120, 160, 4.0)
    assert garment.found[0]["name"] == "top"
    assert garment.found[0]["outline"]


def test_a_garment_that_pages_showed_as_jpeg_gets_webp_of_the_picture_it_has(drawn, local_files):
    load(drawn.parent)
    garment = StockGarment.objects.get()
    garment.screen = catalogue_storage.save("stock/earlier.jpg", ContentFile(encoded(photo_pixels(), "JPEG")))
    garment.image = catalogue_storage.save("stock/of-staff.png", ContentFile(encoded(photo_pixels(colour=(9, 9, 9)))))
    garment.save()
    assert load(drawn.parent).startswith("1 of 1")
    assert load(drawn.parent).startswith("0 of 1")
    garment.refresh_from_db()
    assert garment.image.name == "stock/of-staff.png"
    assert garment.screen.name.endswith(".webp")
    assert read_pixels(garment.screen)[garment_area(160, 120)].mean() < 20


def test_new_pictures_come_in_and_what_staff_changed_stays(drawn, local_files, django_capture_on_commit_callbacks):
    load(drawn.parent)
    StockGarment.objects.update(name="The tee", order=9, is_published=False)
    (drawn / "photo.jpg").write_bytes(encoded(photo_pixels(colour=(9, 9, 9)), "JPEG"))
    before = set(files_kept(local_files / "catalogue"))
    with django_capture_on_commit_callbacks(execute=True):
        assert load(drawn.parent).startswith("1 of 1")
    garment = StockGarment.objects.get()
    assert (garment.name, garment.order, garment.is_published) == ("The tee", 9, False)
    after = set(files_kept(local_files / "catalogue"))
    assert len(after) == len(before) == 5
    assert not after & before


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: (folder / "garment.json").write_text("{"), "not a JSON object"),
        (lambda folder: (folder / "garment.json").write_text("[]"), "not a JSON object"),
        (lambda folder: (folder / "garment.json").write_text('{"slug": "tee"}'), "lacks"),
        (lambda folder: describe(folder, garment="hat"), "known garment"),
        (lambda folder: (folder / "photo.jpg").unlink(), "no file"),
        (lambda folder: (folder / "photo.jpg").write_bytes(b"no picture"), "could not be read"),
        (lambda folder: (folder / "labels.png").write_bytes(encoded(labels_for(16, 12))), "of the photo's size"),
    ],
)
def test_a_broken_folder_is_named(drawn, spoil, words):
    spoil(drawn)
    with pytest.raises(CommandError, match=words):
        load(drawn.parent)
    assert not StockGarment.objects.exists()


@pytest.mark.usefixtures("stand_in_models")
def test_the_exact_mask_decides_where_fabric_goes(drawn, anonymous):
    load(drawn.parent)
    version_of("plaid")
    garment = StockGarment.objects.get()
    alpha = services.alpha_of(garment, photo_pixels(), labels_for(160, 120), ("top",))
    assert set(np.unique(alpha)) == {0.0, 1.0}
    half = services.alpha_of(garment, photo_pixels(60, 80), labels_for(160, 120), ("top",))
    assert half.shape == (80, 60)
    page = anonymous.get(garment.get_absolute_url(), look_query(), follow=True)
    assert "made to measure" in page.context["scale"]


def test_what_is_known_of_the_cloth_comes_along(rendered, local_files):
    load(rendered.parent)
    garment = StockGarment.objects.get()
    assert garment.has_cloth_map
    assert garment.part_names == ["body"]
    cloth = read_map(garment)
    assert cloth.shape == (160, 120)
    assert cloth.u[80, 60] == pytest.approx(15, abs=0.01)
    assert cloth_of(garment, photo_pixels(60, 80), ("top",)).shape == (80, 60)
    assert cloth_of(garment, photo_pixels(60, 80), ("dress",)) is None


def test_what_is_not_known_any_more_goes(rendered, local_files, django_capture_on_commit_callbacks):
    load(rendered.parent)
    for name in map_files():
        (rendered / name).unlink()
    with django_capture_on_commit_callbacks(execute=True):
        load(rendered.parent)
    assert not StockGarment.objects.get().has_cloth_map
    assert len(files_kept(local_files / "catalogue")) == 5


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: (folder / "shading.png").unlink(), "give both"),
        (lambda folder: (folder / "uv.png").write_bytes(b"no"), "must be a PNG"),
        (lambda folder: (folder / "uv.png").write_bytes(map_files(80, 60)["uv.png"]), "60x80"),
    ],
)
def test_a_broken_map_is_named(rendered, spoil, words):
    spoil(rendered)
    with pytest.raises(CommandError, match=words):
        load(rendered.parent)
    assert not StockGarment.objects.exists()


def test_a_second_view_knows_whose_it_is(drawn, local_files):
    other = drawn.parent / "a-tee-from-behind"
    shutil.copytree(drawn, other)
    describe(other, slug="a-tee-from-behind", view_of="tee")
    load(drawn.parent)
    load(drawn.parent)
    assert StockGarment.objects.get(slug="a-tee-from-behind").view_of.slug == "tee"
    assert StockGarment.objects.get(slug="tee").view_of is None


def test_the_wardrobe_shows_each_garment_once_with_its_second_view(anonymous):
    tee, lone = make_stock("tee"), make_stock("scarf")
    other = make_stock("tee-from-behind", view_of=tee)
    make_stock("tee-hidden", view_of=tee, is_published=False)
    page = anonymous.get("/clothes/")
    assert [garment for garment, _ in page.context["garments"]] == [lone, tee]
    text = page.content.decode()
    assert text.count("second-view") == 1
    assert other.screen.url in text


@pytest.mark.usefixtures("stand_in_models")
def test_a_known_cloth_is_dressed_under_its_own_light(rendered, anonymous):
    load(rendered.parent)
    version_of("plaid")
    garment = StockGarment.objects.get()
    known = anonymous.get(f"/try/stock/{garment.slug}/preview.webp", look_query())
    StockGarment.objects.update(uv_map="", shading="")
    guessed = anonymous.get(f"/try/stock/{garment.slug}/preview.webp", look_query(cm=20.5))
    assert known.status_code == guessed.status_code == 200
    assert known.content != guessed.content


@pytest.mark.skipif(not any(STOCK.glob("*/garment.json")), reason="no stock garments are drawn yet")
@pytest.mark.usefixtures("stand_in_models")
def test_every_garment_that_ships_can_be_loaded_and_worn(anonymous):
    load(STOCK)
    version_of("plaid")
    assert StockGarment.objects.count() >= 6
    for garment in StockGarment.objects.all():
        assert max(garment.width, garment.height) >= 800
        query = look_query(garment=garment.garment_names[0])
        assert anonymous.get(f"/try/stock/{garment.slug}/preview.webp", query).status_code == 200
