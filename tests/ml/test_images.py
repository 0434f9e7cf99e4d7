import numpy as np
import pytest
from PIL import Image

from ml.errors import PictureError
from ml.images import linear_to_srgb, read_picture, resize_labels, srgb_to_linear


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
