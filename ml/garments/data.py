"""Labelled street photos, read once into memory, and the pictures a training step sees.

Every training picture is a pure function of (seed, number): a run that was stopped continues with the very same ones.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.errors import PictureError
from ml.garments.config import CLASSES, IGNORED_CLASS, TUNING_COUNT, VALIDATION_COUNT, Settings, class_of_label
from ml.garments.flats import Cutout, draw_background, draw_flat
from ml.images import Bytes, read_picture, resize_labels, resize_smooth
from ml.training_data import DATA_VARIABLE, training_data

_RARE = {"skirt": 2.5, "dress": 1.4, "outerwear": 0.5, "accessory": 0.2}


@dataclass(frozen=True)
class Pair:
    """A photo, uint8 (H, W, 3), and its classes, uint8 (H, W) with values 0-8."""

    name: str
    photo: Bytes
    labels: Bytes


Predict = Callable[[Bytes], Bytes]  # photo uint8 (H, W, 3) → labels uint8 (H, W)


def data_folder(given: Path | str | None = None) -> Path:
    """The folder that holds ``ccp/``: the one given, else ``AIFASHION_DATA``, else ``../shared/data``.

    Raises PictureError when there are no labelled photos in it.
    """
    folder = training_data(given)
    if not (folder / "ccp" / "labels").is_dir():
        raise PictureError(f"There are no labelled photos in {folder}/ccp: pass --data or set {DATA_VARIABLE}.")
    return folder


@dataclass(frozen=True)
class Split:
    """Photo ids, sorted, no id in two parts: for training, for tuning (40), for validation (the last 100)."""

    training: list[str]
    tuning: list[str]
    validation: list[str]


def split_ids(folder: Path) -> Split:
    """The fixed split of the labelled photos. Raises PictureError when there are too few."""
    names = sorted(path.stem for path in (folder / "ccp" / "labels").glob("*.png"))
    held_out = VALIDATION_COUNT + TUNING_COUNT
    if len(names) <= held_out:
        raise PictureError(f"{folder}/ccp holds {len(names)} labelled photos; more than {held_out} are needed.")
    return Split(names[:-held_out], names[-held_out:-VALIDATION_COUNT], names[-VALIDATION_COUNT:])


def label_table(folder: Path) -> Bytes:
    """uint8 (256,): the class (0-8) of each of the data set's label values."""
    names = json.loads((folder / "ccp" / "label_names.json").read_text())
    table = np.zeros(256, dtype=np.uint8)
    table[: len(names)] = [class_of_label(name) for name in names]
    return table


def read_pair(folder: Path, name: str, side: int = 0) -> Pair:
    """One photo and its classes; with ``side`` above 0, no side longer than that. Raises PictureError if they differ."""
    from PIL import Image

    photo = read_picture(folder / "ccp" / "photos" / f"{name}.jpg")
    with Image.open(folder / "ccp" / "labels" / f"{name}.png") as opened:
        labels = label_table(folder)[np.asarray(opened)]
    if photo.shape[:2] != labels.shape:
        raise PictureError(f"Photo and labels of {name} differ in size: {photo.shape[:2]} and {labels.shape}.")
    height, width = labels.shape
    scale = side / max(height, width) if side else 1.0
    if scale < 1.0:
        width, height = round(width * scale), round(height * scale)
        photo, labels = resize_smooth(photo, width, height), resize_labels(labels, width, height)
    return Pair(name, photo, labels)


