"""What a freshly trained generator is worth: the figures of :mod:`ml.textiles.evaluate` for one category, however few its swatches.

Other categories' pictures, against which it must be told apart, are real swatches where there are some and else fabrics drawn by their
generators: the caller decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ml.errors import PictureError
from ml.images import Bytes, read_picture, resize_smooth
from ml.textiles.classifier import classify, train_classifier
from ml.textiles.data import kept_aside
from ml.textiles.evaluate import SIDE, shift_error
from ml.textiles.generate import FabricGenerator
from ml.textiles.metrics import mean_pairwise_distance, nearest_distance, sliced_wasserstein
from ml.textiles.recipe import Recipe

FEWEST = 12  # swatches, below which figures beside real cloth mean nothing
BATCH = 16


def read_squares(paths: Sequence[Path]) -> Bytes:
    """uint8 (count, 128, 128, 3). Raises PictureError."""
    return np.stack([resize_smooth(read_picture(path), SIDE, SIDE) for path in paths])


def draw_fabrics(generator: FabricGenerator, number: int) -> Bytes:
    """Seeds from 0 on, uncurated, uint8 (number, 128, 128, 3)."""
    seeds = range(number)
    parts = [
        generator.draw_many([Recipe(seed) for seed in seeds[i : i + BATCH]], SIDE) for i in range(0, number, BATCH)
    ]
    return np.concatenate(parts)


def appraise(
    generator: FabricGenerator,
    real: Bytes,
    others: Mapping[str, Bytes],
    *,
    number: int = 96,
    steps: int = 300,
    tell: Callable[[str, float], None] = lambda stage, done: None,
) -> dict[str, Any]:
    """Figures by name; those that need more swatches or other categories than there are, are left out.

    ``real``: this category's swatches, ``others``: pictures of other categories, all uint8 (N, 128, 128, 3). ``steps`` of the
    classifier. ``copies``: the share of fabrics that lie closer to a training swatch than half of what a swatch it never saw usually does;
    ``copies_real``: the share of such swatches that do, for simple cloth resembles simple cloth.
    """
    if not len(real):
        raise PictureError("There are no swatches to measure the fabrics beside.")
    tell("Drawing fabrics", 0.0)
    fabrics = draw_fabrics(generator, number)
    tell("Measuring that no seam shows", 0.2)
    found: dict[str, Any] = {"swatches": len(real), "number": number, "shift": shift_error(generator)}
    tell("Measuring how varied they are", 0.35)
    found |= {
        "spread": round(mean_pairwise_distance(fabrics), 1),
        "spread_real": round(mean_pairwise_distance(real), 1),
    }
    if len(real) < FEWEST:
        return found
    half = min(len(real) // 2, number)
    found["swd"] = round(sliced_wasserstein(fabrics[:half], real[:half]), 1)
    found["swd_real"] = round(sliced_wasserstein(real[1::2][:half], real[::2][:half]), 1)
    tell("Looking for copies of swatches", 0.5)
    aside = kept_aside(len(real))
    training, unseen = real[~aside], real[aside]
    nearest = nearest_distance(fabrics, training)[0]
    apart = nearest_distance(unseen, training)[0]
    usual = float(np.median(apart))
    found |= {"nearest": round(float(nearest.min()), 1), "nearest_real": round(usual, 1)}
    found["copies"] = round(float((nearest < usual / 2).mean()), 3)
    found["copies_real"] = round(float((apart < usual / 2).mean()), 3)
    if others:
        tell("Asking a judge whether it is recognised", 0.65)
        found |= _recognised(fabrics, training, unseen, others, steps)
    return found


def _recognised(
    fabrics: Bytes, training: Bytes, unseen: Bytes, others: Mapping[str, Bytes], steps: int
) -> dict[str, Any]:
    """Whether a classifier that learned from real swatches tells the fabrics for what they are. Class 0 is this category."""
    names = sorted(others)
    share = max(len(training), *(len(each) for each in others.values()))
    sets = [_filled(each, share) for each in (training, *(others[name] for name in names))]
    pictures = np.concatenate(sets)
    labels = np.concatenate([np.full(len(each), i) for i, each in enumerate(sets)])
    epochs = max(1, round(steps / max(1, len(pictures) // 32)))
    judge = train_classifier(pictures, labels, epochs=epochs, progress=False)
    seen = classify(judge, fabrics)
    return {
        "categories": len(sets),
        "recognised": round(float((seen == 0).mean()), 3),
        "recognised_real": round(float((classify(judge, unseen) == 0).mean()), 3),
    }


def _filled(pictures: Bytes, count: int) -> Bytes:
    """The same pictures over and over until there are ``count``, and at least a batch: every category weighs alike."""
    count = max(count, 32)
    return np.concatenate([pictures] * -(-count // len(pictures)))[:count]
