"""Find the garments in a photo: load once, segment many.

``python -m ml.garments.segment PHOTO... --out DIR`` writes ``DIR/STEM.png``, an 8-bit picture of the upright photo's
size whose values are the classes 0-8. Served by ONNX Runtime; PyTorch is never imported here.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ml.bundle import bundled_model, load_session
from ml.errors import MlError, ModelFileError, PictureError
from ml.garments.config import CLASSES, GARMENTS, MODEL_NAME
from ml.garments.regions import Steps, clean_labels, grow_labels
from ml.garments.serving import fit_size, shrink_photo
from ml.images import Bytes, Floats, read_picture

SMALLEST_SIDE = 32
_SMALLEST_SHARE = 0.002

__all__ = ["CLASSES", "GARMENTS", "FoundGarment", "GarmentSegmenter", "Segmentation", "Steps", "load_segmenter"]


@dataclass(frozen=True)
class FoundGarment:
    """A garment in a photo; both shoes are one."""

    name: str
    index: int
    share: float  # of the photo's pixels, 0-1
    confidence: float  # chance that the region is that garment, 0-1


@dataclass(frozen=True)
class Segmentation:
    """``labels`` uint8 (H, W) at the photo's own size, values 0-8; ``found`` largest first; ``outcome`` in one word."""

    labels: Bytes
    found: tuple[FoundGarment, ...]
    outcome: str  # "found" | "unsure" | "none"


@dataclass(frozen=True)
class Calibration:
    """How probability and size become confidence, and where "found" and "unsure" begin; fitted on validation photos.

    Confidence is a logistic function of the logit of the mean probability inside the region and of log10(share). A
    garment is listed when its confidence reaches ``worth_showing``, or when it is surely cloth of some kind (the mean
    probability of all garments together reaches ``cloth``) though its name is in doubt.
    """

    bias: float = 0.0
    per_logit: float = 1.0
    per_decade: float = 0.0
    sure: float = 0.5
    worth_showing: float = 0.2
    cloth: float = 0.8

    def confidence(self, probability: float, share: float) -> float:
        """Confidence, 0-1, of a region with this mean probability, 0-1, and share of the photo, 0-1."""
        held = min(max(probability, 1e-3), 1 - 1e-3)
        score = (
            self.bias + self.per_logit * math.log(held / (1 - held)) + self.per_decade * math.log10(max(share, 1e-4))
        )
        return 1 / (1 + math.exp(-min(max(score, -30.0), 30.0)))


@dataclass
class GarmentSegmenter:
    """A loaded model. ``segment`` may be called from several threads at once."""

    session: Any
    serving_width: int
    calibration: Calibration = field(default_factory=Calibration)
    steps: Steps = field(default_factory=Steps)

    @classmethod
    def load(cls, path: Path, sha256: str, steps: Steps | None = None) -> GarmentSegmenter:
        """Load an exported ONNX file whose SHA-256 is known. Raises ModelFileError when it is not that file."""
        session = load_session(path, sha256)
        told = session.get_modelmeta().custom_metadata_map
        try:
            settings = json.loads(told["garments"])
            calibration = Calibration(**settings["calibration"])
            return cls(session, int(settings["serving_width"]), calibration, steps or Steps())
        except (KeyError, TypeError, ValueError):
            raise ModelFileError(f"{path.name} does not say how it is served; export the model again.") from None

    def probabilities(self, photo: Bytes, steps: Steps | None = None) -> Floats:
        """uint8 photo (H, W, 3) → float32 (9, h, w) summing to 1, on the net's own grid (about 256x384 pixels).

        Raises PictureError when the photo is not of that form or has a side below 32 pixels.
        """
        check_photo(photo)
        height, width = photo.shape[:2]
        small = shrink_photo(photo, *fit_size(width, height, self.serving_width))
        batch = np.ascontiguousarray(small.transpose(2, 0, 1)[None], dtype=np.float32) / np.float32(255)
        if (steps or self.steps).flip:
            batch = np.concatenate([batch, batch[..., ::-1]])
        found: Floats = self.session.run(None, {"picture": batch})[0]
        if len(found) > 1:
            found[0] += found[1, ..., ::-1]
            found[0] *= np.float32(0.5)
        first: Floats = found[0]
        return first

    def segment(self, photo: Bytes, steps: Steps | None = None) -> Segmentation:
        """Find the garments of a photo, uint8 (H, W, 3). Raises PictureError as :meth:`probabilities` does."""
        chosen = steps or self.steps
        probabilities = self.probabilities(photo, chosen)
        labels = clean_labels(probabilities, chosen)
        found = self._find(probabilities, labels)
        height, width = photo.shape[:2]
        return Segmentation(grow_labels(labels, width, height), found, self._outcome(found))

    def _find(self, probabilities: Floats, labels: Bytes) -> tuple[FoundGarment, ...]:
        found = []
        for region in measure_regions(probabilities, labels):
            confidence = self.calibration.confidence(region.probability, region.share)
            if confidence >= self.calibration.worth_showing or region.cloth >= self.calibration.cloth:
                found.append(FoundGarment(CLASSES[region.index], region.index, region.share, confidence))
        return tuple(sorted(found, key=lambda garment: -garment.share))

    def _outcome(self, found: tuple[FoundGarment, ...]) -> str:
        if not found:
            return "none"
        return "found" if max(garment.confidence for garment in found) >= self.calibration.sure else "unsure"


