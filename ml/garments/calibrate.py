"""Make confidence mean something: fit it, and the lines between found, unsure and none, on the tuning photos."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.garments.config import Settings
from ml.garments.data import Pair, TrainingPictures, crop_pair, read_pairs, read_swatches, split_ids, upper_body_box
from ml.garments.metrics import mask_iou
from ml.garments.regions import clean_labels
from ml.garments.segment import Calibration, GarmentSegmenter, measure_regions
from ml.images import Bytes, resize_labels

RIGHT_IOU = 0.5  # a region counts as right when it overlaps the true garment of that class this well
_EMPTY_PICTURES = 40
_DOUBT_PRECISION = 0.9  # so often must "unsure" or "none" be right where there is a garment
_TUNING_FLATS = 3  # flat-laid composites for each tuning photo
_CLOTH_PRECISION = 0.95  # so many of the regions listed in spite of a doubtful name must be cloth
_COLUMNS, _RIGHT, _IS_CLOTH = 5, 3, 4

Rows = npt.NDArray[np.float64]


def calibrate(segmenter: GarmentSegmenter, data: Path) -> tuple[Calibration, dict[str, Any]]:
    """Fit the confidence on the tuning photos; returns it with how reliable it is on tuning and validation photos."""
    split = split_ids(data)
    tuning = _rows(segmenter, held_out_pictures(data, split.tuning, seed=1, flats=_TUNING_FLATS))
    calibration = _with_lines(_fit(tuning), tuning)
    checked = _rows(segmenter, held_out_pictures(data, split.validation, seed=2))
    return calibration, {
        "tuning": reliability(calibration, tuning),
        "validation": reliability(calibration, checked),
    }


def held_out_pictures(data: Path, names: list[str], seed: int, flats: int = 1) -> Iterator[Pair]:
    """Whole photos, upper bodies, flat-laid composites of the same photos, and pictures without any garment."""
    pairs = read_pairs(data, names, 640)
    for pair in pairs:
        yield pair
        yield crop_pair(pair, upper_body_box(pair.labels))
    yield from flat_pictures(data, pairs, flats * len(pairs), seed)
    yield from empty_pictures(data, pairs, _EMPTY_PICTURES, seed)


def flat_pictures(data: Path, pairs: list[Pair], count: int, seed: int) -> Iterator[Pair]:
    """Flat-laid garments composed from these photos only, with swatches that training never saw."""
    pictures = TrainingPictures(
        pairs, Settings(seed=seed + 1000, flat_share=1.0, empty_share=0.0), unseen_swatches(data)
    )
    for number in range(count):
        photo, labels = pictures.draw(number, 384, 576)
        yield Pair(f"flat-{number}", photo, labels)


def empty_pictures(data: Path, pairs: list[Pair], count: int, seed: int) -> Iterator[Pair]:
    """Grounds and streets without a garment."""
    pictures = TrainingPictures(
        pairs, Settings(seed=seed + 2000, flat_share=0.0, empty_share=1.0), unseen_swatches(data)
    )
    for number in range(count):
        photo, labels = pictures.draw(number, 384, 576)
        yield Pair(f"empty-{number}", photo, labels)


def unseen_swatches(data: Path, seen: int = 30, count: int = 5) -> list[Bytes]:
    """Swatches beyond the ``seen`` first of each category, which are the ones training uses."""
    return read_swatches(data, count, seen)


def _rows(segmenter: GarmentSegmenter, pictures: Iterator[Pair]) -> list[Rows]:
    """For each picture, a row for each region found: probability, share, cloth, 1 if right, 1 if it is cloth at all."""
    rows = []
    for pair in pictures:
        probabilities = segmenter.probabilities(pair.photo)
        labels = clean_labels(probabilities, segmenter.steps)
        truth = resize_labels(pair.labels, labels.shape[1], labels.shape[0])
        measured = measure_regions(probabilities, labels)
        found = [
            (
                r.probability,
                r.share,
                r.cloth,
                _right(truth == r.index, labels == r.index),
                _cloth(truth, labels == r.index),
            )
            for r in measured
        ]
        rows.append(np.array(found, dtype=np.float64).reshape(-1, _COLUMNS))
    return rows


def _right(truth: npt.NDArray[np.bool_], found: npt.NDArray[np.bool_]) -> bool:
    return mask_iou(truth, found) >= RIGHT_IOU


def _cloth(truth: Bytes, found: npt.NDArray[np.bool_]) -> bool:
    """Is most of the region a garment, whatever its name?"""
    return bool((truth[found] > 1).mean() >= RIGHT_IOU)


def _features(rows: Rows) -> Rows:
    held = np.clip(rows[:, 0], 1e-3, 1 - 1e-3)
    return np.stack([np.ones(len(rows)), np.log(held / (1 - held)), np.log10(np.maximum(rows[:, 1], 1e-4))], axis=1)


def _fit(pictures: list[Rows], rounds: int = 30, ridge: float = 1.0) -> Calibration:
    """Logistic regression by Newton's method, lightly held towards zero slopes."""
    rows = np.concatenate(pictures)
    features, right = _features(rows), rows[:, _RIGHT]
    weights = np.zeros(3)
    hold = np.diag([1e-6, ridge, ridge])
    for _ in range(rounds):
        chance = 1 / (1 + np.exp(-features @ weights))
        slope = features.T @ (right - chance) - hold @ weights
        curve = (features * (chance * (1 - chance))[:, None]).T @ features + hold
        weights = weights + np.linalg.solve(curve, slope)
    bias, per_logit, per_decade = (round(float(weight), 4) for weight in weights)
    return Calibration(bias, per_logit, per_decade)


