import numpy as np
import pytest

from ml.compositing.drape import Layer, drape, drape_layers
from ml.compositing.placement import Placement
from ml.errors import PictureError, PlacementError


def a_photo(seed: int, height: int = 90, width: int = 70) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def a_tile() -> np.ndarray:
    return a_photo(99, 32, 32)


@pytest.mark.parametrize("seed", range(12))
def test_not_one_byte_changes_where_the_mask_is_zero(seed):
    random = np.random.default_rng(seed)
    photo = a_photo(seed, int(random.integers(8, 160)), int(random.integers(8, 160)))
    alpha = np.clip(random.normal(0, 0.6, photo.shape[:2]), 0, 1).astype(np.float32)
    out = drape(photo, a_tile(), alpha, Placement(5), 4.0)
    assert out.dtype == np.uint8
    assert out.shape == photo.shape
    assert np.array_equal(out[alpha == 0], photo[alpha == 0])
    assert not np.array_equal(out, photo)


def test_an_empty_mask_gives_the_photo_back():
    photo = a_photo(1)
    assert np.array_equal(drape(photo, a_tile(), np.zeros((90, 70), np.float32), Placement(), 4.0), photo)


def test_the_photo_handed_in_is_left_alone():
    photo = a_photo(2)
    before = photo.copy()
    drape(photo, a_tile(), np.ones((90, 70), np.float32), Placement(), 4.0)
    assert np.array_equal(photo, before)


def test_painting_in_place_paints_the_same():
    photo, alpha = a_photo(2), np.zeros((90, 70), np.float32)
    alpha[20:70, 15:50] = np.linspace(0, 1, 35, dtype=np.float32)
    expected = drape(photo, a_tile(), alpha, Placement(5), 4.0)
    assert drape(photo, a_tile(), alpha, Placement(5), 4.0, in_place=True) is photo
    assert np.array_equal(photo, expected)


def test_bands_leave_no_trace(monkeypatch):
    photo, alpha = a_photo(3), np.zeros((90, 70), np.float32)
    alpha[5:85, 5:65] = 1
    whole = drape(photo, a_tile(), alpha, Placement(5), 4.0)
    for module in ("drape", "shade"):
        monkeypatch.setattr(f"ml.compositing.{module}.BAND", 500)
    assert np.abs(drape(photo, a_tile(), alpha, Placement(5), 4.0).astype(int) - whole).max() <= 1


def test_two_layers_dress_two_garments_and_leave_the_rest():
    photo = a_photo(3)
    left, right = np.zeros((90, 70), np.float32), np.zeros((90, 70), np.float32)
    left[10:80, 5:30], right[10:80, 40:65] = 1, 1
    red, blue = np.full((8, 8, 3), (200, 20, 20), np.uint8), np.full((8, 8, 3), (20, 20, 200), np.uint8)
    out = drape_layers(photo, [Layer(red, left, Placement(), 4.0), Layer(blue, right, Placement(), 4.0)])
    untouched = (left + right) == 0
    assert np.array_equal(out[untouched], photo[untouched])
    assert out[left == 1][:, 0].mean() > 2 * out[left == 1][:, 2].mean()
    assert out[right == 1][:, 2].mean() > 2 * out[right == 1][:, 0].mean()


def test_a_light_fabric_on_a_dark_garment_looks_light():
    photo = np.full((120, 120, 3), 200, np.uint8)
    photo[20:100, 20:100] = (22, 24, 30)
    alpha = np.zeros((120, 120), np.float32)
    alpha[20:100, 20:100] = 1
    out = drape(photo, np.full((16, 16, 3), 235, np.uint8), alpha, Placement(), 4.0)
    assert out[30:90, 30:90].mean() > 210


def test_no_rim_of_the_old_colour_is_left_at_a_soft_edge():
    alpha = np.clip((np.arange(120) - 40) / 6.0, 0, 1).astype(np.float32)[None, :].repeat(80, 0)
    grey, red = np.full(3, 180.0), np.array([200.0, 10.0, 10.0])
    photo = (alpha[..., None] * red + (1 - alpha[..., None]) * grey).astype(np.uint8)
    out = drape(photo, np.full((8, 8, 3), 180, np.uint8), alpha, Placement(), 4.0).astype(int)
    assert (out[..., 0] - out[..., 1]).max() < 12


@pytest.mark.parametrize("px_per_cm", [0.0, -1.0, float("nan"), float("inf")])
def test_a_scale_that_is_no_scale_is_refused(px_per_cm):
    with pytest.raises(PlacementError, match="above 0"):
        drape(a_photo(4), a_tile(), np.ones((90, 70), np.float32), Placement(), px_per_cm)


def test_a_mask_of_another_size_or_range_is_refused():
    with pytest.raises(PictureError, match="size"):
        drape(a_photo(5), a_tile(), np.ones((9, 9), np.float32), Placement(), 4.0)
    for wrong in (2.0, -0.1, float("nan")):
        with pytest.raises(PictureError, match="between 0 and 1"):
            drape(a_photo(5), a_tile(), np.full((90, 70), wrong, np.float32), Placement(), 4.0)