@dataclass(frozen=True)
class Region:
    """A garment class in a photo, measured: mean probability inside, of the class and of any garment; share of pixels."""

    index: int
    probability: float
    cloth: float
    share: float


def measure_regions(probabilities: Floats, labels: Bytes) -> list[Region]:
    """Each garment class that covers enough of the photo to be seen."""
    measured = []
    cloth = 1 - probabilities[0] - probabilities[1]
    for index in range(2, len(CLASSES)):
        inside = labels == index
        share = float(inside.mean())
        if share >= _SMALLEST_SHARE:
            probability, any_garment = float(probabilities[index][inside].mean()), float(cloth[inside].mean())
            measured.append(Region(index, probability, any_garment, share))
    return measured


def check_photo(photo: Bytes) -> None:
    """Raise PictureError unless the photo is uint8 (H, W, 3) with both sides of at least 32 pixels."""
    if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3:
        raise PictureError("The photo must be an array of bytes with three colours per pixel.")
    if min(photo.shape[:2]) < SMALLEST_SIDE:
        height, width = photo.shape[:2]
        raise PictureError(
            f"The photo is only {width} x {height} pixels: choose one with sides of at least {SMALLEST_SIDE}."
        )


_lock = threading.Lock()
_loaded: dict[str, GarmentSegmenter] = {}


def load_segmenter(name: str = MODEL_NAME) -> GarmentSegmenter:
    """The bundled segmenter of this name, loaded once per process and shared by its threads.

    Raises ModelFileError when no such model is bundled, or its file was altered.
    """
    with _lock:
        if name not in _loaded:
            path, sha256 = bundled_model("garments", name).files["onnx"]
            _loaded[name] = GarmentSegmenter.load(path, sha256)
        return _loaded[name]


def write_labels(labels: Bytes, path: Path) -> None:
    """Write classes, uint8 (H, W), as an 8-bit grey PNG whose values are the classes themselves."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(labels).save(path, "PNG")


def main(words: list[str] | None = None) -> int:
    """Run the command; returns 0, or 2 when a photo or the model could not be used (told on stderr)."""
    parser = argparse.ArgumentParser(prog="python -m ml.garments.segment", description="Find the garments in photos.")
    parser.add_argument("photos", metavar="PHOTO", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the index pictures")
    arguments = parser.parse_args(words)
    failed = False
    for photo in arguments.photos:
        try:
            picture = read_picture(photo)
            labels = load_segmenter().segment(picture).labels
            write_labels(labels, arguments.out / f"{photo.stem}.png")
        except (MlError, OSError) as error:
            reason = error if isinstance(error, MlError) else f"{arguments.out}: {error.strerror or error}."
            print(reason, file=sys.stderr)
            failed = True
    return 2 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