def _with_lines(fitted: Calibration, pictures: list[Rows]) -> Calibration:
    """Choose where "found" begins: the highest level below which no region is right in nine of ten pictures.

    A wrong "unsure" sends people away from a mask that would have done; a wrong "found" they see and can mend.
    """
    best, good = _best_and_right(fitted, pictures)
    cloth = np.array([bool(rows[:, _IS_CLOTH].any()) for rows in pictures])
    levels = np.arange(0.1, 0.71, 0.02)
    doubts = [cloth & (best < level) for level in levels]
    kept = [
        level
        for level, doubt in zip(levels, doubts, strict=True)
        if good[doubt].sum() <= (1 - _DOUBT_PRECISION) * doubt.sum()
    ]
    sure = round(float(max(kept, default=levels[0])), 2)
    return replace(fitted, sure=sure, worth_showing=round(sure / 2, 2), cloth=_cloth_line(np.concatenate(pictures)))


def _best_and_right(calibration: Calibration, pictures: list[Rows]) -> tuple[Rows, npt.NDArray[np.bool_]]:
    """For each picture: the confidence of its surest region, and whether any region is right."""
    best = [max((calibration.confidence(p, share) for p, share, *_ in rows), default=0.0) for rows in pictures]
    return np.array(best), np.array([bool(rows[:, _RIGHT].any()) for rows in pictures])


def _cloth_line(rows: Rows) -> float:
    """The lowest level above which nearly all regions are cloth."""
    for level in np.arange(0.5, 1.0, 0.01):
        above = rows[rows[:, 2] >= level, _IS_CLOTH]
        if len(above) and above.mean() >= _CLOTH_PRECISION:
            return round(float(level), 2)
    return 1.0


def reliability(calibration: Calibration, pictures: list[Rows]) -> dict[str, Any]:
    """How far confidence can be believed: its calibration error over regions, and how often each outcome is right.

    "found" is right when some region is right; "unsure" and "none" are right when no region is.
    """
    rows = np.concatenate(pictures)
    confidence = np.array([calibration.confidence(p, share) for p, share, *_ in rows])
    bins = np.minimum((confidence * 10).astype(int), 9)
    gaps = [
        abs(confidence[bins == b].mean() - rows[bins == b, _RIGHT].mean()) * (bins == b).sum() for b in np.unique(bins)
    ]
    best, good = _best_and_right(calibration, pictures)
    sure_cloth = np.array([bool((rows[:, 2] >= calibration.cloth).any()) for rows in pictures])
    listed = (best >= calibration.worth_showing) | sure_cloth
    outcomes = np.where(best >= calibration.sure, "found", np.where(listed, "unsure", "none"))
    table = {}
    for outcome in ("found", "unsure", "none"):
        hits = good[outcomes == outcome] == (outcome == "found")
        table[outcome] = {"pictures": len(hits), "right": round(float(hits.mean()), 4) if len(hits) else None}
    return {"calibration_error": round(float(np.sum(gaps) / len(rows)), 4), "regions": len(rows), "outcomes": table}
