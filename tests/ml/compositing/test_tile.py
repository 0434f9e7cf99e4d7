import numpy as np
import pytest

from ml.compositing.placement import REPEATS, Placement
from ml.compositing.tile import lay_fabric, prepare_tile, repeat_tile
from ml.errors import PictureError, PlacementError


def a_tile(height: int = 40, width: int = 40) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8)


def smooth_tile(size: int = 96) -> np.ndarray:
    """Seamless and smooth, so that resampling loses nothing."""
    turn = 2 * np.pi * np.arange(size) / size
    red = 128 + 90 * np.sin(turn)[None, :] + 0 * turn[:, None]
    green = 128 + 90 * np.cos(turn)[:, None] + 0 * turn[None, :]
    return np.dstack([red, green, 0.5 * red + 0.5 * green]).astype(np.uint8)


def numbered_tile() -> np.ndarray:
    """2 by 2 pixels whose red says which: 10 20 over 30 40."""
    return np.repeat(np.array([[10, 20], [30, 40]], np.uint8)[..., None], 3, axis=2)


def test_a_tile_at_its_own_size_is_copied_exactly():
    out = lay_fabric(a_tile(), (40, 40), Placement(cm_per_tile=10), px_per_cm=4.0)
    assert np.array_equal(out, a_tile())


@pytest.mark.parametrize("repeat", REPEATS)
@pytest.mark.parametrize("px_per_cm", [4.0, 2.0, 8.0])
def test_rolling_by_one_period_gives_the_same_picture(repeat, px_per_cm):
    placement = Placement(cm_per_tile=10, repeat=repeat)
    period = round(10 * px_per_cm) * 2
    out = lay_fabric(a_tile(), (period * 3, period * 3), placement, px_per_cm)
    assert np.array_equal(out, np.roll(out, period, axis=0))
    assert np.array_equal(out, np.roll(out, period, axis=1))


def test_a_straight_repeat_has_no_seam_at_any_scale():
    """Steps across a tile's border are no larger than steps inside it."""
    for cm in (3.0, 7.3, 11.7, 25.0):
        out = lay_fabric(smooth_tile(), (240, 240), Placement(cm_per_tile=cm), 9.0).astype(int)
        steps = np.abs(np.diff(out, axis=1)).max(axis=(0, 2))
        inside = 90 * 2 * np.pi / (cm * 9.0)
        assert steps.max() <= inside * 1.25 + 2


@pytest.mark.parametrize(
    ("repeat", "expected"),
    [
        ("straight", [[10, 20, 10, 20], [30, 40, 30, 40], [10, 20, 10, 20], [30, 40, 30, 40]]),
        ("half-drop", [[10, 20, 30, 40], [30, 40, 10, 20], [10, 20, 30, 40], [30, 40, 10, 20]]),
        ("half-brick", [[10, 20, 10, 20], [30, 40, 30, 40], [20, 10, 20, 10], [40, 30, 40, 30]]),
        ("mirror", [[10, 20, 20, 10], [30, 40, 40, 30], [30, 40, 40, 30], [10, 20, 20, 10]]),
    ],
)
def test_each_repeat_puts_its_neighbours_where_the_trade_does(repeat, expected):
    assert repeat_tile(numbered_tile(), repeat, 2, 2)[..., 0].tolist() == expected


@pytest.mark.parametrize("repeat", REPEATS)
def test_the_laid_cloth_agrees_with_the_repeat_preview(repeat):
    tile = a_tile(24, 24)
    out = lay_fabric(tile, (24 * 5, 24 * 5), Placement(cm_per_tile=24, repeat=repeat), 1.0)
    # The middle of the picture is the middle of tile (0, 0); the fifth tile of five starts two tiles to the left.
    preview = repeat_tile(tile, repeat, 5, 5)
    assert np.array_equal(out, preview)


def test_a_quarter_turn_is_exact_and_clockwise():
    tile = a_tile(30, 30)
    flat = lay_fabric(tile, (90, 90), Placement(cm_per_tile=30), 1.0)
    turned = lay_fabric(tile, (90, 90), Placement(cm_per_tile=30, rotation=90), 1.0)
    assert np.array_equal(turned, np.rot90(flat, k=-1))


