"""Real swatches for training: read once, shrunk to a few sizes, cropped and shuffled by step number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from ml.errors import PictureError
from ml.images import Bytes, read_picture, resize_smooth

CROP = 64


def swatch_paths(root: Path, category: str) -> list[Path]:
    """The category's swatches in a fixed order. Raises PictureError when there are none."""
    paths = sorted(p for p in (root / category).glob("*") if p.suffix.lower() in {".jpg", ".jpeg", ".png"})
    if not paths:
        raise PictureError(f"There are no swatches in {root / category}; put JPEG or PNG files there.")
    return paths


def turn_at_random(crop: Bytes, rng: np.random.Generator) -> Bytes:
    """A square crop, uint8 (S, S, 3), flipped and transposed: one of its eight symmetries."""
    if rng.random() < 0.5:
        crop = crop[::-1]
    if rng.random() < 0.5:
        crop = crop[:, ::-1]
    if rng.random() < 0.5:
        crop = crop.transpose(1, 0, 2)
    return crop


def kept_aside(count: int) -> npt.NDArray[np.bool_]:
    """bool (count,): the swatches of a category that judge only and are never learned from by a classifier: every sixth."""
    aside: npt.NDArray[np.bool_] = np.arange(count) % 6 == 5
    return aside


class Swatches:
    """Swatches of some categories in memory, at several sizes: uint8 (count, size, size, 3) each.

    ``labels``: int64 (count,), each swatch's place in ``categories``. Without ``aside``, those kept aside are left out.
    """

    def __init__(self, root: Path, categories: tuple[str, ...], sizes: tuple[int, ...], aside: bool = True) -> None:
        paths, labels = [], []
        for label, category in enumerate(categories):
            found = swatch_paths(root, category)
            chosen = [path for path, out in zip(found, kept_aside(len(found)), strict=True) if aside or not out]
            paths += chosen
            labels += [label] * len(chosen)
        self.labels = np.array(labels, dtype=np.int64)
        self.sizes = sizes
        self._by_size: dict[int, Bytes] = {size: np.empty((len(paths), size, size, 3), np.uint8) for size in sizes}
        for index, path in enumerate(paths):
            picture = read_picture(path)
            for size in sizes:
                self._by_size[size][index] = resize_smooth(picture, size, size)
        self.count = len(paths)

    def batch(self, number: int, seed: int, step: int, colour_shuffle: float) -> npt.NDArray[np.float32]:
        """A training batch, float32 (number, 3, 64, 64) in [0, 1]; the same for the same seed and step.

        Each is a crop of a swatch at a random size, flipped, transposed and sometimes with its colour channels permuted.
        """
        return self._draw(np.random.default_rng([seed, step]), number, colour_shuffle)[0]

    def labelled_batch(
        self, number: int, seed: int, step: int
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """The same with colours always permuted, and which swatch each crop comes from."""
        return self._draw(np.random.default_rng([seed, step, 3]), number, 1.0)

    def _draw(
        self, rng: np.random.Generator, number: int, colour_shuffle: float
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        crops = np.empty((number, CROP, CROP, 3), np.uint8)
        chosen = np.empty(number, np.int64)
        for slot in range(number):
            size = self.sizes[rng.integers(len(self.sizes))]
            top, left = rng.integers(size - CROP + 1, size=2)
            chosen[slot] = rng.integers(self.count)
            crop = self._by_size[size][chosen[slot], top : top + CROP, left : left + CROP]
            crop = turn_at_random(crop, rng)
            if rng.random() < colour_shuffle:
                crop = crop[..., rng.permutation(3)]
            crops[slot] = crop
        return np.ascontiguousarray(crops.transpose(0, 3, 1, 2)).astype(np.float32) / np.float32(255), chosen
