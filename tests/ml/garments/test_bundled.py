"""The model that ships, on a few photos it has never seen."""

import numpy as np
import pytest

from ml.bundle import bundled_model
from ml.errors import MlError
from ml.garments.data import data_folder, read_pair, split_ids
from ml.garments.metrics import clothing_iou, confusion
from ml.garments.segment import load_segmenter
from tests.ml.garments.conftest import drawn_pair


def test_the_bundle_is_small_and_tells_its_scores():
    model = bundled_model("garments", "street")
    assert sum(path.stat().st_size for path, _ in model.files.values()) < 15e6
    assert 0 < model.scores["mean_iou"] < model.scores["clothing_iou"] < 1
    card = (model.files["onnx"][0].parent / "CARD.md").read_text()
    assert model.version in card
    assert all(str(score) in card for score in model.scores.values())


def test_an_empty_wall_has_no_garment():
    wall = np.full((480, 320, 3), 205, dtype=np.uint8)
    assert load_segmenter().segment(wall).outcome != "found"


def test_the_same_photo_gives_the_same_labels():
    photo = drawn_pair(height=480, width=320).photo
    first, second = (load_segmenter().segment(photo) for _ in range(2))
    assert np.array_equal(first.labels, second.labels)
    assert first.found == second.found


@pytest.mark.data
def test_clothes_are_found_on_photos_held_out():
    try:
        folder = data_folder()
    except MlError as error:
        pytest.skip(str(error))
    table = np.zeros((9, 9), dtype=np.int64)
    for name in split_ids(folder).validation[::20]:
        pair = read_pair(folder, name)
        table += confusion(pair.labels, load_segmenter().segment(pair.photo).labels)
    assert clothing_iou(table) > 0.75
