import numpy as np
import pytest

from ml.cloth.canvas import DEEPEST, fit_garment, on_canvas, shown_to_net
from ml.cloth.config import CANVAS, FILL


@pytest.mark.parametrize(
    ("shape", "box"),
    [((400, 300), (50, 350, 100, 200)), ((90, 120), (10, 60, 5, 115)), ((1600, 1200), (8, 1590, 400, 900))],
)
def test_a_garment_lies_in_the_middle_and_fills_the_canvas_one_way(shape, box):
    top, bottom, left, right = box
    alpha = np.zeros(shape, np.float32)
    alpha[top:bottom, left:right] = 1
    seen = on_canvas(alpha, fit_garment(alpha > 0.5))
    assert seen.shape == (CANVAS[1], CANVAS[0])
    rows, columns = np.nonzero(seen.max(axis=1) > 0.5)[0], np.nonzero(seen.max(axis=0) > 0.5)[0]
    assert rows.mean() == pytest.approx((CANVAS[1] - 1) / 2, abs=0.6)
    assert columns.mean() == pytest.approx((CANVAS[0] - 1) / 2, abs=0.6)
    filled = max(len(rows) / CANVAS[1], len(columns) / CANVAS[0])
    assert filled == pytest.approx(FILL, abs=0.012)


def test_what_is_seen_small_lies_where_it_is_seen_large():
    """A photo of ten times the size is seen as the same garment, to a tenth of a canvas pixel."""
    y, x = np.mgrid[:2400, :1800].astype(np.float32)
    large = np.exp(-((x - 700) ** 2 + (y - 900) ** 2) / (2 * 120.0**2)).astype(np.float32)
    small = large.reshape(240, 10, 180, 10).mean(axis=(1, 3))
    cover = np.zeros((2400, 1800), bool)
    cover[300:2100, 300:1500] = True
    seen = [on_canvas(large, fit_garment(cover)), on_canvas(small, fit_garment(cover[5::10, 5::10]))]
    middles = [
        [(np.arange(size) * each.sum(axis=1 - axis)).sum() / each.sum() for axis, size in enumerate(each.shape)]
        for each in seen
    ]
    assert np.allclose(*middles, atol=0.1)


def test_the_net_sees_no_light_beyond_the_cloth_and_none_without_bounds():
    light = np.array([[1.0, 1e-6], [64.0, 5.0]], np.float32)
    cover = np.array([[1.0, 1.0], [1.0, 0.0]], np.float32)
    shown = shown_to_net(light, cover)
    assert shown[0].tolist() == [[0.0, -DEEPEST], [DEEPEST, 0.0]]
    assert shown[1].tolist() == cover.tolist()
