"""Builders for the cloth tests: a net that knows a simple law, and a garment drawn as a lesson."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ml.cloth.config import PLACES as SMALL
from ml.cloth.config import STEP


class LawfulNet:
    """A canvas pixel is ``cm`` of cloth, (0, 0) in the middle; beyond ``seam``, a share of the width, are sleeves, 100 cm on."""

    def __init__(self, cm: float = 0.5, seam: float = 2.0) -> None:
        self.cm, self.seam = cm, seam
        self.seen: list[np.ndarray] = []

    def run(self, _names, feeds):
        picture = feeds["picture"]
        self.seen.append(picture)
        y, x = (np.mgrid[: SMALL[1], : SMALL[0]] + 0.5).astype(np.float32)
        u, v = (x - SMALL[0] / 2) * STEP * self.cm, (y - SMALL[1] / 2) * STEP * self.cm
        cm = np.stack([u, v, u - 100, v, u + 100, v, u, v])
        beyond = np.abs(x - SMALL[0] / 2) - (self.seam - 0.5) * SMALL[0]
        left = x < SMALL[0] / 2
        logits = np.stack([-4 * beyond, np.where(left, 4 * beyond, -9), np.where(left, -9, 4 * beyond), 0 * x - 9])
        count = len(picture)
        return [np.stack([logits] * count).astype(np.float32), np.stack([cm] * count).astype(np.float32)]


def lesson_arrays(height: int = 64, width: int = 48, views: int = 2) -> dict[str, np.ndarray]:
    """A body from u = -10 to 10 and a sleeve on either side; one pixel is a centimetre, v grows from the top."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    inside = (x >= 6) & (x < 42) & (y >= 8) & (y < 56)
    u = x - 23.5
    part = np.where(np.abs(u) < 11, 1, 2)
    u = np.where(part == 1, u, u + np.sign(u) * 40)
    seen = np.dstack([u * inside, (y - 8) * inside, part * inside, inside]).astype(np.float32)
    light = 0.3 + 0.2 * np.sin(x / 4)
    cloth = np.dstack([light * inside] * 3 + [inside]).astype(np.float16)
    return {
        "cloth": np.stack([cloth] * views),
        "map": np.stack([seen] * views),
        "names": json.dumps(["top", "body", "sleeves"]),
    }


@pytest.fixture
def lessons_folder(tmp_path):
    folder = tmp_path / "lessons"
    folder.mkdir()
    for number in range(3):
        np.savez_compressed(folder / f"{number:04d}.npz", **lesson_arrays())
    return folder
