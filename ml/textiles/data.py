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


class Swatches:
    """Swatches of some categories in memory, at several sizes: uint8 (count, size, size, 3) each."""

    def __init__(self, root: Path, categories: tuple[str, ...], sizes: tuple[int, ...]) -> None:
        paths = [path for category in categories for path in swatch_paths(root, category)]
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
        rng = np.random.default_rng([seed, step])
        crops = np.empty((number, CROP, CROP, 3), np.uint8)
        for slot in range(number):
            size = self.sizes[rng.integers(len(self.sizes))]
            top, left = rng.integers(size - CROP + 1, size=2)
            crop = self._by_size[size][rng.integers(self.count), top : top + CROP, left : left + CROP]
            crop = turn_at_random(crop, rng)
            if rng.random() < colour_shuffle:
                crop = crop[..., rng.permutation(3)]
            crops[slot] = crop
        return np.ascontiguousarray(crops.transpose(0, 3, 1, 2)).astype(np.float32) / np.float32(255)