def test_rotation_turns_stripes_by_the_angle_asked():
    wave = 128 + 100 * np.sin(2 * np.pi * np.arange(64) / 64)  # vertical stripes
    stripes = np.repeat(wave[None, :, None], 64, axis=0).repeat(3, axis=2).astype(np.uint8)
    out = lay_fabric(stripes, (300, 300), Placement(cm_per_tile=30, rotation=30), 1.0)[..., 0].astype(float)
    across, down = np.gradient(out, axis=1), np.gradient(out, axis=0)
    angle = 0.5 * np.degrees(np.arctan2(2 * (across * down).mean(), (across**2 - down**2).mean()))
    assert angle == pytest.approx(30, abs=1.0)


def test_offsets_move_the_pattern_right_and_down_in_tiles():
    tile = a_tile(20, 20)
    still = lay_fabric(tile, (60, 60), Placement(cm_per_tile=20), 1.0)
    moved = lay_fabric(tile, (60, 60), Placement(cm_per_tile=20, offset_x=0.25, offset_y=-0.5), 1.0)
    assert np.array_equal(moved, np.roll(still, (-10, 5), axis=(0, 1)))


def test_cm_per_tile_is_the_width_seen():
    tile = np.zeros((32, 32, 3), np.uint8)
    tile[:, :2] = 255
    row = lay_fabric(tile, (10, 600), Placement(cm_per_tile=12), px_per_cm=10.0)[5, :, 0].astype(float)
    peaks = [x for x in range(1, 599) if row[x] > 200 and row[x - 1] <= 200]
    assert np.diff(peaks).tolist() == pytest.approx([120] * (len(peaks) - 1), abs=1)


def test_a_tile_keeps_its_own_shape():
    tile = a_tile(20, 40)
    out = lay_fabric(tile, (20, 40), Placement(cm_per_tile=40), 1.0)
    assert np.array_equal(out, tile)


@pytest.mark.parametrize("rotation", [0, 13, 45])
def test_a_fine_pattern_far_away_becomes_its_mean_light_without_moire(rotation):
    tile = np.zeros((64, 64, 3), np.uint8)
    tile[::2] = 255
    out = lay_fabric(tile, (120, 120), Placement(cm_per_tile=2, rotation=rotation), px_per_cm=4.0)
    mean = 188  # half the light, in sRGB
    assert np.abs(out.astype(int) - mean).max() <= 3


def test_bad_tiles_and_numbers_are_refused():
    with pytest.raises(PictureError, match="fabric"):
        lay_fabric(np.zeros((4, 4), np.uint8), (8, 8), Placement(), 1.0)
    with pytest.raises(PictureError, match="no pixels"):
        lay_fabric(a_tile(), (0, 8), Placement(), 1.0)
    for scale in (0.0, -3.0, float("nan"), float("inf")):
        with pytest.raises(PlacementError, match="above 0"):
            lay_fabric(a_tile(), (8, 8), Placement(), scale)
    with pytest.raises(PlacementError, match="one of"):
        repeat_tile(a_tile(), "diagonal", 2, 2)
    with pytest.raises(PlacementError, match="At least one"):
        repeat_tile(a_tile(), "mirror", 0, 2)


@pytest.mark.parametrize("repeat", ["half-drop", "half-brick"])
def test_a_block_that_is_given_whole_lies_as_one_built_from_tiles(repeat):
    tile = np.random.default_rng(3).integers(0, 255, (32, 32, 3), dtype=np.uint8)
    across, down = (2, 1) if repeat == "half-drop" else (1, 2)
    placement = Placement(4.0, 20.0, 0.3, 0.1, repeat)
    built = prepare_tile(tile, placement, 6.0)
    given = prepare_tile(repeat_tile(tile, repeat, across, down), placement, 6.0, is_block=True)
    assert (given.period, given.tile_px) == (built.period, built.tile_px)
    assert np.array_equal(given.sample((40, 60), (0, 40, 0, 60)), built.sample((40, 60), (0, 40, 0, 60)))
