"""Find the garments in a photo: load once, segment many.

``python -m ml.garments.segment PHOTO... --out DIR`` writes ``DIR/STEM.png``, an 8-bit picture of the upright photo's
size whose values are the classes 0-8 (9: clothes of any kind, by a model that only tells cloth from the rest), and
``DIR/STEM.json`` with the garments found. Served by ONNX Runtime; PyTorch is never imported here.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ml.bundle import BundledModel, bundled_model, bundled_models, load_session
from ml.checkpoints import verify
from ml.engines import OpenVinoSession, chosen_engine
from ml.errors import MlError, ModelFileError, PictureError
from ml.garments.config import CLASSES, GARMENTS, MODEL_NAME
from ml.garments.names import CLOTHES, NAMES, value_of
from ml.garments.people import people_areas
from ml.garments.regions import Steps, clean_labels, grow_labels
from ml.garments.serving import fit_size
from ml.images import Bytes, Floats, read_picture, shrink_smooth

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
    """``labels`` uint8 (H, W) at the photo's own size, values 0-8; ``found`` largest first; ``outcome`` in one word.

    ``probabilities`` float32 (9, h, w) on the net's own grid: what mending goes by.
    """

    labels: Bytes
    found: tuple[FoundGarment, ...]
    outcome: str  # "found" | "unsure" | "none"
    probabilities: Floats


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
    """A loaded model. ``segment`` may be called from several threads at once.

    A ``binary`` one tells clothes from the rest; its one probability takes the place of "clothes" in NAMES.
    """

    session: Any
    serving_width: int
    calibration: Calibration = field(default_factory=Calibration)
    steps: Steps = field(default_factory=Steps)
    binary: bool = False

    @classmethod
    def load(cls, path: Path, sha256: str, steps: Steps | None = None) -> GarmentSegmenter:
        """Load an exported ONNX file whose SHA-256 is known, and the weights beside it whose SHA-256 it knows itself.

        Raises ModelFileError when one is not that file.
        """
        session = load_session(path, sha256)
        told = session.get_modelmeta().custom_metadata_map
        if chosen_engine() == "openvino":
            session = OpenVinoSession(path)
        try:
            settings = json.loads(told["garments"])
            calibration = Calibration(**settings["calibration"])
            binary, flip = settings.get("finds") == CLOTHES, bool(settings.get("flip", True))
            weights, width = settings.get("weights"), int(settings["serving_width"])
        except (KeyError, TypeError, ValueError):
            raise ModelFileError(f"{path.name} does not say how it is served; export the model again.") from None
        if weights:
            verify(path.with_name(weights["name"]), weights["sha256"])
        return cls(session, width, calibration, steps or Steps(flip=flip), binary)

    def probabilities(self, photo: Bytes, steps: Steps | None = None) -> Floats:
        """uint8 photo (H, W, 3) → float32 (9, h, w) summing to 1, on the net's own grid (about 256x384 pixels).

        A binary model gives (10, h, w): background first, clothes last, nothing between.

        Raises PictureError when the photo is not of that form or has a side below 32 pixels.
        """
        check_photo(photo)
        height, width = photo.shape[:2]
        small = shrink_smooth(photo, *fit_size(width, height, self.serving_width))
        batch = np.ascontiguousarray(small.transpose(2, 0, 1)[None], dtype=np.float32) / np.float32(255)
        found = self._run(batch)
        if (steps or self.steps).flip:  # one after the other: together they are no quicker, and take twice the memory
            found += self._run(np.ascontiguousarray(batch[..., ::-1]))[..., ::-1]
            found *= np.float32(0.5)
        return _as_classes(found[0]) if self.binary else found

    def _run(self, batch: Floats) -> Floats:
        first: Floats = self.session.run(None, {"picture": batch})[0][0]
        return first

    def segment(self, photo: Bytes, steps: Steps | None = None) -> Segmentation:
        """Find the garments of a photo, uint8 (H, W, 3). Raises PictureError as :meth:`probabilities` does."""
        chosen = steps or self.steps
        probabilities = self.probabilities(photo, chosen)
        labels = clean_labels(probabilities, chosen)
        found = self._find(probabilities, labels)
        height, width = photo.shape[:2]
        return Segmentation(grow_labels(labels, width, height), found, self._outcome(found), probabilities)

    def _find(self, probabilities: Floats, labels: Bytes) -> tuple[FoundGarment, ...]:
        found = []
        for region in measure_regions(probabilities, labels):
            confidence = self.calibration.confidence(region.probability, region.share)
            if confidence >= self.calibration.worth_showing or region.cloth >= self.calibration.cloth:
                found.append(FoundGarment(NAMES[region.index], region.index, region.share, confidence))
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
    for index in range(2, len(probabilities)):
        inside = labels == index
        share = float(inside.mean())
        if share >= _SMALLEST_SHARE:
            probability, any_garment = float(probabilities[index][inside].mean()), float(cloth[inside].mean())
            measured.append(Region(index, probability, any_garment, share))
    return measured


def _as_classes(clothes: Floats) -> Floats:
    planes = np.zeros((len(NAMES), *clothes.shape), dtype=np.float32)
    planes[0], planes[value_of(CLOTHES)] = 1 - clothes, clothes
    return planes


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
    """The bundled or imported segmenter of this name, loaded once per process and shared by its threads.

    Raises ModelFileError when there is no such model, or its file was altered.
    """
    with _lock:
        if name not in _loaded:
            path, sha256 = garment_model(name).files["onnx"]
            _loaded[name] = GarmentSegmenter.load(path, sha256)
        return _loaded[name]


def models_folder() -> Path:
    """Where imported models are kept: ``AIFASHION_MODELS``, else ``models``."""
    return Path(os.environ.get("AIFASHION_MODELS") or "models")


def garment_model(name: str) -> BundledModel:
    """The files of a bundled or imported model. Raises ModelFileError when there is none of this name."""
    imported = bundled_models("garments", models_folder())
    return imported.get(name) or bundled_model("garments", name)


def write_labels(labels: Bytes, path: Path) -> None:
    """Write classes, uint8 (H, W), as an 8-bit grey PNG whose values are the classes themselves."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(labels).save(path, "PNG")


