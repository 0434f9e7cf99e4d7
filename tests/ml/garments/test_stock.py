"""Photos of single garments: which may be learned from, and their outlines."""

import dataclasses
import json

import numpy as np
import pytest
from PIL import Image

from ml.garments import stock
from ml.garments.config import CLASSES, Settings
from ml.garments.data import TrainingPictures
from ml.garments.stock import STOCK_CLASSES, TRAINING_COUNT, read_stock_pairs, stock_mask, stock_paths

SQUARE = [[0.25, 0.25], [0.75, 0.25], [0.75, 0.75], [0.25, 0.75]]


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """Eight photos of skirts, red cloth on grey; all but the first have an outline."""
    folder = tmp_path / "stock" / "skirt"
    folder.mkdir(parents=True)
    for number in range(8):
        picture = np.full((60, 40, 3), 120, np.uint8)
        picture[15:45, 10:30] = (200, 20, 20)
        Image.fromarray(picture).save(folder / f"photo-{number}.jpg", quality=95)
    outlines = tmp_path / "outlines.json"
    outlines.write_text(json.dumps({f"skirt/photo-{number}": SQUARE for number in range(1, 8)}))
    monkeypatch.setattr(stock, "OUTLINES", outlines)
    return tmp_path


def test_no_photo_is_learned_from_and_measured(photos):
    learned, measured = (stock_paths(photos, "skirt", training) for training in (True, False))
    assert len(learned) == TRAINING_COUNT
    assert not set(learned) & set(measured)
    assert len(learned) + len(measured) == 8


def test_only_photos_with_an_outline_are_learned_from(photos):
    pairs = read_stock_pairs(photos, 640)
    assert [pair.name for pair in pairs] == [f"skirt/photo-{number}" for number in range(1, 5)]


def test_the_outline_holds_the_class_of_its_folder(photos):
    pair = read_stock_pairs(photos, 640)[0]
    assert set(np.unique(pair.labels)) == {0, CLASSES.index("skirt")}
    inside = pair.photo[pair.labels > 0].mean(axis=0)
    assert inside[0] > 180
    assert inside[1] < 60
    assert abs((pair.labels > 0).mean() - 0.25) < 0.03


def test_large_photos_shrink_with_their_outline(photos):
    pair = read_stock_pairs(photos, 30)[0]
    assert pair.photo.shape == (30, 20, 3)
    assert pair.labels.shape == (30, 20)


def test_a_photo_without_an_outline_has_no_mask(photos):
    assert stock_mask(photos / "stock" / "skirt" / "photo-0.jpg", (60, 40, 3)) is None


@pytest.mark.parametrize("shares", [{"stock_share": 1.0}, {"flat_share": 1.0}])
def test_training_shows_stock_garments_as_they_are_and_laid_elsewhere(photos, shares):
    settings = dataclasses.replace(Settings(), **({"flat_share": 0.0, "empty_share": 0.0} | shares))
    pictures = TrainingPictures([], settings, [], (), read_stock_pairs(photos, 640))
    seen = [pictures.draw(number, 64, 96) for number in range(12)]
    skirts = [np.isin(labels, (0, CLASSES.index("skirt"))).all() and labels.any() for _, labels in seen]
    assert sum(skirts) >= (12 if "stock_share" in shares else 1)


def test_every_kind_in_the_outlines_is_known():
    kinds = {name.split("/")[0] for name in json.loads(stock.OUTLINES.read_text())}
    assert kinds == set(STOCK_CLASSES)
