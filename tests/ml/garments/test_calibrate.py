import numpy as np
import pytest

from ml.garments.calibrate import _cloth_line, _fit, _with_lines, reliability
from ml.garments.segment import Calibration


def pictures_with(probabilities, right):
    """One region each: probability, share, cloth, right, is cloth."""
    return [np.array([[p, 0.2, p, r, r]], dtype=np.float64) for p, r in zip(probabilities, right, strict=True)]


@pytest.fixture
def honest():
    rng = np.random.default_rng(0)
    probabilities = rng.uniform(0.05, 0.95, 400)
    return pictures_with(probabilities, rng.random(400) < probabilities)


def test_confidence_comes_to_mean_how_often_it_is_right(honest):
    fitted = _fit(honest)
    assert fitted.confidence(0.9, 0.2) == pytest.approx(0.9, abs=0.08)
    assert fitted.confidence(0.2, 0.2) == pytest.approx(0.2, abs=0.08)
    assert reliability(fitted, honest)["calibration_error"] < 0.1


def test_the_line_for_found_lies_between_wrong_and_right():
    pictures = pictures_with([0.2, 0.25, 0.3, 0.7, 0.8, 0.9] * 10, [0, 0, 0, 1, 1, 1] * 10)
    calibration = _with_lines(_fit(pictures), pictures)
    table = reliability(calibration, pictures)["outcomes"]
    assert table["found"] == {"pictures": 30, "right": 1.0}
    assert table["unsure"]["pictures"] + table["none"]["pictures"] == 30


def test_doubtful_names_are_listed_only_where_cloth_is_nearly_sure():
    rows = np.concatenate(pictures_with([0.605, 0.705, 0.8, 0.9], [0, 0, 1, 1]))
    assert _cloth_line(rows) == pytest.approx(0.71)


def test_a_picture_with_no_region_is_none():
    table = reliability(Calibration(), [np.zeros((0, 5)), np.array([[0.9, 0.3, 0.9, 1, 1]])])["outcomes"]
    assert table["none"] == {"pictures": 1, "right": 1.0}
    assert table["found"] == {"pictures": 1, "right": 1.0}
