"""The pattern runs along body, sleeves and legs."""

import cv2
import numpy as np
import pytest

from ml.compositing.bend import LAID_FROM, bend_of
from ml.compositing.drape import drape
from ml.compositing.lay import garment_directions, lay_pattern
from ml.compositing.placement import Placement


def polygon(*points, shape=(240, 180)):
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.array(points, np.int32)], 1)
    return mask.astype(np.float32)


UPRIGHT = polygon((60, 20), (120, 20), (120, 220), (60, 220))
TROUSERS = np.maximum(  # legs that part: the right one leans by about 14 degrees
    polygon((70, 20), (110, 20), (110, 60), (70, 60)),
    np.maximum(
        polygon((70, 55), (92, 55), (50, 225), (25, 225)),
        polygon((88, 55), (110, 55), (155, 225), (130, 225)),
    ),
)
SLEEVED = np.maximum(  # a body with long sleeves at 45 degrees
    polygon((65, 30), (115, 30), (115, 180), (65, 180)),
    np.maximum(polygon((115, 30), (175, 90), (160, 105), (110, 60)), polygon((65, 30), (5, 90), (20, 105), (70, 60))),
)


def degrees(alpha):
    return np.degrees(garment_directions(alpha > 0.5))


def test_an_upright_garment_stays_as_it_is():
    shifts = lay_pattern(UPRIGHT)
    assert max(np.abs(shift).max() for shift in shifts) < 1.5


@pytest.mark.parametrize("lean", [-25, 15, 30])
def test_a_leaning_strip_is_laid_along_its_length(lean):
    turned = cv2.warpAffine(UPRIGHT, cv2.getRotationMatrix2D((90, 120), lean, 0.8), (180, 240))
    assert np.median(degrees(turned)[turned > 0.5]) == pytest.approx(lean, abs=3)


def test_each_leg_has_its_own_direction():
    found = degrees(TROUSERS)
    assert found[190, 40] == pytest.approx(-14, abs=4)
    assert found[190, 140] == pytest.approx(14, abs=4)
    assert abs(found[35, 90]) < 4


def test_sleeves_run_outward_and_the_body_down():
    found = degrees(SLEEVED)
    assert found[80, 150] == pytest.approx(45, abs=10)
    assert found[80, 30] == pytest.approx(-45, abs=10)
    assert abs(found[150, 90]) < 6


def test_a_mirrored_garment_is_laid_as_in_a_mirror():
    across, down = lay_pattern(SLEEVED)
    mirrored_across, mirrored_down = lay_pattern(SLEEVED[:, ::-1].copy())
    inside = cv2.resize(SLEEVED, across.shape[::-1], interpolation=cv2.INTER_AREA) > 0.9
    assert np.abs(across + mirrored_across[:, ::-1])[inside].max() < 3
    assert np.abs(down - mirrored_down[:, ::-1])[inside].max() < 3


@pytest.mark.parametrize("alpha", [UPRIGHT, TROUSERS, SLEEVED])
def test_nothing_tears_or_folds_over(alpha):
    across, down = lay_pattern(alpha)
    step = alpha.shape[0] / across.shape[0]
    inside = cv2.erode(cv2.resize(alpha, across.shape[::-1], interpolation=cv2.INTER_AREA), np.ones((3, 3))) > 0.5
    (u_down, u_across), (v_down, v_across) = (np.gradient(shift / step) for shift in (across, down))
    area = ((1 + u_across) * (1 + v_down) - u_down * v_across)[inside]
    assert area.min() > 0.2
    assert area.max() < 2.5


@pytest.mark.parametrize("alpha", [np.zeros((50, 40), np.float32), polygon((3, 3), (4, 3), (4, 4), shape=(50, 40))])
def test_next_to_nothing_is_not_laid(alpha):
    assert not any(shift.any() for shift in lay_pattern(alpha))


def test_strength_nought_is_flat_and_more_than_usual_turns_no_further():
    bend = bend_of(np.ones(SLEEVED.shape, np.float32), SLEEVED, 1.0)
    assert not bend.at(0.0, 1.0).any()
    laid = [bend.at(strength, 1.0) - bend.folds * np.float32(strength) for strength in (LAID_FROM, 2.0)]
    assert np.allclose(*laid, atol=1e-4)
    assert np.abs(laid[0]).max() > 1


def test_stripes_follow_a_leg():
    tile = np.zeros((32, 32, 3), np.uint8)
    tile[:, :16] = 255
    photo = np.full((*TROUSERS.shape, 3), 128, np.uint8)
    dressed = drape(photo, tile, TROUSERS, Placement(8.0), 2.0)[..., 0].astype(np.float32)
    rows, columns = slice(120, 215), slice(100, 160)
    across, down = (cv2.Sobel(dressed, cv2.CV_32F, *way)[rows, columns] for way in ((1, 0), (0, 1)))
    inside = cv2.erode(TROUSERS, np.ones((11, 11)))[rows, columns] > 0
    doubled = np.exp(2j * np.arctan2(-down, across)) * (across**2 + down**2) * inside
    assert np.degrees(np.angle(doubled.sum()) / 2) == pytest.approx(14, abs=5)
