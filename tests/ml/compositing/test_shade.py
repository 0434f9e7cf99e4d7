import numpy as np
import pytest

from ml.compositing.shade import BRIGHTEST, DARKEST, shading
from ml.errors import PictureError
from ml.images import linear_to_srgb, luminance, srgb_to_linear

SIZE = 240
INSIDE = slice(30, 210)


def a_mask() -> np.ndarray:
    alpha = np.zeros((SIZE, SIZE), np.float32)
    alpha[INSIDE, INSIDE] = 1
    return alpha


def fold_light() -> np.ndarray:
    """Soft vertical folds and a fall of light from the left, about 1."""
    y, x = np.mgrid[0:SIZE, 0:SIZE] / SIZE
    return 1 + 0.28 * np.sin(2 * np.pi * (x * 3 + 0.25 * y)) + 0.25 * (0.5 - x)


def dressed(colour: tuple[float, float, float], ink: np.ndarray | None = None) -> np.ndarray:
    """A photo of cloth of a linear colour under fold_light, on a bright ground."""
    light = np.full((SIZE, SIZE, 3), 0.9)
    cloth = np.broadcast_to(np.asarray(colour), (SIZE, SIZE, 3)) if ink is None else ink
    noise = np.random.default_rng(3).normal(1, 0.01, (SIZE, SIZE, 1))
    light[INSIDE, INSIDE] = (cloth * fold_light()[..., None] * noise)[INSIDE, INSIDE]
    return linear_to_srgb(light)


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a[35:205, 35:205].ravel(), b[35:205, 35:205].ravel())[0, 1])


@pytest.mark.parametrize(
    "colour",
    [
        (0.4, 0.38, 0.35),
        (0.03, 0.03, 0.035),
        (0.62, 0.62, 0.6),
        (0.45, 0.02, 0.03),
        (0.02, 0.05, 0.4),
        (0.5, 0.42, 0.02),
    ],
    ids=["sand", "nearly black", "white", "red", "blue", "yellow"],
)
def test_the_light_on_plain_cloth_is_recovered(colour):
    assert correlation(shading(dressed(colour), a_mask()), fold_light()) >= 0.9


def test_a_printed_stripe_is_not_taken_for_light():
    x = np.arange(SIZE)
    ink = np.where(((x // 12) % 2)[None, :, None] == 1, 0.55, 0.06) * np.ones((SIZE, 1, 3))
    photo, alpha = dressed((0, 0, 0), ink), a_mask()
    found = shading(photo, alpha)[60:180, 60:180]
    raw = luminance(srgb_to_linear(photo))[60:180, 60:180]

    def stripe_strength(picture):
        dark = ((x[60:180] // 12) % 2) == 0
        return abs(np.log(picture[:, ~dark].mean() / picture[:, dark].mean()))

    assert stripe_strength(found) < 0.1 * stripe_strength(raw)


def test_a_coloured_print_is_not_taken_for_light():
    random = np.random.default_rng(5)
    palette = np.array([[0.5, 0.05, 0.05], [0.05, 0.3, 0.1], [0.6, 0.55, 0.4]])
    blocks = palette[random.integers(0, 3, (SIZE // 15, SIZE // 15))].repeat(15, 0).repeat(15, 1)
    photo = dressed((0, 0, 0), blocks)
    found = np.log(shading(photo, a_mask())[45:195, 45:195])
    raw = np.log(luminance(srgb_to_linear(photo))[45:195, 45:195] + 0.01)
    truth = np.log(fold_light()[45:195, 45:195])
    assert (found - truth).std() < 0.25 * (raw - truth).std()


def test_a_faint_dotted_print_on_plain_cloth_is_not_taken_for_light():
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    dots = np.hypot(x % 14 - 7, y % 14 - 7) < 3.2
    ink = np.where(dots, 0.28, 0.36)[..., None] * np.array([0.9, 0.3, 0.7])
    found = shading(dressed((0, 0, 0), ink), a_mask())[60:180, 60:180]
    there = dots[60:180, 60:180]
    assert abs(np.log(found[~there].mean() / found[there].mean())) < 0.05  # the print itself: 0.25


def test_the_ground_outside_has_no_say():
    alpha, photo = a_mask(), dressed((0.3, 0.3, 0.3))
    night = photo.copy()
    night[alpha == 0] = 0
    difference = np.abs(shading(photo, alpha) - shading(night, alpha))
    assert difference[alpha > 0].max() < 1e-4


def test_it_is_relative_bounded_and_one_outside():
    alpha = a_mask()
    found = shading(dressed((0.3, 0.25, 0.2)), alpha)
    assert found.dtype == np.float32
    assert found.shape == alpha.shape
    assert np.median(found[alpha > 0.5]) == pytest.approx(1.0, abs=0.02)
    assert found.min() >= DARKEST
    assert found.max() <= BRIGHTEST
    assert (found[alpha == 0] == 1).all()


@pytest.mark.parametrize("size", [1, 2, 5, 17])
def test_tiny_masks_are_no_trouble(size):
    photo = np.random.default_rng(size).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    alpha = np.zeros((40, 40), np.float32)
    alpha[10 : 10 + size, 10 : 10 + size] = 0.4
    assert np.isfinite(shading(photo, alpha)).all()


def test_one_flat_colour_has_even_light():
    assert np.allclose(shading(np.zeros((50, 50, 3), np.uint8), np.ones((50, 50), np.float32)), 1, atol=0.01)


def test_a_photo_and_mask_that_disagree_are_refused():
    with pytest.raises(PictureError, match="size"):
        shading(np.zeros((8, 8, 3), np.uint8), np.ones((8, 9), np.float32))
    with pytest.raises(PictureError, match="colour"):
        shading(np.zeros((8, 8), np.uint8), np.ones((8, 8), np.float32))


def test_pleats_are_light_however_regular():
    mask = a_mask()
    across = np.arange(mask.shape[1], dtype=np.float32)
    pleats = np.broadcast_to(1 + 0.45 * np.sin(2 * np.pi * across / 22), mask.shape).astype(np.float32)
    photo = linear_to_srgb(
        np.where(mask[..., None] > 0, 0.35 * pleats[..., None], 0.8).astype(np.float32).repeat(3, axis=2)
    )
    assert correlation(shading(photo, mask), pleats) > 0.95
