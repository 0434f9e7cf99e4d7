"""Figures of merit of generated fabrics, none of which needs a pretrained network."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ml.images import Bytes, Floats, resize_smooth

PATCH = 7
SMALLEST_LEVEL = 16


def shrink_all(pictures: Bytes, size: int) -> Bytes:
    """uint8 (N, H, W, 3) → uint8 (N, size, size, 3)."""
    return np.stack([resize_smooth(picture, size, size) for picture in pictures])


def mean_pairwise_distance(pictures: Bytes, pairs: int = 2000, seed: int = 0) -> float:
    """Mean over random pairs of the root mean square difference at 64 px, in units of 1/255; how varied a set is."""
    small = shrink_all(pictures, 64).astype(np.float32)
    rng = np.random.default_rng(seed)
    first, second = rng.integers(len(small), size=(2, pairs))
    apart = first != second
    difference = small[first[apart]] - small[second[apart]]
    return float(np.sqrt(np.square(difference).mean((1, 2, 3))).mean())


def nearest_distance(pictures: Bytes, bank: Bytes) -> tuple[Floats, npt.NDArray[np.int64]]:
    """For each picture the distance to, and index of, its nearest in ``bank``, over 16 cyclic shifts, at 32 px.

    Distances in units of 1/255, root mean square after taking away each picture's mean colour.
    """
    mine, theirs = (shrink_all(each, 32).astype(np.float32) for each in (pictures, bank))
    mine -= mine.mean((1, 2), keepdims=True)
    theirs -= theirs.mean((1, 2), keepdims=True)
    flat = theirs.reshape(len(theirs), -1)
    best = np.full(len(mine), np.inf, np.float32)
    which = np.zeros(len(mine), np.int64)
    for down in range(0, 32, 8):
        for right in range(0, 32, 8):
            moved = np.roll(mine, (down, right), (1, 2)).reshape(len(mine), -1)
            squared = (moved**2).sum(1)[:, None] + (flat**2).sum(1)[None] - 2 * moved @ flat.T
            found = squared.argmin(1)
            distance = np.sqrt(np.maximum(squared[np.arange(len(mine)), found], 0) / flat.shape[1])
            closer = distance < best
            best[closer], which[closer] = distance[closer], found[closer]
    return best, which


def sliced_wasserstein(first: Bytes, second: Bytes, *, seed: int = 0, directions: int = 128) -> float:
    """Sliced Wasserstein distance of 7x7 patches, mean over the levels of a Laplacian pyramid down to 16 px, times 1000.

    Both uint8 (N, S, S, 3) with the same N and S. After Karras et al. 2018 (Progressive Growing of GANs).
    """
    rng = np.random.default_rng(seed)
    distances = []
    for one, other in zip(_laplacian_levels(first), _laplacian_levels(second), strict=True):
        mine, theirs = (_patches(level, np.random.default_rng(seed + 1)) for level in (one, other))
        sides = rng.standard_normal((mine.shape[1], directions)).astype(np.float32)
        sides /= np.linalg.norm(sides, axis=0)
        distances.append(np.abs(np.sort(mine @ sides, 0) - np.sort(theirs @ sides, 0)).mean())
    return float(np.mean(distances) * 1000)


def _laplacian_levels(pictures: Bytes) -> list[Floats]:
    import cv2

    levels, current = [], pictures.astype(np.float32) / np.float32(255)
    while current.shape[1] > SMALLEST_LEVEL:
        smaller = np.stack([cv2.pyrDown(picture) for picture in current])
        levels.append(current - np.stack([cv2.pyrUp(picture) for picture in smaller]))
        current = smaller
    return [*levels, current]


def _patches(level: Floats, rng: np.random.Generator, each: int = 64) -> Floats:
    """Random 7x7 patches (N * each, 147), each channel of unit spread over the set."""
    height = level.shape[1] - PATCH + 1
    tops, lefts = rng.integers(height, size=(2, len(level), each))
    windows = np.lib.stride_tricks.sliding_window_view(level, (PATCH, PATCH), axis=(1, 2))
    index = np.arange(len(level))[:, None]
    patches = windows[index, tops, lefts].reshape(-1, 3, PATCH, PATCH)
    patches = (patches - patches.mean((0, 2, 3), keepdims=True)) / (patches.std((0, 2, 3), keepdims=True) + 1e-6)
    flat: Floats = patches.reshape(len(patches), -1).astype(np.float32)
    return flat
