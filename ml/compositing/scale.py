"""Estimate how many photo pixels one centimetre of cloth takes, and say how it was done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from ml.errors import PictureError
from ml.images import Bytes

CLASSES = ("background", "body", "top", "outerwear", "bottom", "skirt", "dress", "shoes", "accessory")
BODY, SHOES = CLASSES.index("body"), CLASSES.index("shoes")

PERSON_CM = 168.0  # crown to sole
TORSO_CM = {"top": 48.0, "outerwear": 54.0, "dress": 46.0}  # worn, across chest and upper arms
HIPS_CM = {"bottom": 40.0, "skirt": 42.0}  # worn, seen from the front
FLAT_CM = {  # laid flat: width across the body of the garment, length
    "top": (52.0, 68.0),
    "outerwear": (58.0, 90.0),
    "bottom": (46.0, 102.0),
    "skirt": (44.0, 62.0),
    "dress": (48.0, 104.0),
    "shoes": (24.0, 28.0),
    "accessory": (36.0, 40.0),
}
SHORTS_CM = (50.0, 44.0)
RANGE = (0.2, 400.0)


@dataclass(frozen=True)
class Scale:
    """px_per_cm: photo pixels per centimetre of cloth, 0.2 to 400. how: one plain sentence for the page."""

    px_per_cm: float
    how: str


def estimate_scale(labels: Bytes, garments: Iterable[str], shape: tuple[int, ...]) -> Scale:
    """Guess the scale of the cloth from what is seen of the person or the garment.

    labels: uint8 (H, W), 0-8 in the order of CLASSES. garments: the clothing names that will be covered. shape: (H,
    W) or (H, W, 3) of the photo, whose pixels the answer counts (labels may be smaller). Raises PictureError when
    labels are not a label picture or a garment has no such name.
    """
    if labels.ndim != 2 or labels.size == 0 or labels.dtype != np.uint8:
        raise PictureError("Labels must be a uint8 picture, height by width.")
    names = list(garments)
    for name in names:
        if name not in CLASSES[2:]:
            raise PictureError(f"There is no garment called {name}; choose from {', '.join(CLASSES[2:])}.")
    found = _from_person(labels) or _from_garment(labels, names) or _from_frame(labels)
    enlargement = float(shape[0]) / labels.shape[0]
    return Scale(round(float(np.clip(found.px_per_cm * enlargement, *RANGE)), 3), found.how)


def _from_person(labels: Bytes) -> Scale | None:
    """Head and shoes both in the picture: the person's height is the ruler."""
    person = _largest_part(labels > 0)
    body, shoes = person & (labels == BODY), person & (labels == SHOES)
    if not shoes.any() or body.sum() < 0.01 * person.sum() or shoes.sum() < 0.002 * person.sum():
        return None
    top, bottom, _, _ = _extent(person)
    height = bottom - top
    head_zone = slice(top, top + max(1, height // 7))
    head_seen = body[head_zone].sum() > 0.25 * person[head_zone].sum() and top > 1
    feet_seen = np.nonzero(shoes)[0].max() > top + 0.88 * height and bottom < labels.shape[0]
    if not head_seen or not feet_seen or height < 24 or height < 1.6 * _typical_width(person):
        return None
    return Scale(height / PERSON_CM, f"Taking the person, seen from head to shoes, to be {PERSON_CM:.0f} cm tall.")


def _from_garment(labels: Bytes, names: list[str]) -> Scale | None:
    present = [name for name in names if (labels == CLASSES.index(name)).any()]
    if not present:
        return None
    name = max(present, key=lambda each: int((labels == CLASSES.index(each)).sum()))
    part = _largest_part(labels == CLASSES.index(name))
    top, bottom, left, right = _extent(part)
    if bottom - top < 4 or right - left < 4:
        return None
    is_worn = (labels == BODY).sum() > 0.04 * part.sum()
    return _from_worn(part, name) if is_worn and name in TORSO_CM | HIPS_CM else _from_flat(part, name)


def _from_worn(part: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], name: str) -> Scale:
    top, bottom, _, _ = _extent(part)
    widths = part[top:bottom].sum(axis=1)
    if name in TORSO_CM:
        zone = widths[int(0.2 * len(widths)) : max(1, int(0.6 * len(widths)))]
        width, centimetres, place = _median(zone, widths), TORSO_CM[name], "shoulders and chest"
    else:
        zone = widths[: max(1, int(0.4 * len(widths)))]
        width, centimetres, place = float(np.percentile(zone, 75)), HIPS_CM[name], "hips"
    return Scale(width / centimetres, f"Taking the {place} to be about {centimetres:.0f} cm wide.")


def _from_flat(part: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], name: str) -> Scale:
    top, bottom, left, right = _extent(part)
    height, widths = bottom - top, part[top:bottom].sum(axis=1)
    is_shorts = name == "bottom" and height < 1.25 * (right - left)
    width_cm, length_cm = SHORTS_CM if is_shorts else FLAT_CM[name]
    word = "shorts" if is_shorts else {"bottom": "trousers", "accessory": "piece"}.get(name, name)
    is_cut = top == 0 or bottom == part.shape[0]
    if is_cut or name == "accessory":
        across = _median(widths[len(widths) // 2 :], widths) if name in TORSO_CM else float(np.percentile(widths, 90))
        return Scale(across / width_cm, f"Taking the {word} to be about {width_cm:.0f} cm wide, as is usual.")
    return Scale(height / length_cm, f"Taking the {word} to be about {length_cm:.0f} cm long, as is usual.")


def _from_frame(labels: Bytes) -> Scale:
    return Scale(
        min(labels.shape) / 80.0, "Taking the photo to show about 80 cm across, since nothing else was to go by."
    )


def _largest_part(
    mask: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if count < 2:
        return mask
    return np.asarray(parts == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])))


def _extent(mask: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    if rows.size == 0:
        return 0, 0, 0, 0
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _typical_width(mask: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> float:
    widths = mask.sum(axis=1)
    return float(np.median(widths[widths > 0])) if mask.any() else 0.0


def _median(
    zone: np.ndarray[tuple[int, ...], np.dtype[np.int64]], otherwise: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
) -> float:
    return float(np.median(zone if zone.size else otherwise))
