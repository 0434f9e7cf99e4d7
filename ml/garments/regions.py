"""From probabilities to whole garments: one class per region by vote, islands dropped, holes filled. NumPy in and out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml.garments.config import CLASSES
from ml.images import Bytes, Floats

# Garments that are taken for one another; shoes and accessories keep to themselves.
_VOTING = tuple(range(2, 7))
_BACKGROUND, _BODY = 0, 1


@dataclass(frozen=True)
class Steps:
    """Which steps run after the net. Shares are of the picture or of the garment, as named; all can be measured alone."""

    flip: bool = True
    vote: bool = True
    drop_islands: bool = True
    fill_holes: bool = True
    vote_cost: float = 0.05
    unworn_body: float = 0.02
    island_share: float = 0.0006
    island_of_largest: float = 0.06
    hole_share: float = 0.03


def clean_labels(probabilities: Floats, steps: Steps) -> Bytes:
    """float32 probabilities (9, H, W) → uint8 classes (H, W), cleaned by the steps that are switched on."""
    labels: Bytes = probabilities.argmax(axis=0).astype(np.uint8)
    if steps.vote:
        if is_unworn(labels, steps.unworn_body):
            labels = unite_regions(labels, probabilities)
        else:
            labels = vote_regions(labels, probabilities, steps.vote_cost)
    if steps.drop_islands:
        labels = drop_islands(labels, steps.island_share, steps.island_of_largest)
    if steps.fill_holes:
        labels = fill_holes(labels, steps.hole_share)
    return labels


def is_unworn(labels: Bytes, body: float) -> bool:
    """Does the photo show clothes that nobody wears: is there less body than this share of the cloth?"""
    return bool((labels == _BODY).sum() < body * (labels > _BODY).sum())


def unite_regions(labels: Bytes, probabilities: Floats) -> Bytes:
    """One class for each connected piece of cloth, the one with the most probability in it: for clothes nobody wears."""
    import cv2

    labels = labels.copy()
    count, regions = cv2.connectedComponents((labels > _BODY).astype(np.uint8), connectivity=4)
    for region in range(1, count):
        inside = regions == region
        labels[inside] = 2 + int(probabilities[2:, inside].sum(axis=1).argmax())
    return labels


def vote_regions(labels: Bytes, probabilities: Floats, cost: float) -> Bytes:
    """Give up a class within a connected garment region where the others explain its pixels nearly as well.

    Each class present costs ``cost`` nats for every pixel of its region (label costs, after Delong et al. 2012); the
    weakest goes first. A dress with a patch of "top" becomes a dress; a clear top over clear trousers stays as it is.
    """
    import cv2

    labels = labels.copy()
    worn = np.isin(labels, _VOTING).astype(np.uint8)
    count, regions = cv2.connectedComponents(worn, connectivity=4)
    logs = np.log(np.clip(probabilities[list(_VOTING)], 1e-4, 1.0))
    for region in range(1, count):
        inside = regions == region
        labels[inside] = _vote(labels[inside], logs[:, inside], cost * float(inside.sum()))
    return labels


def _vote(labels: Bytes, logs: Floats, allowed: float) -> Bytes:
    """Classes (pixels,) of one region, the weakest removed while that costs less than ``allowed`` nats."""
    present = [int(value) for value in np.unique(labels)]
    while len(present) > 1:
        rows = {value: logs[value - _VOTING[0]] for value in present}
        prices = {}
        for value in present:
            members = labels == value
            others = np.max([rows[other][members] for other in present if other != value], axis=0)
            prices[value] = float((rows[value][members] - others).sum())
        weakest = min(prices, key=lambda value: prices[value])
        if prices[weakest] > allowed:
            break
        present.remove(weakest)
        members = labels == weakest
        best = np.argmax([rows[other][members] for other in present], axis=0)
        labels[members] = np.array(present, dtype=np.uint8)[best]
    return labels


def drop_islands(labels: Bytes, share: float, of_largest: float = 0.0) -> Bytes:
    """Connected pieces smaller than ``share`` of the picture take the class most common around them.

    So do pieces of a garment (shoes and accessories excepted) below ``of_largest`` of its largest piece.
    """
    import cv2

    labels = labels.copy()
    least = share * labels.size
    for value in np.unique(labels):
        if value == _BACKGROUND:
            continue
        count, pieces, stats, _ = cv2.connectedComponentsWithStats((labels == value).astype(np.uint8), connectivity=8)
        largest = int(stats[1:, cv2.CC_STAT_AREA].max(initial=0)) if value in _VOTING else 0
        for piece in range(1, count):
            if stats[piece, cv2.CC_STAT_AREA] < max(least, of_largest * largest):
                _take_neighbour(labels, pieces, piece, stats[piece])
    return labels


def fill_holes(labels: Bytes, share: float) -> Bytes:
    """Background or body enclosed by one garment becomes that garment when smaller than ``share`` of it.

    Larger holes stay: the gap between arm and body, a hand in front of a coat.
    """
    import cv2

    labels = labels.copy()
    areas = np.bincount(labels.ravel(), minlength=len(CLASSES))
    for ground in (_BACKGROUND, _BODY):
        count, pieces, stats, _ = cv2.connectedComponentsWithStats((labels == ground).astype(np.uint8), connectivity=4)
        for piece in range(1, count):
            around = _classes_around(labels, pieces, piece, stats[piece])
            owner = int(around[0]) if len(around) and (around == around[0]).all() else 0
            whole = _touches_edge(stats[piece], labels.shape)
            if owner >= 2 and not whole and stats[piece, cv2.CC_STAT_AREA] < share * areas[owner]:
                labels[pieces == piece] = owner
    return labels


def _take_neighbour(labels: Bytes, pieces: npt.NDArray[np.int32], piece: int, stats: npt.NDArray[np.int32]) -> None:
    around = _classes_around(labels, pieces, piece, stats)
    labels[pieces == piece] = np.bincount(around).argmax() if len(around) else _BACKGROUND


def _classes_around(
    labels: Bytes, pieces: npt.NDArray[np.int32], piece: int, stats: npt.NDArray[np.int32]
) -> npt.NDArray[np.uint8]:
    """The classes of the pixels that touch a piece."""
    import cv2

    left, top, wide, tall = (int(value) for value in stats[:4])
    window = (slice(max(top - 1, 0), top + tall + 1), slice(max(left - 1, 0), left + wide + 1))
    here = (pieces[window] == piece).astype(np.uint8)
    ring = cv2.dilate(here, np.ones((3, 3), np.uint8)).astype(bool) & (here == 0)
    around: Bytes = labels[window][ring]
    return around


def _touches_edge(stats: npt.NDArray[np.int32], shape: tuple[int, ...]) -> bool:
    left, top, wide, tall = (int(value) for value in stats[:4])
    return left == 0 or top == 0 or left + wide == shape[1] or top + tall == shape[0]


def grow_labels(labels: Bytes, width: int, height: int) -> Bytes:
    """Resize classes, uint8 (h, w) → (height, width), with smooth borders instead of stairs.

    Each class present is grown as a soft mask and the strongest wins; one class at a time, to stay small in memory.
    """
    import cv2

    best = np.zeros((height, width), dtype=np.uint8)
    grown = np.zeros((height, width), dtype=np.uint8)
    for value in np.unique(labels):
        mask = cv2.GaussianBlur((labels == value).astype(np.uint8) * 255, (3, 3), 0)
        soft = cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR)
        stronger = np.asarray(cv2.compare(soft, best, cv2.CMP_GT), dtype=np.uint8)
        cv2.copyTo(soft, stronger, best)
        grown &= ~stronger
        stronger &= np.uint8(value)
        grown |= stronger
    return grown
