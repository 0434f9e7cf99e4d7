import numpy as np
import pytest
from django.core.files.base import ContentFile

from ml.encode import encode_png_quickly
from tests.factories import photo_pixels
from tryon.pictures import SCREEN_SIDE, read_grey, read_pixels, screen_labels, shrink


def test_what_is_kept_is_read_back_byte_for_byte():
    pixels = photo_pixels(61, 83)
    assert np.array_equal(read_pixels(ContentFile(encode_png_quickly(pixels), "a.png")), pixels)
    assert np.array_equal(read_grey(ContentFile(encode_png_quickly(pixels[..., 0]), "a.png")), pixels[..., 0])


@pytest.mark.parametrize("content", [b"no picture", encode_png_quickly(photo_pixels(64, 64))[:20]])
def test_a_damaged_file_says_so_by_name(content):
    file = ContentFile(content, "photos/x.png")
    with pytest.raises(OSError, match=r"photos/x\.png is damaged"):
        read_pixels(file)


def test_small_pictures_keep_their_size_and_large_ones_fit_the_screen():
    assert shrink(photo_pixels(90, 60), SCREEN_SIDE).shape == photo_pixels(90, 60).shape
    assert max(shrink(np.zeros((5200, 2600, 3), np.uint8), SCREEN_SIDE).shape) == SCREEN_SIDE
    assert screen_labels(np.full((2600, 5200), 3, np.uint8)).shape == (SCREEN_SIDE // 2, SCREEN_SIDE)
