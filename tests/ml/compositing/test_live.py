import json
import struct

import cv2
import numpy as np
import pytest

from ml.compositing.cloth_map import ClothMap
from ml.compositing.drape import Layer, drape, drape_layers
from ml.compositing.live import composite, pack_live, read_live
from ml.compositing.placement import REPEATS, Placement
from ml.errors import PictureError
from ml.images import linear_to_oklab, srgb_to_linear


def a_tile() -> np.ndarray:
    blocks = np.random.default_rng(5).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return blocks.repeat(16, 0).repeat(16, 1)


def a_garment(height: int = 300, width: int = 220) -> tuple[np.ndarray, np.ndarray]:
    """A folded piece of cloth with a soft edge before a grainy wall."""
    random = np.random.default_rng(2)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    alpha = np.zeros((height, width), np.float32)
    cv2.ellipse(alpha, (width // 2, height // 2), (width // 3, height // 3), 0, 0, 360, 1.0, -1)
    alpha = np.clip(cv2.GaussianBlur(alpha, (0, 0), 2.0) * 1.1 - 0.05, 0, 1)
    light = 1 + 0.35 * np.sin(x / 9) + 0.15 * np.sin((x + y) / 23)
    cloth = light[..., None] * np.array([90, 120, 160])
    wall = 170 + random.normal(0, 6, (height, width, 1)).repeat(3, 2)
    photo = np.clip(alpha[..., None] * cloth + (1 - alpha[..., None]) * wall, 0, 255).astype(np.uint8)
    return photo, alpha.astype(np.float32)


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """Mean distance in OKLab times 100, about a delta E."""
    lab = [linear_to_oklab(srgb_to_linear(picture)) for picture in (one, other)]
    return float(np.linalg.norm(lab[0] - lab[1], axis=-1).mean() * 100)


@pytest.mark.parametrize("repeat", REPEATS)
@pytest.mark.parametrize(("strength", "rotation"), [(0.8, 0), (2.0, 33), (0.0, 90)])
def test_what_the_browser_composites_is_the_servers_picture(repeat, strength, rotation):
    photo, alpha = a_garment()
    placement = Placement(6.0, rotation, 0.3, -0.2, repeat)
    exact = drape(photo, a_tile(), alpha, placement, 5.0, strength=strength)
    shown = composite(photo, read_live(pack_live(photo, alpha, 5.0)), a_tile(), placement, strength=strength)
    assert np.array_equal(shown[alpha == 0], photo[alpha == 0])
    assert difference(exact[alpha > 0], shown[alpha > 0]) < 0.3


@pytest.mark.parametrize("repeat", ["straight", "half-brick"])
def test_known_cloth_travels_with_its_own_map(repeat):
    photo, alpha = a_garment()
    y, x = np.mgrid[:300, :220].astype(np.float32)
    u, v = x / 6 + 2 * np.sin(y / 30), y / 5
    u[:, 110:] += 37  # a seam
    light = (0.5 + 0.3 * np.sin(x / 12)).astype(np.float32)
    cloth = ClothMap(u.astype(np.float32), v.astype(np.float32), alpha > 0.3, light)
    placement = Placement(6.0, 20, 0.3, -0.2, repeat)
    exact = drape(photo, a_tile(), alpha, placement, 5.0, cloth_map=cloth)
    pack = read_live(pack_live(photo, alpha, 5.0, cloth_map=cloth))
    assert pack.header["map"]
    shown = composite(photo, pack, a_tile(), placement)
    assert np.array_equal(shown[alpha == 0], photo[alpha == 0])
    assert difference(exact[alpha > 0], shown[alpha > 0]) < 0.5


def test_a_pack_is_small_and_says_what_it_holds():
    photo, alpha = a_garment()
    content = pack_live(photo, alpha, 5.0, more={"words": "kind"})
    assert len(content) < 0.6 * photo.nbytes
    (length,) = struct.unpack("<I", content[4:8])
    header = json.loads(content[8 : 8 + length])
    assert header["words"] == "kind"
    assert (header["width"], header["height"], header["px_per_cm"]) == (220, 300, 5.0)
    ends = [place["at"] + place["bytes"] for place in header["planes"].values()]
    assert ends[-1] == len(content) - 8 - length


def test_sixteen_bits_survive_the_journey():
    photo, alpha = a_garment()
    first, again = (read_live(pack_live(photo, alpha, 5.0)) for _ in range(2))
    for name in ("light", "across", "down"):
        assert np.array_equal(first.planes[name], again.planes[name])
        assert len(np.unique(first.planes[name])) > 256
    soft = (alpha > 0) & (alpha < 1)
    top, bottom, left, right = first.header["box"]
    codes = first.planes["alpha"][soft[top:bottom, left:right]]
    assert codes.min() > 0
    assert codes.max() < 1


def test_the_garments_below_are_known_at_the_edge():
    photo = np.full((120, 120, 3), 160, np.uint8)
    edge = np.clip((np.arange(120) - 58) / 4, 0, 1).astype(np.float32)[:, None].repeat(120, 1)
    edge[:, :10], edge[:, 110:] = 0, 0
    upper, lower = np.where(edge > 0, 1 - edge, 0).astype(np.float32), edge
    upper[5:58, 10:110] = 1
    pack = read_live(pack_live(photo, lower, 5.0, [upper]))
    soft = (pack.planes["alpha"] > 0.1) & (pack.planes["alpha"] < 0.9)
    assert pack.planes["under"][:, 20:-20][soft[:, 20:-20]].mean() > 0.8
    assert "under" not in read_live(pack_live(photo, lower, 5.0)).planes
    red = np.full((8, 8, 3), (200, 20, 20), np.uint8)
    drape_layers(photo, [Layer(red, upper, Placement(), 5.0), Layer(red, lower, Placement(), 5.0)])


def test_a_mask_with_nothing_in_it_is_refused():
    photo, alpha = a_garment()
    with pytest.raises(PictureError, match="nothing to drape"):
        pack_live(photo, np.zeros_like(alpha), 5.0)


def test_what_is_no_pack_is_refused():
    with pytest.raises(PictureError, match="not a live pack"):
        read_live(b"PNG and so on")
