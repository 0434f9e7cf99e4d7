import io

import numpy as np
import pytest
from PIL import Image

from ml.encode import Mark, encode_jpeg, encode_png, encode_png_quickly, encode_webp

PICTURE = np.random.RandomState(1).randint(0, 256, (20, 30, 3)).astype(np.uint8)


@pytest.mark.parametrize("mark", list(Mark))
def test_what_a_model_made_says_so_to_machines(mark):
    shown = encode_jpeg(PICTURE, 95, mark), encode_webp(PICTURE, 90, mark)
    for content in (encode_png(PICTURE, mark), encode_png_quickly(PICTURE, mark), *shown):
        with Image.open(io.BytesIO(content)) as picture:
            packet = picture.getxmp()
        description = packet["xmpmeta"]["RDF"]["Description"]
        assert description["DigitalSourceType"].endswith(f"/digitalsourcetype/{mark.value}")


def test_a_picture_without_a_mark_has_no_metadata():
    for content in (
        encode_png(PICTURE),
        encode_png_quickly(PICTURE),
        encode_jpeg(PICTURE, 90),
        encode_webp(PICTURE, 90),
    ):
        with Image.open(io.BytesIO(content)) as picture:
            assert not picture.getxmp()
            assert not picture.getexif()


def test_png_keeps_every_byte_and_equal_pictures_are_equal_files():
    content = encode_png(PICTURE, Mark.COMPOSITE, 2)
    assert content == encode_png(PICTURE.copy(), Mark.COMPOSITE, 2)
    with Image.open(io.BytesIO(content)) as picture:
        assert np.array_equal(np.asarray(picture), PICTURE)


@pytest.mark.parametrize("shape", [(20, 30, 3), (20, 30), (1, 1, 3), (1, 5), (700, 801, 3), (2, 700_000)])
def test_quick_png_keeps_every_byte_of_every_shape(shape):
    random = np.random.RandomState(2).randint(0, 256, shape).astype(np.uint8)
    for pixels in (random, np.zeros(shape, np.uint8), random[::-1]):
        content = encode_png_quickly(pixels, Mark.COMPOSITE)
        assert content == encode_png_quickly(pixels.copy(), Mark.COMPOSITE)
        with Image.open(io.BytesIO(content)) as picture:
            picture.verify()  # every checksum
        with Image.open(io.BytesIO(content)) as picture:
            assert np.array_equal(np.asarray(picture), pixels)
