"""Hard conditions for the net, made of our own stock garments."""

import numpy as np
import pytest

from ml.errors import PictureError
from ml.garments.config import CLASSES
from ml.garments.limits import CONDITIONS, STOCK, look, outlined, page, read_garment, sheet
from ml.images import luminance, srgb_to_linear


@pytest.fixture(scope="module")
def garment():
    return read_garment(STOCK / "t-shirt")


@pytest.mark.parametrize("condition", CONDITIONS)
def test_each_condition_keeps_size_and_a_mask_of_the_garment(garment, condition):
    photo, truth = CONDITIONS[condition](garment)
    assert photo.shape == (*truth.shape, 3) == (640, 480, 3)
    assert photo.dtype == np.uint8
    assert 0.005 < truth.mean() < 0.6


def test_dark_on_dark_is_dark_all_over(garment):
    photo, _ = CONDITIONS["dark on dark"](garment)
    assert luminance(srgb_to_linear(photo)).mean() < 0.04


def test_cloth_of_the_grounds_colour_has_its_colour(garment):
    photo, truth = CONDITIONS["of the ground's colour"](garment)
    cloth, ground = (np.median(photo[where], axis=0) for where in (truth, ~truth))
    assert np.abs(cloth.astype(int) - ground).max() < 12


def test_figures_tell_a_seeing_net_from_a_blind_one(garment):
    masks = {photo.tobytes(): truth for photo, truth in (make(garment) for make in CONDITIONS.values())}

    def seeing(photo):
        return masks[photo.tobytes()].astype(np.uint8) * CLASSES.index("top"), "top"

    def blind(photo):
        return np.zeros(photo.shape[:2], np.uint8), ""

    good, bad = look([garment], seeing), look([garment], blind)
    assert all(seen["t-shirt"].iou == 1.0 and seen["t-shirt"].named for seen in good.values())
    assert all(seen["t-shirt"].iou == 0.0 and not seen["t-shirt"].named for seen in bad.values())
    assert "| striped | 1.00 | 1 of 1 | 1 of 1 |" in page(good)
    assert "| striped | 0.00 | 0 of 1 | 0 of 1 |" in page(bad)
    assert sheet(good).shape == (len(CONDITIONS) * 240, 180, 3)


def test_what_was_missed_is_blue_and_what_is_too_much_red():
    photo = np.full((2, 2, 3), 100, np.uint8)
    found, truth = np.array([[1, 1], [0, 0]], bool), np.array([[1, 0], [1, 0]], bool)
    shown = outlined(photo, found, truth)
    assert shown[0, 0].argmax() == 1
    assert shown[0, 1].argmax() == 0
    assert shown[1, 0].argmax() == 2
    assert (shown[1, 1] == 100).all()


def test_a_folder_without_a_garment_is_refused(tmp_path):
    with pytest.raises(PictureError, match="not a stock garment"):
        read_garment(tmp_path)
