"""Which files are photos we accept, and what is left of them."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import numpy as np
import pytest
from PIL import Image, ImageOps

from patterns import uploads
from patterns.uploads import CleanPhoto, UploadError, read_upload
from tests.factories import encoded, photo_pixels
from tests.profiles import profile
from tests.tryon import hostile


def read(content: bytes) -> CleanPhoto:
    return read_upload(io.BytesIO(content), len(content))


@pytest.mark.parametrize("name", hostile.ODD_BUT_FINE)
def test_an_odd_but_honest_photo_is_read(name):
    pixels = read(hostile.ODD_BUT_FINE[name]()).pixels
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3
    assert pixels.shape[2] == 3


@pytest.mark.parametrize("name", hostile.REFUSED)
def test_anything_else_is_refused_with_a_sentence_that_says_what_to_do(name):
    make, words = hostile.REFUSED[name]
    with pytest.raises(UploadError, match=words) as refusal:
        read(make())
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_upright(orientation):
    content = hostile.oriented(orientation)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(content))))
    assert np.array_equal(read(content).pixels, expected)


def test_png_pixels_are_kept_byte_for_byte():
    pixels = photo_pixels()
    assert np.array_equal(read(encoded(pixels)).pixels, pixels)


def test_jpeg_pixels_are_those_of_the_original():
    content = hostile.jpeg()
    assert np.array_equal(read(content).pixels, np.asarray(Image.open(io.BytesIO(content))))


def test_only_the_first_frame_of_an_animation_is_read():
    for kind in ("PNG", "WEBP"):
        red, green, blue = read(hostile.animated(kind)).pixels[80, 60].astype(int)
        assert red > 150
        assert green < 60
        assert blue < 60


def test_sixteen_bit_grey_keeps_its_range():
    pixels = read(hostile.sixteen_bit()).pixels
    assert pixels.min() == 0
    assert pixels.max() == 255
    assert 120 < pixels.mean() < 135


def test_transparent_parts_become_white():
    assert (read(hostile.transparent()).pixels == 255).all()


def test_colours_of_an_embedded_profile_become_srgb():
    from PIL import ImageCms

    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ"))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain = read(encoded(photo_pixels()))
    assert np.array_equal(read(encoded(photo_pixels(), icc_profile=profile)).pixels, plain.pixels)
    assert np.array_equal(read(encoded(photo_pixels(), icc_profile=b"broken")).pixels, plain.pixels)
    assert np.array_equal(read(encoded(photo_pixels(), icc_profile=lab.tobytes())).pixels.shape, plain.pixels.shape)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P"])
def test_a_profile_is_followed_whatever_the_kind_of_picture(mode):
    picture = Image.fromarray(np.full((80, 80, 3), (200, 120, 40), np.uint8)).convert(mode)
    plain, wide = io.BytesIO(), io.BytesIO()
    picture.save(plain, "PNG")
    picture.save(wide, "PNG", icc_profile=profile(gamma=1.0, grey=mode == "L"))
    before, after = (read(each.getvalue()).pixels[40, 40].astype(int) for each in (plain, wide))
    assert (after > before + 20).all(), "light written without a curve looks lighter once it has one"


def test_mutated_photos_never_raise_anything_but_an_upload_error():
    random = np.random.RandomState(7)
    for make in (hostile.jpeg, lambda: encoded(photo_pixels(80, 80)), hostile.heic, hostile.ODD_BUT_FINE["WebP"]):
        original = make()
        for _ in range(60):
            content = bytearray(original)
            for _ in range(random.randint(1, 12)):
                content[random.randint(len(content))] = random.randint(256)
            try:
                read(bytes(content))
            except UploadError:
                continue


@pytest.mark.parametrize("kind", ["JPEG", "HEIC"])
def test_large_photos_take_turns_until_the_one_before_is_done_with(monkeypatch, kind):
    monkeypatch.setattr(uploads, "LARGE", 96 * 128 - 1)
    content = hostile.heic() if kind == "HEIC" else hostile.jpeg()
    with ExitStack() as turn, ThreadPoolExecutor(1) as beside:
        read_upload(io.BytesIO(content), len(content), turn)
        second = beside.submit(read, content)
        small = hostile.jpeg(64, 64)
        assert read(small).size == (64, 64)  # small ones go by
        assert not second.done()
        turn.close()
        assert second.result(30).size == (96, 128)


def test_for_a_large_photo_the_nets_give_back_what_they_do_not_use(monkeypatch):
    asked = []
    monkeypatch.setattr(uploads, "let_go_of_memory", lambda: asked.append(uploads._large_ones.locked()))
    monkeypatch.setattr(uploads, "LARGE", 96 * 128 - 1)
    read(hostile.jpeg(64, 64))
    assert asked == []
    read(hostile.jpeg())
    assert asked == [True]
