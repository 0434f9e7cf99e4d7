"""Photos of single garments laid flat or hung, with outlines: five of each kind's eight to learn from, the others to measure on.

The photos come without masks; ``stock_outlines.json`` holds outlines of some, drawn by GrabCut and looked at one by one.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ml.garments.config import CLASSES
from ml.garments.data import Pair
from ml.images import read_picture, resize_labels, resize_smooth

OUTLINES = Path(__file__).with_name("stock_outlines.json")
TRAINING_COUNT = 5  # of each folder's photos, sorted by name

# The folders of single garments and what they hold.
STOCK_CLASSES = {
    "dress": "dress",
    "hat": "accessory",
    "longsleeve": "top",
    "outwear": "outerwear",
    "pants": "bottom",
    "shirt": "top",
    "shoes": "shoes",
    "shorts": "bottom",
    "skirt": "skirt",
    "t-shirt": "top",
}


def stock_paths(data: Path, folder: str, training: bool) -> list[Path]:
    """The photos of one folder that may be learned from, or those that are only measured."""
    paths = sorted((data / "stock" / folder).glob("*.jpg"))
    return paths[:TRAINING_COUNT] if training else paths[TRAINING_COUNT:]


def stock_mask(path: Path, shape: tuple[int, ...]) -> npt.NDArray[np.bool_] | None:
    """The garment in a photo of this (height, width), bool (H, W), or None where nobody drew its outline."""
    outline = _outlines().get(f"{path.parent.name}/{path.stem}")
    return None if outline is None else _filled(outline, shape)


def read_stock_pairs(data: Path, side: int) -> list[Pair]:
    """The training photos that have an outline, with their class inside it, no side longer than ``side``."""
    pairs = []
    for folder, name in STOCK_CLASSES.items():
        for path in stock_paths(data, folder, training=True):
            photo = read_picture(path)
            mask = stock_mask(path, photo.shape)
            if mask is None:
                continue
            labels = mask.astype(np.uint8) * np.uint8(CLASSES.index(name))
            scale = min(1.0, side / max(labels.shape))
            width, height = round(labels.shape[1] * scale), round(labels.shape[0] * scale)
            small = resize_smooth(photo, width, height), resize_labels(labels, width, height)
            pairs.append(Pair(f"{folder}/{path.stem}", *small))
    return pairs


def _outlines() -> dict[str, list[list[float]]]:
    found: dict[str, list[list[float]]] = json.loads(OUTLINES.read_text())
    return found


def _filled(outline: list[list[float]], shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """The inside of an outline in shares of width and height, as bool (H, W)."""
    import cv2

    points = np.round(np.array(outline) * [shape[1], shape[0]] - 0.5).astype(np.int32)
    mask = np.zeros(shape[:2], dtype=np.uint8)
    cv2.fillPoly(mask, [points], 1)
    return mask.astype(bool)
