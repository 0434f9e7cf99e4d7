"""What a generator version's encoder says of a picture of cloth: which style would draw it, and which fabrics it reminds it of.

Made by :mod:`ml.textiles.encoder`; no torch here. One ONNX file holds the net and its memory of the fabrics that it learned from.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ml.bundle import load_session
from ml.errors import ModelFileError
from ml.images import Bytes, Floats
from ml.textiles.texture import drawing

KIND, FORMAT = "textile-encoder", "1"
LOOKED_AT = 128  # pixels a side at which a photo is looked at: 16 a cell, like a tile of 8 cells
FIRST_SEED = 100_000  # of the fabrics that encoders learn from and remember
CODE_COUNTS = (
    3.0  # variances by which codes differ where the net tells much; where it tells little they hardly differ, nor count
)
LOOKS = 8  # a picture is looked at in its own colours and in so many less one others


class Encoder:
    """Reads off a picture what style the generator would need to draw it: load once, ask many, from any number of threads."""

    def __init__(self, session: Any) -> None:
        self._session = session

    @classmethod
    def load(cls, path: Path, sha256: str, weights_sha256: str, threads: int | None = None) -> Encoder:
        """Raises ModelFileError when the file is not the promised one, or belongs to other weights."""
        session = load_session(path, sha256, threads=threads)
        told = session.get_modelmeta().custom_metadata_map
        if (told.get("kind"), told.get("format")) != (KIND, FORMAT):
            raise ModelFileError(f"{path.name} is not an encoder of fabrics: choose another file.")
        if told.get("weights_sha256") != weights_sha256:
            raise ModelFileError(f"{path.name} belongs to another generator; train the encoder again.")
        return cls(session)

    def guess(self, swatch: Bytes) -> Floats:
        """The likeliest style, float32 (style,), for a picture, uint8 (128, 128, 3).

        It is the mean of all that fit what was seen, and so duller than any of them.
        """
        guessed: Floats = self._asked(swatch, "style")[0].mean(0)
        return guessed

    def recall(self, swatch: Bytes, count: int) -> list[int]:
        """Seeds of the remembered fabrics that are most like a picture, uint8 (128, 128, 3), the most alike first.

        Those that the net takes for the same, and whose contrast has the same scales and directions.
        """
        codes, known_codes, known_drawings = self._asked(swatch, "code", "codes", "drawings")
        by_code = np.square(known_codes - codes.mean(0)).sum(1)
        by_drawing = np.abs(known_drawings - drawing(swatch, window=True)).mean(1)
        far = by_code / CODE_COUNTS + by_drawing / (by_drawing.std() + 1e-6)
        return [FIRST_SEED + int(place) for place in np.argsort(far, kind="stable")[:count]]

    def _asked(self, swatch: Bytes, *wanted: str) -> list[Floats]:
        looks = looks_at(swatch.astype(np.float32) / np.float32(255))
        found: list[Floats] = self._session.run(wanted, {"picture": looks})
        return found


def remembered_motif(motifs: Sequence[int], seed: int) -> int:
    """After how many cells the motif of a remembered fabric repeats; 0 where the generator has no motifs that repeat."""
    known = sorted(set(motifs))
    return known[(seed - FIRST_SEED) % len(known)] if known else 0


def looks_at(picture: Floats) -> Floats:
    """float32 (LOOKS, 3, S, S): a picture (S, S, 3), its colours turned about their mean by a few rotations that never change."""
    turns = np.random.RandomState(0).standard_normal((LOOKS, 3, 3))
    turns = np.linalg.qr(turns)[0].astype(np.float32)
    turns[0] = np.eye(3)
    mean = picture.mean((0, 1))
    return np.ascontiguousarray(np.einsum("nij,hwj->nihw", turns, picture - mean) + mean[:, None, None])
