"""How many people a photo shows, from the classes alone: separate figures of skin and clothes, side by side.

No face is looked for. People who touch count as one; a figure without skin at its top is a thing, not a person.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.garments.config import CLASSES
from ml.images import Bytes, resize_labels

MOST_PEOPLE = 6
_WORKING_SIDE = 256
_BODY, _SHOES = CLASSES.index("body"), CLASSES.index("shoes")
_OF_LARGEST, _OF_PICTURE, _PIECE = 0.18, 0.012, 0.003  # a figure, and a piece of one, cover at least so much
_SKIN, _CLOTH = 0.015, 0.2  # shares of a figure: skin and hair at its top, clothes
_HEAD = 0.3  # of a figure's height, where skin and hair are looked for
_STACKED = 0.5  # pieces whose columns overlap by so much of the narrower one are parts of one figure


@dataclass(frozen=True)
class Figure:
    """One person: where, as rows and columns of the working picture, and how large."""

    mask: Bytes
    left: int
    right: int
    area: int


def people_areas(labels: Bytes) -> tuple[Bytes, int]:
    """Classes uint8 (h, w) → whose each pixel is, uint8 (h, w) from 1, left to right, and how many people there are.

    Every pixel belongs to the nearest person, so that what is added to a mask later has somebody to belong to. One
    person, or none seen: all is 1 and the number is 1 or 0.
    """
    import cv2

    height, width = labels.shape
    scale = min(1.0, _WORKING_SIDE / max(height, width))
    small = resize_labels(labels, max(round(width * scale), 1), max(round(height * scale), 1))
    figures = _figures(small)
    if len(figures) < 2:
        return np.ones_like(labels), len(figures)
    far = [cv2.distanceTransform(1 - figure.mask, cv2.DIST_L2, 3) for figure in figures]
    nearest = (np.argmin(far, axis=0) + 1).astype(np.uint8)
    return resize_labels(nearest, width, height), len(figures)


def places(count: int) -> list[str]:
    """Words for people in a row: ``on the left``, ``in the middle``, ``on the right``, or ``second from the left``."""
    if count <= 3:
        return {0: [], 1: ["there"], 2: ["on the left", "on the right"]}.get(
            count, ["on the left", "in the middle", "on the right"]
        )
    order = ("second", "third", "fourth", "fifth")
    return ["on the left", *(f"{word} from the left" for word in order[: count - 2]), "on the right"]


def _figures(labels: Bytes) -> list[Figure]:
    figures = [figure for figure in _columns(labels) if _is_person(labels, figure)]
    largest = max((figure.area for figure in figures), default=0)
    kept = [figure for figure in figures if figure.area >= max(_OF_LARGEST * largest, _OF_PICTURE * labels.size)]
    return sorted(kept[:MOST_PEOPLE], key=lambda figure: figure.left + figure.right)


def _columns(labels: Bytes) -> list[Figure]:
    """Connected pieces, those that lie above one another joined (a scarf parts head and coat); the largest first."""
    import cv2

    worn = (labels >= _BODY).astype(np.uint8)
    apart = cv2.morphologyEx(worn, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(apart, connectivity=4)
    figures: list[Figure] = []
    for piece in sorted(range(1, len(stats)), key=lambda each: -int(stats[each, cv2.CC_STAT_AREA])):
        left, _, wide, _, area = (int(value) for value in stats[piece])
        if area < _PIECE * labels.size:
            break
        new = Figure((pieces == piece).astype(np.uint8), left, left + wide, area)
        over = next((number for number, each in enumerate(figures) if _is_stacked(each, new)), None)
        if over is None:
            figures.append(new)
        else:
            figures[over] = _joined(figures[over], new)
    return sorted(figures, key=lambda figure: -figure.area)


def _is_stacked(one: Figure, other: Figure) -> bool:
    shared = min(one.right, other.right) - max(one.left, other.left)
    return shared >= _STACKED * min(one.right - one.left, other.right - other.left)


def _joined(one: Figure, other: Figure) -> Figure:
    mask = np.maximum(one.mask, other.mask)
    return Figure(mask, min(one.left, other.left), max(one.right, other.right), one.area + other.area)


def _is_person(labels: Bytes, figure: Figure) -> bool:
    rows = np.nonzero(figure.mask.any(axis=1))[0]
    head_rows = slice(int(rows[0]), int(rows[0] + max(_HEAD * (rows[-1] - rows[0]), 1)))
    cloth = (labels > _BODY) & (labels < _SHOES) & (figure.mask > 0)
    head = int(((labels == _BODY) & (figure.mask > 0))[head_rows].sum())
    return bool(head >= _SKIN * figure.area and cloth.sum() >= _CLOTH * figure.area)
