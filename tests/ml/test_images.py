import cv2
import numpy as np
import pytest
from PIL import Image

from ml.errors import PictureError
from ml.images import (
    grow_rows,
    linear_to_oklab,
    linear_to_srgb,
    oklab_to_linear,
    read_picture,
    resize_labels,
    resize_smooth,
    shrink_smooth,
    srgb_to_linear,
)


def test_every_code_survives_linear_light_and_back():
    codes = np.arange(256, dtype=np.uint8)
    assert np.array_equal(linear_to_srgb(srgb_to_linear(codes)), codes)


def test_light_outside_its_range_is_clipped():
    assert linear_to_srgb(np.array([-1.0, 2.0], np.float32)).tolist() == [0, 255]


def test_a_picture_is_read_upright_and_transparency_becomes_white(tmp_path):
    sideways = Image.new("RGB", (4, 2), "red")
    exif = sideways.getexif()
    exif[0x0112] = 6
    sideways.save(tmp_path / "sideways.jpg", exif=exif)
    assert read_picture(tmp_path / "sideways.jpg").shape == (4, 2, 3)
    Image.new("RGBA", (2, 2), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    assert read_picture(tmp_path / "clear.png").min() == 255


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n" + b"\0" * 20])
def test_what_is_no_picture_is_refused(tmp_path, content):
    (tmp_path / "x.png").write_bytes(content)
    with pytest.raises(PictureError):
        read_picture(tmp_path / "x.png")


def test_labels_keep_their_names_when_resized():
    labels = np.array([[0, 7], [3, 5]], np.uint8)
    assert set(np.unique(resize_labels(labels, 9, 9))) == {0, 3, 5, 7}


def test_grey_has_no_hue_in_oklab_and_every_colour_comes_back():
    light = srgb_to_linear(np.random.RandomState(0).randint(0, 256, (50, 3)).astype(np.uint8))
    assert np.abs(oklab_to_linear(linear_to_oklab(light)) - light).max() < 1e-4
    grey = linear_to_oklab(np.array([[0, 0, 0], [0.2, 0.2, 0.2], [1, 1, 1]], np.float32))
    assert np.allclose(grey[:, 1:], 0, atol=1e-3)
    assert np.allclose(grey[[0, 2], 0], [0, 1], atol=1e-3)


def test_large_photos_shrink_to_what_small_ones_do():
    small = np.random.default_rng(0).integers(0, 256, (24, 16, 3)).astype(np.uint8)
    large = cv2.resize(small, (16 * 13, 24 * 13))
    for width, height in ((64, 96), (16, 24), (10, 20)):
        quick = shrink_smooth(large, width, height)
        assert quick.shape == (height, width, 3)
        assert np.abs(quick.astype(int) - resize_smooth(large, width, height)).mean() < 3


@pytest.mark.parametrize("shape", [(7, 5), (7, 5, 4), (1, 5), (1, 1)])
def test_rows_grow_as_the_whole_would(shape):
    small = np.random.default_rng(0).random(shape, dtype=np.float32)
    whole = cv2.resize(small, (33, 50), interpolation=cv2.INTER_LINEAR)
    bands = [grow_rows(small, (50, 33), top, min(top + 8, 50)) for top in range(0, 50, 8)]
    assert np.allclose(np.concatenate(bands), whole, atol=1e-5)