def write_words(name: str, seen: Segmentation, path: Path) -> None:
    """Write what was found as JSON: size, outcome, people, and each garment's name, value, share and confidence."""
    height, width = seen.labels.shape
    told = {
        "photo": name,
        "width": width,
        "height": height,
        "outcome": seen.outcome,
        "people": people_areas(seen.labels)[1],
        "garments": [asdict(garment) for garment in seen.found],
    }
    path.write_text(json.dumps(told, indent=1) + "\n")


def segment_files(photos: Sequence[Path], out: Path, model: str) -> Iterator[str]:
    """Segment photos one after another into ``out``; gives a sentence for each that could not be, and goes on."""
    written: dict[str, Path] = {}
    for photo in photos:
        before = written.setdefault(photo.stem, photo)
        if before != photo:
            yield f"{photo} would overwrite what was found in {before}: rename one of them."
            continue
        try:
            seen = load_segmenter(model).segment(read_picture(photo))
            write_labels(seen.labels, out / f"{photo.stem}.png")
            write_words(photo.name, seen, out / f"{photo.stem}.json")
        except ModelFileError:
            raise
        except PictureError as error:
            yield str(error) if str(photo) in str(error) else f"{photo}: {error}"
        except OSError as error:
            yield f"{out}: {error.strerror or error}."


def main(words: list[str] | None = None) -> int:
    """Run the command; returns 0, or 2 when a photo or the model could not be used (told on stderr)."""
    parser = argparse.ArgumentParser(prog="python -m ml.garments.segment", description="Find the garments in photos.")
    parser.add_argument("photos", metavar="PHOTO", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for a .png and a .json a photo")
    parser.add_argument(
        "--model", default=MODEL_NAME, metavar="NAME", help=f"bundled or imported (default {MODEL_NAME})"
    )
    arguments = parser.parse_args(words)
    status = 0
    try:
        for sentence in segment_files(arguments.photos, arguments.out, arguments.model):
            print(sentence, file=sys.stderr)
            status = 2
    except MlError as error:
        print(error, file=sys.stderr)
        status = 2
    return status


if __name__ == "__main__":
    sys.exit(main())