def upper_body_box(labels: Bytes) -> tuple[int, int, int, int]:
    """Rows and columns (top, bottom, left, right) of the upper half of the person, with a margin of a tenth."""
    rows, columns = np.nonzero(labels > 0)
    if not len(rows):
        return 0, labels.shape[0], 0, labels.shape[1]
    top, bottom = int(rows.min()), int(rows.max()) + 1
    bottom = top + max((bottom - top) // 2, 32)
    upper = columns[rows < bottom]
    left, right = int(upper.min()), int(upper.max()) + 1
    margin = max((bottom - top) // 10, 4)
    return (
        max(top - margin, 0),
        min(bottom, labels.shape[0]),
        max(left - margin, 0),
        min(right + margin, labels.shape[1]),
    )


def crop_pair(pair: Pair, box: tuple[int, int, int, int]) -> Pair:
    """The part of a pair inside (top, bottom, left, right)."""
    top, bottom, left, right = box
    return Pair(pair.name, pair.photo[top:bottom, left:right], pair.labels[top:bottom, left:right])


class TrainingPictures:
    """Draws training pictures from labelled pairs: street, selfie-like, flat-laid, and pictures without any garment."""

    def __init__(
        self,
        pairs: list[Pair],
        settings: Settings,
        swatches: list[Bytes],
        pseudo: Sequence[Pair] = (),
        stock: Sequence[Pair] = (),
    ) -> None:
        """``pseudo``: photos with labels by an earlier net, 255 where unsure; seen as street photos and nothing else.

        ``stock``: photos of single garments; seen as they are, and cut out and laid on other grounds.
        """
        self.pairs = pairs
        self.settings = settings
        self.swatches = swatches
        self.streets = [*pairs, *pseudo]
        weights = np.array([_photo_weight(pair.labels, settings.rare_share) for pair in self.streets])
        weights[len(pairs) :] *= settings.pseudo_weight
        self.weights = weights / weights.sum()
        self.stock = list(stock)
        self.cutouts = _cutout_index(pairs)
        self.stock_cutouts = _cutout_index(self.stock)

    def draw(self, number: int, width: int, height: int) -> tuple[Bytes, Bytes]:
        """Picture ``number`` of the run: photo uint8 (height, width, 3) and classes uint8 (height, width)."""
        rng = np.random.default_rng((self.settings.seed, number))
        kind = rng.random()
        if kind < self.settings.empty_share:
            photo, labels = self._draw_empty(rng, width, height)
        elif kind < self.settings.empty_share + self.settings.flat_share:
            photo, labels = draw_flat(rng, width, height, self.swatches, self._pick_cutout, self._street_patch)
        elif self.stock and kind > 1 - self.settings.stock_share:
            photo, labels = self._draw_stock(rng, width, height)
        else:
            photo, labels = self._draw_street(rng, width, height)
        if rng.random() < self.settings.pixel_share:
            transform = _pixel_transform()
            transform.set_random_seed(int(rng.integers(1 << 31)))
            photo = transform(image=photo)["image"]
        return photo, labels

    def batch(self, first: int, count: int, width: int, height: int) -> tuple[Bytes, Bytes]:
        """Pictures ``first`` to ``first + count - 1``: uint8 (count, height, width, 3) and (count, height, width)."""
        drawn = [self.draw(first + offset, width, height) for offset in range(count)]
        return np.stack([photo for photo, _ in drawn]), np.stack([labels for _, labels in drawn])

    def _draw_street(self, rng: np.random.Generator, width: int, height: int) -> tuple[Bytes, Bytes]:
        pair = self.streets[int(rng.choice(len(self.streets), p=self.weights))]
        selfie = rng.random() < self.settings.selfie_share
        aspect = width / height
        box = (
            selfie_box(rng, pair.labels, aspect)
            if selfie
            else street_box(rng, pair.labels, aspect, self.settings.street_least)
        )
        return _moved(rng, crop_pair(pair, box), width, height)

    def _draw_stock(self, rng: np.random.Generator, width: int, height: int) -> tuple[Bytes, Bytes]:
        pair = self.stock[int(rng.integers(len(self.stock)))]
        box = _box_of(rng, pair.labels.shape, width / height, rng.uniform(0.75, 1.0))
        return _moved(rng, crop_pair(pair, box), width, height)

    def _draw_empty(self, rng: np.random.Generator, width: int, height: int) -> tuple[Bytes, Bytes]:
        patch = self._street_patch(rng, width, height) if rng.random() < 0.5 else None
        photo = draw_background(rng, width, height, self.swatches) if patch is None else patch
        return photo, np.zeros((height, width), dtype=np.uint8)

    def _street_patch(self, rng: np.random.Generator, width: int, height: int) -> Bytes | None:
        """A part of a street photo without any person in it, or None when no try finds one."""
        import cv2

        for _ in range(6):
            pair = self.pairs[int(rng.integers(len(self.pairs)))]
            part = crop_pair(pair, _box_of(rng, pair.labels.shape, width / height, rng.uniform(0.3, 0.7)))
            if (part.labels > 0).mean() < 0.002:
                return np.asarray(cv2.resize(part.photo, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)
        return None

    def _pick_cutout(self, rng: np.random.Generator) -> Cutout | None:
        """One garment cut out of a street photo, or as often of a stock photo: each class as likely as the others."""
        from_stock = bool(self.stock) and rng.random() < 0.5
        pairs, cutouts = (self.stock, self.stock_cutouts) if from_stock else (self.pairs, self.cutouts)
        names = sorted(name for name, found in cutouts.items() if found)
        if not names:
            return None
        found = cutouts[names[int(rng.integers(len(names)))]]
        index, (top, bottom, left, right), garment = found[int(rng.integers(len(found)))]
        part = crop_pair(pairs[index], (top, bottom, left, right))
        return Cutout(part.photo, (part.labels == garment), garment)


def read_pairs(folder: Path, names: list[str], side: int, progress: bool = False) -> list[Pair]:
    """Several pairs into memory, resized to ``side``."""
    from tqdm import tqdm

    return [read_pair(folder, name, side) for name in tqdm(names, desc="read photos", disable=not progress)]


def read_swatches(folder: Path, per_category: int = 30, skip: int = 0) -> list[Bytes]:
    """Fabric swatches, uint8 (256, 256, 3) each, that clothe drawn silhouettes and backgrounds; may be empty."""
    swatches = []
    for group in sorted((folder / "textiles").glob("*")):
        paths = sorted(path for path in group.iterdir() if path.suffix in (".jpg", ".png"))
        swatches += [read_picture(path) for path in paths[skip : skip + per_category]]
    return swatches


def street_box(rng: np.random.Generator, labels: Bytes, aspect: float, least: float = 0.6) -> tuple[int, int, int, int]:
    """A large part of the photo (``least`` to all) of this aspect (width / height)."""
    return _box_of(rng, labels.shape, aspect, rng.uniform(least, 1.0))


def selfie_box(rng: np.random.Generator, labels: Bytes, aspect: float) -> tuple[int, int, int, int]:
    """A close view of the person, mostly the upper part, of this aspect (width / height): as a selfie would show."""
    rows, columns = np.nonzero((labels > 0) & (labels != IGNORED_CLASS))
    if len(rows) < 200:
        return street_box(rng, labels, aspect)
    limit_height, limit_width = labels.shape
    top, tall = int(rows.min()), int(rows.max() - rows.min())
    start = top + tall * (rng.uniform(-0.08, 0.15) if rng.random() < 0.8 else rng.uniform(0.1, 0.5))
    height = min(tall * rng.uniform(0.28, 0.65), limit_height)
    width = min(height * aspect, limit_width)
    height = width / aspect
    inside = columns[(rows >= start) & (rows < start + height)]
    middle = float(inside.mean()) if len(inside) else limit_width / 2
    left = np.clip(middle + width * rng.uniform(-0.25, 0.25) - width / 2, 0, limit_width - width)
    upper = np.clip(start, 0, limit_height - height)
    return int(upper), int(upper + height), int(left), int(left + width)


def _box_of(rng: np.random.Generator, shape: tuple[int, ...], aspect: float, share: float) -> tuple[int, int, int, int]:
    height = min(shape[0], shape[1] / aspect) * share
    width = height * aspect
    top, left = rng.uniform(0, shape[0] - height), rng.uniform(0, shape[1] - width)
    return int(top), max(int(top + height), int(top) + 8), int(left), max(int(left + width), int(left) + 8)


def _photo_weight(labels: Bytes, rare_share: float) -> float:
    shares = np.bincount(labels.ravel(), minlength=IGNORED_CLASS + 1) / labels.size
    extras = sum(extra for name, extra in _RARE.items() if shares[CLASSES.index(name)] > 0.01)
    return 1.0 + rare_share * extras


def _cutout_index(pairs: list[Pair]) -> dict[str, list[tuple[int, tuple[int, int, int, int], int]]]:
    """Class name → (photo, box, class index) of every garment large and whole enough to be pasted elsewhere."""
    import cv2

    index: dict[str, list[tuple[int, tuple[int, int, int, int], int]]] = {name: [] for name in CLASSES[2:]}
    for number, pair in enumerate(pairs):
        for garment in range(2, len(CLASSES)):
            mask = (pair.labels == garment).astype(np.uint8)
            least = 0.004 if CLASSES[garment] in ("shoes", "accessory") else 0.02
            if mask.mean() < least:
                continue
            left, top, width, height = cv2.boundingRect(mask)
            if min(width, height) >= 24:
                index[CLASSES[garment]].append((number, (top, top + height, left, left + width), garment))
    return index


def _moved(rng: np.random.Generator, part: Pair, width: int, height: int) -> tuple[Bytes, Bytes]:
    """A pair flipped, turned, stretched and resized: photo (height, width, 3) and classes (height, width)."""
    transform = _shape_transform(width, height)
    transform.set_random_seed(int(rng.integers(1 << 31)))
    moved = transform(image=part.photo, mask=part.labels)
    return moved["image"], moved["mask"]


@lru_cache(maxsize=32)
def _shape_transform(width: int, height: int) -> Any:
    """Flip, turn and stretch a photo with its labels, then resize both to (height, width)."""
    import albumentations as A
    import cv2

    return A.Compose(
        [
            A.HorizontalFlip(p=0.5),
            A.Resize(height, width, interpolation=cv2.INTER_AREA, mask_interpolation=cv2.INTER_NEAREST),
            A.Affine(
                rotate=(-14, 14),
                scale=(0.85, 1.2),
                shear=(-5, 5),
                keep_ratio=False,
                border_mode=cv2.BORDER_REFLECT_101,
                p=0.6,
            ),
        ]
    )


@lru_cache(maxsize=1)
def _pixel_transform() -> Any:
    """Light, colour, blur, noise and JPEG as phones make them; labels are untouched."""
    import albumentations as A

    return A.Compose(
        [
            A.RandomBrightnessContrast(brightness_limit=0.25, contrast_limit=0.25, p=0.6),
            A.RandomGamma(gamma_limit=(65, 150), p=0.3),
            A.HueSaturationValue(hue_shift_limit=14, sat_shift_limit=30, val_shift_limit=12, p=0.5),
            A.RGBShift(r_shift_limit=18, g_shift_limit=10, b_shift_limit=18, p=0.3),
            A.ToGray(p=0.03),
            A.OneOf([A.GaussianBlur(blur_limit=(3, 5)), A.MotionBlur(blur_limit=(3, 7))], p=0.12),
            A.GaussNoise(std_range=(0.01, 0.05), p=0.12),
            A.ImageCompression(quality_range=(40, 95), p=0.3),
        ]
    )


def to_arrays(photos: Bytes) -> npt.NDArray[np.float32]:
    """uint8 (N, H, W, 3) → float32 (N, 3, H, W) in [0, 1], as the net wants them."""
    return np.ascontiguousarray(photos.transpose(0, 3, 1, 2)).astype(np.float32) / 255.0
