"""For whom the net works worse: the groups, and their figures."""

import json

import numpy as np
import pytest
from PIL import Image

from ml.garments.data import Pair
from ml.garments.groups import evaluate_groups, ground_groups, side_by_side, skin_group, typology_angle


def person(cloth, ground, skin=(230, 190, 170)):
    """A block of cloth under a block of skin, and its labels."""
    photo = np.empty((120, 80, 3), np.uint8)
    photo[:] = ground
    labels = np.zeros((120, 80), np.uint8)
    photo[10:40, 25:55], labels[10:40, 25:55] = skin, 1
    photo[40:100, 20:60], labels[40:100, 20:60] = cloth, 2
    return Pair("p", photo, labels)


@pytest.mark.parametrize(
    ("skin", "group"),
    [((240, 215, 200), "light skin"), ((150, 100, 75), "brown or dark skin"), ((70, 45, 35), "brown or dark skin")],
)
def test_skin_is_sorted_by_its_typology_angle(skin, group):
    pair = person((20, 20, 200), (240, 240, 240), skin)
    assert skin_group(pair.photo, pair.labels == 1) == group


def test_lighter_skin_has_the_larger_angle():
    shades = [(240, 215, 200), (205, 160, 130), (150, 100, 75), (70, 45, 35)]
    angles = [typology_angle(np.array([shade] * 5, np.uint8)) for shade in shades]
    assert angles == sorted(angles, reverse=True)


def test_too_little_skin_is_not_judged():
    pair = person((20, 20, 200), (240, 240, 240))
    assert skin_group(pair.photo, np.zeros((120, 80), bool)) is None


@pytest.mark.parametrize(
    ("cloth", "ground", "groups"),
    [
        ((20, 20, 60), (50, 30, 10), ["dark clothes on dark ground"]),
        ((200, 60, 60), (195, 70, 60), ["clothes of the ground's colour"]),
        ((20, 20, 25), (24, 24, 24), ["dark clothes on dark ground", "clothes of the ground's colour"]),
        ((20, 20, 200), (240, 240, 240), []),
    ],
)
def test_cloth_is_compared_with_the_ground_around_it(cloth, ground, groups):
    pair = person(cloth, ground)
    assert [name for name in groups if name not in ground_groups(pair.photo, pair.labels)] == []
    assert len(ground_groups(pair.photo, pair.labels)) == len(groups)


def test_two_photos_stand_side_by_side_at_one_height():
    first, second = person((1, 2, 3), (9, 9, 9)), person((1, 2, 3), (9, 9, 9))
    both = side_by_side(first, Pair("q", second.photo[:60], second.labels[:60]))
    assert both.photo.shape == (120, 240, 3)
    assert both.labels.shape == (120, 240)


def test_each_group_has_its_own_figures(tmp_path):
    (tmp_path / "ccp" / "labels").mkdir(parents=True)
    (tmp_path / "ccp" / "label_names.json").write_text(json.dumps(["null", "skin", "top"]))
    pairs = []
    for name, skin in (("a", (240, 215, 200)), ("b", (70, 45, 35))):
        pair = person((20, 20, 200), (240, 240, 240), skin)
        Image.fromarray(pair.labels).save(tmp_path / "ccp" / "labels" / f"{name}.png")
        pairs.append(Pair(name, pair.photo, pair.labels))

    def blind_to_dark_skin(photo):
        return np.zeros(photo.shape[:2], np.uint8) if photo[20, 40, 0] < 100 else pairs[0].labels[:, : photo.shape[1]]

    figures = evaluate_groups(
        lambda p: blind_to_dark_skin(p) if p.shape[1] == 80 else np.zeros(p.shape[:2], np.uint8), pairs, tmp_path
    )
    assert figures["light skin"] == {"photos": 1, "clothing_iou": 1.0, "mean_iou": 1.0}
    assert figures["brown or dark skin"]["clothing_iou"] == 0.0
    assert figures["all"]["photos"] == 2
    assert figures["two people"] == {"photos": 1, "clothing_iou": 0.0, "mean_iou": figures["two people"]["mean_iou"]}
    assert "tan skin" not in figures
