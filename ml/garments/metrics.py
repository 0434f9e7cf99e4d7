"""How good a mask is: counts in a confusion table, and the figures read from it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ml.garments.config import CLASSES
from ml.images import Bytes

Table = npt.NDArray[np.int64]
CLOTHING = slice(2, len(CLASSES))


def confusion(truth: Bytes, found: Bytes) -> Table:
    """Pixel counts, int64 (9, 9): rows the true class, columns the class found. Both label pictures have one shape."""
    if truth.shape != found.shape:
        raise ValueError(f"The two label pictures differ in shape: {truth.shape} and {found.shape}.")
    count = len(CLASSES)
    pairs = truth.astype(np.int64).ravel() * count + found.ravel()
    return np.bincount(pairs, minlength=count * count).reshape(count, count)


def class_iou(table: Table) -> dict[str, float | None]:
    """Intersection over union of each class, 0-1; None for a class that is neither there nor found."""
    overlap = np.diag(table)
    union = table.sum(axis=0) + table.sum(axis=1) - overlap
    return {name: float(o / u) if u else None for name, o, u in zip(CLASSES, overlap, union, strict=True)}


def mean_iou(table: Table) -> float:
    """Mean of the class IoUs over the classes that occur."""
    known = [value for value in class_iou(table).values() if value is not None]
    return float(np.mean(known)) if known else 0.0


def pixel_accuracy(table: Table) -> float:
    """Share of pixels with the right class."""
    return float(np.trace(table) / max(int(table.sum()), 1))


def clothing_iou(table: Table) -> float:
    """IoU of everything worn (classes 2-8) against background and body (0-1)."""
    overlap = int(table[CLOTHING, CLOTHING].sum())
    union = int(table[CLOTHING, :].sum() + table[:, CLOTHING].sum()) - overlap
    return overlap / union if union else 0.0


def mask_iou(truth: npt.NDArray[np.bool_], found: npt.NDArray[np.bool_]) -> float:
    """IoU of two masks of one shape, bool (H, W); 0 when both are empty."""
    union = int((truth | found).sum())
    return int((truth & found).sum()) / union if union else 0.0


def scores_of(table: Table) -> dict[str, Any]:
    """All figures of a confusion table, rounded to four digits, ready for JSON."""
    per_class = {name: None if value is None else round(value, 4) for name, value in class_iou(table).items()}
    return {
        "mean_iou": round(mean_iou(table), 4),
        "clothing_iou": round(clothing_iou(table), 4),
        "pixel_accuracy": round(pixel_accuracy(table), 4),
        "class_iou": per_class,
    }
