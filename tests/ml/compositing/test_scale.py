import numpy as np
import pytest

from ml.compositing.scale import CLASSES, estimate_scale
from ml.errors import PictureError


def a_person(head: int = 40, feet: int = 712, with_shoes: bool = True) -> np.ndarray:
    """672 px from crown to sole: 4 px per cm at 168 cm."""
    labels = np.zeros((760, 400), np.uint8)
    labels[head : head + 90, 175:225] = 1
    labels[head + 90 : head + 330, 120:280] = 2
    labels[head + 330 : feet - 30, 145:255] = 4
    if with_shoes:
        labels[feet - 30 : feet, 140:260] = 7
    return labels


def flat(name: str, height: int, width: int) -> np.ndarray:
    labels = np.zeros((800, 600), np.uint8)
    labels[60 : 60 + height, 300 - width // 2 : 300 + width // 2] = CLASSES.index(name)
    return labels


def test_a_person_from_head_to_shoes_is_the_ruler():
    scale = estimate_scale(a_person(), ["top"], (760, 400, 3))
    assert scale.px_per_cm == pytest.approx(4.0, rel=0.02)
    assert "168 cm" in scale.how


def test_labels_smaller_than_the_photo_still_count_photo_pixels():
    assert estimate_scale(a_person(), ["top"], (1520, 800)).px_per_cm == pytest.approx(8.0, rel=0.02)


def test_an_upper_body_crop_goes_by_the_chest():
    crop = a_person()[:300]
    scale = estimate_scale(crop, ["top"], crop.shape)
    assert scale.px_per_cm == pytest.approx(160 / 48, rel=0.1)
    assert "chest" in scale.how


def test_legs_alone_go_by_the_hips():
    crop = a_person()[380:]
    labels = crop.copy()
    labels[-60:-30, 150:250] = 1
    scale = estimate_scale(labels, ["bottom"], labels.shape)
    assert scale.px_per_cm == pytest.approx(110 / 40, rel=0.15)
    assert "hips" in scale.how


@pytest.mark.parametrize(
    ("name", "height", "width", "expected"),
    [
        ("top", 680, 400, 10.0),
        ("bottom", 612, 240, 6.0),
        ("bottom", 352, 400, 8.0),
        ("skirt", 620, 400, 10.0),
        ("dress", 624, 300, 6.0),
        ("outerwear", 630, 400, 7.0),
    ],
    ids=["T-shirt", "trousers", "shorts", "skirt", "dress", "jacket"],
)
def test_a_garment_on_its_own_goes_by_its_usual_length(name, height, width, expected):
    scale = estimate_scale(flat(name, height, width), [name], (800, 600))
    assert scale.px_per_cm == pytest.approx(expected, rel=0.05)
    assert scale.how.endswith(".")


def test_nothing_to_go_by_still_gives_a_number_and_says_so():
    scale = estimate_scale(np.zeros((400, 300), np.uint8), ["top"], (400, 300))
    assert scale.px_per_cm == pytest.approx(300 / 80, rel=0.01)
    assert "nothing else" in scale.how


@pytest.mark.parametrize("seed", range(8))
def test_any_labels_give_a_finite_scale(seed):
    random = np.random.default_rng(seed)
    labels = random.integers(0, 9, (int(random.integers(1, 60)), int(random.integers(1, 60))), dtype=np.uint8)
    scale = estimate_scale(labels, list(CLASSES[2:]), labels.shape)
    assert 0.2 <= scale.px_per_cm <= 400
    assert scale.how


def test_bad_labels_and_names_are_refused():
    with pytest.raises(PictureError, match="uint8"):
        estimate_scale(np.zeros((4, 4), np.float32), ["top"], (4, 4))
    with pytest.raises(PictureError, match="choose from"):
        estimate_scale(np.zeros((4, 4), np.uint8), ["hat"], (4, 4))
