"""What is known of a cloth is written, read back and believed exactly, and refused in words when it cannot be."""

import cv2
import numpy as np
import pytest

from ml.compositing.blend import backdrop
from ml.compositing.cloth_map import (
    ClothMap,
    cloth_slopes,
    decode_map,
    encode_light,
    encode_parts,
    encode_uv,
    pack_bytes,
    part_alpha,
)
from ml.compositing.drape import drape
from ml.compositing.placement import Placement
from ml.compositing.region import Box
from ml.compositing.tile import lay_fabric
from ml.compositing.wrap import wrap_fabric
from ml.errors import PictureError
from ml.images import linear_to_srgb


def flat_cloth(height: int = 60, width: int = 80, px_per_cm: float = 8.0) -> ClothMap:
    """Cloth that lies flat, the picture's middle on its (0, 0)."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    u, v = (x + 0.5 - width / 2) / px_per_cm, (y + 0.5 - height / 2) / px_per_cm
    whole = np.ones((height, width), bool)
    return ClothMap(u, v, whole, np.ones((height, width), np.float32), whole.astype(np.uint8))


def files(cloth: ClothMap) -> tuple[bytes, bytes, bytes]:
    return encode_uv(cloth.u, cloth.v, cloth.valid), encode_light(cloth.light), encode_parts(cloth.parts)


def png(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".png", pixels)[1].tobytes()


def a_tile(size: int = 64) -> np.ndarray:
    y, x = np.mgrid[0:size, 0:size] / size * 2 * np.pi
    waves = [np.sin(x), np.sin(y + 1), np.sin(x + y)]
    return np.dstack([np.round(128 + 100 * wave) for wave in waves]).astype(np.uint8)


def test_a_map_survives_its_files():
    cloth = flat_cloth()
    valid = np.random.default_rng(0).random(cloth.shape) > 0.3
    light = np.random.default_rng(1).random(cloth.shape, np.float32) * 2
    parts = np.where(valid, 2, 0).astype(np.uint8)
    cloth = ClothMap(np.where(valid, cloth.u, 0), np.where(valid, cloth.v, 0), valid, light, parts)
    back = decode_map(*files(cloth), size=(80, 60))
    assert np.abs(back.u - cloth.u).max() <= 0.0026
    assert np.abs(back.v - cloth.v).max() <= 0.0026
    assert np.abs(np.sqrt(back.light) - np.sqrt(light)).max() <= 0.003
    assert np.array_equal(back.valid, valid)
    assert np.array_equal(back.parts, parts)
    assert {each.dtype for each in (back.u, back.v, back.light)} == {np.dtype(np.float32)}


def test_a_browser_gets_the_same_numbers_in_bytes():
    cloth = decode_map(*files(flat_cloth()))
    upper, lower = np.split(pack_bytes(cloth).astype(np.float64), 2)
    for at, part in enumerate((cloth.u, cloth.v)):
        assert np.abs((256 * upper[..., at] + lower[..., at]) / 200 - 163.84 - part).max() < 1e-4
    assert np.allclose(2 * (lower[..., 2] / 255) ** 2, cloth.light, atol=1e-5)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda uv, light, parts: (b"no picture", light, parts), "UV map must be a PNG"),
        (lambda uv, light, parts: (uv[:200], light, parts), "UV map is damaged"),
        (lambda uv, light, parts: (uv, png(np.zeros((60, 81), np.uint8)), parts), "81x60; it must have the photo's"),
        (lambda uv, light, parts: (png(np.zeros((60, 80, 3), np.uint8)), light, parts), "16 bits"),
        (lambda uv, light, parts: (png(np.zeros((60, 80), np.uint16)), light, parts), "colour picture"),
        (
            lambda uv, light, parts: (uv, png(np.zeros((60, 80), np.uint16)), parts),
            "shading must be a grey picture of 8",
        ),
        (lambda uv, light, parts: (uv, light, png(np.zeros((60, 80, 3), np.uint8))), "parts picture must be a grey"),
        (lambda uv, light, parts: (png(np.zeros((60, 80, 3), np.uint16)), light, parts), "shows no cloth"),
        (lambda uv, light, parts: (png(np.full((60, 80, 3), 9, np.uint16)), light, parts), "blue channel must be"),
        (lambda uv, light, parts: (png(np.full((60, 80, 3), 65535, np.uint16)), light, parts), "out of range"),
    ],
)
def test_a_bad_map_is_refused_in_words(spoil, words):
    with pytest.raises(PictureError, match=words):
        decode_map(*spoil(*files(flat_cloth())), size=(80, 60))


def test_noise_is_no_map():
    noise = np.random.default_rng(2).integers(0, 65536, (60, 80, 3)).astype(np.uint16)
    noise[..., 0] = 65535
    with pytest.raises(PictureError, match="out of range"):
        decode_map(png(noise), *files(flat_cloth())[1:])


def test_cloth_that_is_too_large_is_refused():
    cloth = flat_cloth()
    with pytest.raises(PictureError, match="larger"):
        encode_uv(cloth.u + 170, cloth.v, cloth.valid)


def test_slopes_stop_at_seams_and_edges():
    cloth = flat_cloth()
    u = cloth.u.copy()
    u[:, 40:] += 30
    valid = cloth.valid.copy()
    valid[:, :5] = False
    slopes = cloth_slopes(ClothMap(u, cloth.v, valid, cloth.light))
    for slope, truth in zip(slopes, (0.125, 0, 0, 0.125), strict=True):
        assert np.abs(slope[:, 5:] - truth).max() < 1e-5


def test_parts_share_the_garment_softly():
    cloth = flat_cloth()
    cloth.parts[:, 40:] = 2
    alpha = np.full(cloth.shape, 0.8, np.float32)
    first, second = part_alpha(cloth, alpha, 1), part_alpha(cloth, alpha, 2)
    assert np.allclose(first + second, alpha, atol=1e-5)
    assert first[0, 0] == pytest.approx(0.8)
    assert 0 < first[0, 40] < 0.5


@pytest.mark.parametrize("repeat", ["straight", "half-drop", "half-brick", "mirror"])
@pytest.mark.parametrize("rotation", [0.0, 30.0])
def test_on_flat_cloth_a_fabric_lies_as_it_always_did(repeat, rotation):
    placement = Placement(5.0, rotation, 0.25, -0.1, repeat)
    cloth = flat_cloth()
    photo, alpha = np.full((60, 80, 3), 200, np.uint8), np.ones(cloth.shape, np.float32)
    wrapped = drape(photo, a_tile(), alpha, placement, 8.0, cloth_map=cloth)
    flat = lay_fabric(a_tile(), cloth.shape, placement, 8.0)
    difference = np.abs(wrapped.astype(int) - flat)  # hard joins of tiles that do not meet are filtered otherwise
    assert difference.mean() <= 1.5
    assert (difference > 3).mean() <= 0.06


def test_a_known_warp_gives_the_exact_pattern_under_the_exact_light():
    """Cloth that turns away like a cylinder, striped along v: brightness and place of each stripe are known."""
    height, width = 40, 160
    x = (np.arange(width, dtype=np.float32) + 0.5 - width / 2) / (width / 2)
    u = np.tile(10 * np.arcsin(x * 0.95), (height, 1)).astype(np.float32)
    v = np.tile((np.arange(height, dtype=np.float32) / 8)[:, None], (1, width))
    light = np.tile(np.sqrt(1 - (0.95 * x) ** 2), (height, 1)).astype(np.float32)
    cloth = ClothMap(u, v, np.ones(u.shape, bool), light)
    phase = (np.arange(512) + 0.5) / 512
    wave = np.tile((0.5 + 0.4 * np.sin(2 * np.pi * phase))[None, :, None], (8, 1, 3))
    tile = linear_to_srgb(wave)
    out = drape(
        np.zeros((height, width, 3), np.uint8), tile, np.ones(u.shape, np.float32), Placement(4.0), 1.0, cloth_map=cloth
    )
    expected = linear_to_srgb((0.5 + 0.4 * np.sin(2 * np.pi * (u / 4 + 0.5))) * light)
    assert np.abs(out[..., 0].astype(int) - expected)[:, 12:-12].max() <= 3


def test_a_fine_pattern_on_slanting_cloth_turns_grey_and_not_wild():
    cloth = flat_cloth()
    slanting = ClothMap(cloth.u * 1, cloth.v * 40, cloth.valid, cloth.light)
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[32:] = 255
    out = drape(
        np.zeros((60, 80, 3), np.uint8),
        stripes,
        np.ones(cloth.shape, np.float32),
        Placement(1.0),
        1.0,
        cloth_map=slanting,
    )
    assert out.std() < 12
    assert abs(out.mean() - 188) < 8


def test_where_two_pieces_meet_their_colours_mix_and_nowhere_else():
    flat = flat_cloth(40, 40)
    cloth, sewn = (
        ClothMap(
            np.where(np.arange(40) < 20, flat.u - 1.0, flat.u + far).astype(np.float32), flat.v, flat.valid, flat.light
        )
        for far in (-1.0, 1.0)
    )
    stripes = np.repeat(np.repeat([[[250, 250, 250], [10, 10, 10]]], 32, axis=1), 64, axis=0).astype(np.uint8)
    placement = Placement(6.0)
    plain, mixed = (wrap_fabric(stripes, each, placement) for each in (cloth, sewn))
    assert np.array_equal(mixed[:, :19], plain[:, :19])
    left, right = mixed[20, 18, 0], mixed[20, 21, 0]
    assert abs(left - right) > 0.5, "the pieces differ where they meet"
    for at in (19, 20):
        assert min(left, right) + 0.05 < mixed[20, at, 0] < max(left, right) - 0.05


def test_what_is_not_wanted_changes_nothing_where_it_is():
    cloth = flat_cloth()
    cloth.u[:, 40:] += 50  # a seam, where neighbours are mixed in
    wanted = np.zeros(cloth.shape, bool)
    wanted[10:50, 15:41] = True
    whole, part = (
        wrap_fabric(a_tile(), cloth, Placement(3.0, 20.0), Box(5, 55, 10, 70), where=where)
        for where in (None, wanted[5:55, 10:70])
    )
    inside = wanted[5:55, 10:70]
    assert np.array_equal(whole[inside], part[inside])
    assert not np.array_equal(whole, part)


def test_the_soft_edge_is_filled_beyond_the_last_whole_pixel():
    cloth = flat_cloth()
    valid = cloth.valid.copy()
    valid[:, :20] = False
    cloth = ClothMap(np.where(valid, cloth.u, 0), np.where(valid, cloth.v, 0), valid, cloth.light)
    alpha = valid.astype(np.float32)
    alpha[:, 19] = 0.5
    photo = np.full((60, 80, 3), 90, np.uint8)
    out = drape(photo, a_tile(), alpha, Placement(5.0), 1.0, cloth_map=cloth)
    flat = lay_fabric(a_tile(), cloth.shape, Placement(5.0), 8.0)
    assert np.array_equal(out[:, :19], photo[:, :19])
    both = 0.5 * ((flat[:, 19] / 255.0) ** 2.2 + (90 / 255.0) ** 2.2)
    assert np.abs(out[:, 19] - 255 * both ** (1 / 2.2)).max() <= 6
    assert backdrop(photo, alpha).colours.shape[2] == 4


def test_a_map_shrinks_with_its_picture():
    small = flat_cloth(61, 83).resized(40, 30)
    assert small.shape == (30, 40)
    assert np.abs(np.diff(small.u, axis=1) - 83 / 40 / 8).max() < 1e-4
    assert small.u[0, 0] == pytest.approx((83 / 40 / 2 - 83 / 2) / 8, abs=1e-4)


def test_a_map_of_another_size_is_refused():
    with pytest.raises(PictureError, match="photo's size"):
        drape(
            np.zeros((9, 9, 3), np.uint8),
            a_tile(),
            np.ones((9, 9), np.float32),
            Placement(),
            1.0,
            cloth_map=flat_cloth(),
        )
