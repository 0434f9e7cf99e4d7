"""The stock garments in tryon/stock are whole and agree with each other."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ml.compositing.cloth_map import cloth_slopes, decode_map
from ml.compositing.drape import drape
from ml.compositing.placement import Placement
from ml.compositing.scale import CLASSES, estimate_scale
from ml.images import luminance, resize_smooth, srgb_to_linear
from wardrobe.make import ALL

STOCK = Path(__file__).parents[2] / "tryon" / "stock"
FOLDERS = sorted(folder for folder in STOCK.iterdir() if (folder / "garment.json").exists())
RENDERED = [folder for folder in FOLDERS if (folder / "uv.png").exists()]


def about(folder: Path) -> dict:
    return json.loads((folder / "garment.json").read_text())


def test_there_is_a_wardrobe():
    assert len([folder for folder in RENDERED if "view_of" not in about(folder)]) == len(ALL) >= 12
    assert len({about(folder).get("view_of") for folder in RENDERED} - {None}) >= 4, "seen from two sides"
    assert {"top", "outerwear", "bottom", "skirt", "dress"} <= {about(folder)["garment"] for folder in FOLDERS}
    assert len({about(folder)["order"] for folder in FOLDERS}) == len(FOLDERS)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_its_files_agree(folder):
    facts = about(folder)
    assert facts["slug"] == folder.name
    assert facts["licence"] == "MIT"
    assert facts["name"]
    assert facts["blurb"].endswith(".")
    assert (folder / "photo.jpg").stat().st_size <= 400_000
    with Image.open(folder / "photo.jpg") as photo:
        assert photo.size == (1200, 1600)
        assert photo.mode == "RGB"
        assert not photo.getexif()
    mask, labels = np.asarray(Image.open(folder / "mask.png")), np.asarray(Image.open(folder / "labels.png"))
    assert mask.shape == labels.shape == (1600, 1200)
    assert set(np.unique(labels)) == {0, CLASSES.index(facts["garment"])}
    assert (labels[mask > 140] > 0).all(), "cloth outside its label"
    assert 0.12 < (mask > 127).mean() < 0.65
    assert ((mask > 0) & (mask < 255)).any(), "the edge is not soft"
    for edge in (mask[0], mask[-1], mask[:, 0], mask[:, -1]):
        assert not edge.any(), "the garment touches the frame"


def cloth_of(folder):
    files = [(folder / name).read_bytes() for name in ("uv.png", "shading.png", "parts.png")]
    return decode_map(*files, size=(1200, 1600))


@pytest.mark.parametrize("folder", RENDERED, ids=lambda folder: folder.name)
def test_what_is_known_of_a_rendered_cloth_agrees_with_its_photo(folder):
    assert sum(path.stat().st_size for path in folder.iterdir()) < 3_000_000
    facts = about(folder)
    cloth = cloth_of(folder)
    alpha = np.asarray(Image.open(folder / "mask.png")).astype(np.float32) / 255
    assert cloth.valid[alpha > 0.95].mean() > 0.999
    assert set(np.unique(cloth.parts)) == set(range(len(facts["part_names"]) + 1))
    slopes = np.hypot(*cloth_slopes(cloth)[::2])[alpha == 1]
    assert 0.8 < np.median(slopes) * facts["px_per_cm"] < 2.0
    assert facts["camera"]["frame_cm"] > 20
    assert facts["seams"] or folder.name == "scarf", "only a scarf is one piece"
    photo = srgb_to_linear(np.asarray(Image.open(folder / "photo.jpg")))
    colour = luminance(photo)[alpha == 1] / cloth.light[alpha == 1]
    low, high = np.percentile(colour, [5, 95])
    assert high / low < 1.15, "the photo is not one colour of cloth under the shading's light"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_scale_guessed_from_its_outline_is_near_the_truth(folder):
    facts = about(folder)
    labels = np.asarray(Image.open(folder / "labels.png"))
    guess = estimate_scale(labels, [facts["garment"]], labels.shape).px_per_cm
    assert 0.7 < guess / facts["px_per_cm"] < 1.4


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_plain_fabric_keeps_its_light(folder):
    with Image.open(folder / "photo.jpg") as opened:
        photo = resize_smooth(np.asarray(opened), 600, 800)
    alpha = np.asarray(Image.open(folder / "mask.png").resize((600, 800))).astype(np.float32) / 255
    plain = np.full((16, 16, 3), (120, 80, 90), np.uint8)
    cloth = cloth_of(folder).resized(600, 800) if (folder / "uv.png").exists() else None
    dressed = drape(photo, plain, alpha, Placement(), about(folder)["px_per_cm"] / 2, cloth_map=cloth)
    before, after = (luminance(srgb_to_linear(picture))[alpha == 1] for picture in (photo, dressed))
    assert np.corrcoef(before, after)[0, 1] >= 0.9
    assert np.array_equal(dressed[alpha == 0], photo[alpha == 0])
