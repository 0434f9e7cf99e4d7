import numpy as np
import pytest

from ml.garments.metrics import class_iou, clothing_iou, confusion, mask_iou, mean_iou, pixel_accuracy, scores_of

TRUTH = np.array([[0, 0, 2, 2], [0, 1, 2, 2]], dtype=np.uint8)
FOUND = np.array([[0, 0, 2, 3], [0, 2, 2, 2]], dtype=np.uint8)


def test_figures_of_a_mask_counted_by_hand():
    table = confusion(TRUTH, FOUND)
    per_class = class_iou(table)
    assert per_class["background"] == 1.0
    assert per_class["body"] == 0.0
    assert per_class["top"] == pytest.approx(3 / 5)
    assert per_class["outerwear"] == 0.0
    assert per_class["dress"] is None
    assert mean_iou(table) == pytest.approx((1 + 0 + 0.6 + 0) / 4)
    assert pixel_accuracy(table) == pytest.approx(6 / 8)


def test_clothing_does_not_care_which_garment():
    assert clothing_iou(confusion(TRUTH, FOUND)) == pytest.approx(4 / 5)


def test_a_perfect_mask_scores_one():
    scores = scores_of(confusion(TRUTH, TRUTH))
    assert scores["mean_iou"] == scores["clothing_iou"] == scores["pixel_accuracy"] == 1.0


def test_masks_of_different_shape_are_refused():
    with pytest.raises(ValueError, match="shape"):
        confusion(TRUTH, FOUND[:1])


def test_two_empty_masks_have_no_overlap():
    assert mask_iou(np.zeros((2, 2), bool), np.zeros((2, 2), bool)) == 0.0
