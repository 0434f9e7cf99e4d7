import numpy as np
import pytest

from ml.errors import PictureError
from ml.garments.outline import outline_paths
from ml.garments.refine import garment_alpha


def scene(offset: int = 0):
    """A red square on grey, and labels whose border is ``offset`` pixels too far out."""
    photo = np.full((340, 340, 3), 170, dtype=np.uint8)
    photo[100:240, 100:240] = (200, 20, 30)
    labels = np.zeros((340, 340), dtype=np.uint8)
    labels[100 - offset : 240 + offset, 100 - offset : 240 + offset] = 2
    return photo, labels


def test_alpha_is_nothing_far_away_and_everything_deep_inside():
    photo, labels = scene()
    alpha = garment_alpha(photo, labels, ["top"])
    assert alpha.dtype == np.float32
    assert alpha.shape == labels.shape
    assert (alpha[110:230, 110:230] == 1).all()
    away = np.ones_like(labels, dtype=bool)
    away[90:250, 90:250] = False
    assert (alpha[away] == 0).all()


def test_the_edge_moves_to_where_the_photo_has_one():
    photo, labels = scene(offset=1)
    hard, soft = garment_alpha(photo, labels, ["top"], refine=False), garment_alpha(photo, labels, ["top"])
    ring = (hard == 1) & (photo[..., 0] == 170)
    assert ring.any()
    assert soft[ring].mean() < 0.4


def test_bands_leave_no_trace_in_a_large_photo(monkeypatch):
    photo, labels = (np.repeat(np.repeat(each, 5, axis=0), 5, axis=1) for each in scene(offset=1))
    whole = garment_alpha(photo, labels, ["top"])
    monkeypatch.setattr("ml.garments.refine._BAND", 20_000)
    assert np.allclose(garment_alpha(photo, labels, ["top"]), whole, atol=1e-5)


def test_nothing_chosen_and_nothing_there_are_both_empty():
    photo, labels = scene()
    assert not garment_alpha(photo, labels, []).any()
    assert not garment_alpha(photo, labels, ["shoes"]).any()


def test_wrong_names_and_sizes_are_refused():
    photo, labels = scene()
    with pytest.raises(PictureError, match="trousers"):
        garment_alpha(photo, labels, ["trousers"])
    with pytest.raises(PictureError, match="size"):
        garment_alpha(photo, labels[1:], ["top"])


def test_a_garment_at_the_picture_border_keeps_its_alpha():
    photo = np.full((120, 80, 3), 90, dtype=np.uint8)
    assert (garment_alpha(photo, np.full((120, 80), 6, np.uint8), ["dress"]) == 1).all()


def test_an_outline_is_in_photo_pixels_and_closed():
    mask = np.zeros((100, 50), dtype=bool)
    mask[20:80, 10:40] = True
    mask[40:60, 20:30] = False
    mask[90:95, 2:8] = True
    paths = outline_paths(mask, size=(500, 1000))
    assert len(paths) == 2
    assert paths[0].count("M") == paths[0].count("Z") == 2, "a hole is part of its piece"
    numbers = [float(n) for n in paths[0].replace("M", " ").replace("L", " ").replace("Z", " ").split()]
    assert 95 < min(numbers[0::2]) < 115
    assert 780 < max(numbers[1::2]) < 810


def test_an_empty_mask_has_no_outline():
    assert outline_paths(np.zeros((10, 10), bool), size=(10, 10)) == []
