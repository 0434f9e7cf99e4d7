"""A swatch is cut, turned and measured as the data set prescribes."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from ml.errors import PictureError
from ml.textiles.swatch import FRAME, TURNABLE, TURNS, Fingerprints, cut_square, fingerprint, measure, turned


def print_of(seed: int, side: int = 640) -> np.ndarray:
    blocks = np.random.RandomState(seed).randint(20, 235, (11, 11, 3)).astype(np.uint8)
    return np.asarray(Image.fromarray(blocks).resize((side, side), Image.Resampling.NEAREST))


def as_jpeg(pixels: np.ndarray, quality: int) -> np.ndarray:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer).convert("RGB"))


def test_the_middle_of_the_crop_is_taken_at_the_scale():
    picture = np.zeros((1000, 1200, 3), np.uint8)
    picture[300:618, 500:818] = 255
    square, enlarged = cut_square(picture, (300, 100, 718, 718), 1.0)
    assert square.shape == (TURNABLE, TURNABLE, 3)
    assert (square == 255).all()
    assert enlarged == 1
    assert cut_square(picture, (300, 100, 718, 718), 0.5)[1] == 0.5
    assert cut_square(picture, None, None)[1] == TURNABLE / 1000


def test_a_crop_that_sticks_out_is_cut_to_the_picture_and_one_outside_is_an_error():
    picture = print_of(1, 400)
    assert cut_square(picture, (200, 200, 500, 500), 2.0)[0].shape == (TURNABLE, TURNABLE, 3)
    with pytest.raises(PictureError):
        cut_square(picture, (500, 0, 50, 50), 1.0)


def test_twelve_turns_stay_inside_the_square_and_quarters_are_exact():
    square = np.full((TURNABLE, TURNABLE, 3), 200, np.uint8)
    views = [turned(square, degrees) for degrees in TURNS]
    assert len(views) == 12
    assert all(view.shape == (FRAME, FRAME, 3) and (view == 200).all() for view in views)
    square = cut_square(print_of(2))[0]
    assert (turned(square, 90) == np.rot90(turned(square, 0))).all()
    near, exact = (turned(square, degrees).astype(int) for degrees in (89, 90))
    assert np.abs(near - exact).mean() < 25  # the same way round


def test_copies_of_a_picture_are_alike_and_other_pictures_are_not():
    prints = [print_of(seed) for seed in range(30)]
    known = Fingerprints([fingerprint(cut_square(each)[0]) for each in prints])
    small = np.asarray(Image.fromarray(prints[7]).resize((300, 300), Image.Resampling.LANCZOS))
    for copy in (as_jpeg(prints[7], 60), small, np.clip(prints[7] * 1.03, 0, 255).astype(np.uint8)):
        found = known.nearest(fingerprint(cut_square(copy)[0]))
        assert found is not None
        assert found[0] == 7
    assert known.nearest(fingerprint(cut_square(print_of(99))[0])) is None
    colourway = (prints[7] * np.array([0.5, 0.9, 1.0])).astype(np.uint8)
    assert known.nearest(fingerprint(cut_square(colourway)[0])) is None  # is another fabric
    assert Fingerprints([]).nearest(fingerprint(cut_square(prints[0])[0])) is None


def test_measures_tell_blur_and_uniform_cloth():
    sharp = print_of(3) + np.random.RandomState(0).randint(0, 20, (640, 640, 1)).astype(np.uint8)
    blurred = cv2.GaussianBlur(sharp, (0, 0), 6.0)
    assert measure(cut_square(blurred)[0]).sharpness < 0.42 < measure(cut_square(sharp)[0]).sharpness
    weave = np.random.RandomState(1).randint(110, 130, (640, 640, 1)).repeat(3, 2)
    falling_light = np.linspace(0, 60, 640)[None, :, None]
    plain = (weave + falling_light).astype(np.uint8)
    assert measure(cut_square(plain)[0]).contrast < 0.012 < measure(cut_square(sharp)[0]).contrast
