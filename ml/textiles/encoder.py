"""From a picture of cloth to a style: the encoder that gives the search of :mod:`ml.textiles.invert` its first guess and its eyes.

The eyes are an EfficientNet-Lite2 cut off at 16 pixels a place, their maps pooled to mean and spread; a small net for each generator
reads a style from them. It is learned from the generator's own fabrics, in other inks, blurred, lit and turned as photos are
(:mod:`ml.textiles.train_encoder`). No torch here: the eyes run in ONNX Runtime, the readers are two small matrices each.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np

from ml.bundle import BUNDLED, bundled_models, load_session
from ml.checkpoints import load_checkpoint, verify
from ml.images import Bytes, Floats

KIND_ENCODER = "textile-encoder"
FAMILY, NAME = "encoders", "eyes"
LOOKED_AT = 128  # pixels a side


class Encoder:
    """Load once, look from any number of threads."""

    def __init__(self, session: Any, readers: dict[str, Floats], generators: dict[str, str]) -> None:
        """``readers``: "CATEGORY/NAME" → matrix or vector. ``generators``: category → SHA-256 of the weights it reads styles for."""
        self._session = session
        self._readers = readers
        self._category = {sha256: category for category, sha256 in generators.items()}

    def look(self, pictures: Bytes) -> Floats:
        """uint8 (N, 128, 128, 3) → what the eyes see, float32 (N, statistics), each of about unit spread on real cloth."""
        shown = pictures.transpose(0, 3, 1, 2).astype(np.float32) / np.float32(255)
        seen: Floats = self._session.run(["statistics"], {"pictures": shown})[0]
        return seen

    def knows(self, weights_sha256: str) -> bool:
        """Whether there is a reader for the generator with these weights."""
        return weights_sha256 in self._category

    def guess(self, seen: Floats, weights_sha256: str) -> Floats:
        """The style, float32 (style,), that the generator would most likely need for what was seen, (statistics,).

        Raises KeyError for a generator it does not know.
        """
        category = self._category[weights_sha256]
        weight = {
            part: self._readers[f"{category}/{part}"] for part in ("first", "first_bias", "second", "second_bias")
        }
        hidden = seen @ weight["first"].T + weight["first_bias"]
        hidden = np.where(hidden > 0, hidden, np.float32(0.1) * hidden)
        style: Floats = (hidden @ weight["second"].T + weight["second_bias"]).astype(np.float32)
        return style


@functools.lru_cache(maxsize=2)
def bundled_encoder(root: Path = BUNDLED) -> Encoder | None:
    """The encoder that ships with the project, loaded once; None where none was trained. Raises ModelFileError."""
    model = bundled_models(FAMILY, root).get(NAME)
    if model is None:
        return None
    verify(*model.files["weights"])
    saved = load_checkpoint(model.files["weights"][0], kind=KIND_ENCODER, framework="np")
    readers = {name: value.astype(np.float32) for name, value in saved.tensors.items()}
    return Encoder(load_session(*model.files["onnx"]), readers, dict(saved.settings["generators"]))
