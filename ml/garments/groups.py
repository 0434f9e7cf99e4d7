"""For whom and where the net works worse: clothing IoU of the validation photos in groups.

Skin by its individual typology angle, ITA = atan((L* - 50) / b*) in degrees (Chardon et al. 1991), of the median colour of
what people labelled "skin"; street light moves it, so the groups are rough. Cloth and ground by their OKLab colours. Two
people: two photos side by side. The data shows no children and nobody in a wheelchair: those are not measured.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.garments.config import CLASSES
from ml.garments.data import Pair, Predict
from ml.garments.metrics import clothing_iou, confusion, mean_iou
from ml.images import Bytes, linear_to_oklab, resize_labels, resize_smooth, srgb_to_linear

SKIN_GROUPS = ((41.0, "light skin"), (28.0, "intermediate skin"), (10.0, "tan skin"), (-91.0, "brown or dark skin"))
LEAST_SKIN = 300  # pixels; with fewer the tone is not judged
DARK = 0.45  # OKLab lightness of the median colour
ALIKE = 0.12  # OKLab distance between the median colours of cloth and of the ground around it


def typology_angle(colours: npt.NDArray[np.uint8]) -> float:
    """Individual typology angle in degrees of the median of sRGB colours, uint8 (N, 3); larger is lighter."""
    import cv2

    pixel = np.median(colours, axis=0).astype(np.float32)[None, None] / 255.0
    lightness, _, yellow = cv2.cvtColor(pixel, cv2.COLOR_RGB2LAB)[0, 0]
    return float(np.degrees(np.arctan2(lightness - 50.0, max(float(yellow), 1e-3))))


def skin_group(photo: Bytes, skin: npt.NDArray[np.bool_]) -> str | None:
    """The name of the photo's group by skin, or None when too little skin shows."""
    if skin.sum() < LEAST_SKIN:
        return None
    angle = typology_angle(photo[skin])
    return next(name for least, name in SKIN_GROUPS if angle > least)


def ground_groups(photo: Bytes, labels: Bytes) -> list[str]:
    """ "dark clothes on dark ground" and "clothes of the ground's colour", where they hold."""
    import cv2

    cloth = labels > 1
    reach = max(round(0.05 * max(labels.shape)), 3)
    near = cv2.dilate(cloth.astype(np.uint8), np.ones((reach, reach), np.uint8)).astype(bool) & (labels == 0)
    if not cloth.any() or not near.any():
        return []
    worn, ground = (linear_to_oklab(np.median(srgb_to_linear(photo[mask][None]), axis=1)[0]) for mask in (cloth, near))
    found = []
    if worn[0] < DARK and ground[0] < DARK:
        found.append("dark clothes on dark ground")
    if float(np.linalg.norm(worn - ground)) < ALIKE:
        found.append("clothes of the ground's colour")
    return found


def side_by_side(first: Pair, second: Pair) -> Pair:
    """Two people in one photo: the second beside the first, at its height."""
    height = first.labels.shape[0]
    width = round(second.labels.shape[1] * height / second.labels.shape[0])
    photo = np.concatenate([first.photo, resize_smooth(second.photo, width, height)], axis=1)
    labels = np.concatenate([first.labels, resize_labels(second.labels, width, height)], axis=1)
    return Pair(f"{first.name}+{second.name}", photo, labels)


def read_skin(data: Path, name: str, shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """What people labelled "skin" in a photo of the data set, bool of this (height, width)."""
    from PIL import Image

    value = json.loads((data / "ccp" / "label_names.json").read_text()).index("skin")
    with Image.open(data / "ccp" / "labels" / f"{name}.png") as opened:
        skin = (np.asarray(opened) == value).astype(np.uint8)
    return resize_labels(skin, shape[1], shape[0]).astype(bool)


def evaluate_groups(predict: Predict, pairs: list[Pair], data: Path) -> dict[str, dict[str, Any]]:
    """Group name → photos, clothing IoU and mean IoU; "all" first, then every group that occurs."""
    tables = {"all": [confusion(pair.labels, predict(pair.photo)) for pair in pairs]}
    names = [*(name for _, name in SKIN_GROUPS), "dark clothes on dark ground", "clothes of the ground's colour"]
    tables |= {name: [] for name in names}
    for pair, table in zip(pairs, tables["all"], strict=True):
        skin = skin_group(pair.photo, read_skin(data, pair.name, pair.labels.shape))
        for name in [*([skin] if skin else []), *ground_groups(pair.photo, pair.labels)]:
            tables[name].append(table)
    couples = [side_by_side(*two) for two in list(pairwise(pairs))[::2]]
    tables["two people"] = [confusion(pair.labels, predict(pair.photo)) for pair in couples]
    blank = np.zeros((len(CLASSES), len(CLASSES)), dtype=np.int64)
    return {
        name: {
            "photos": len(found),
            "clothing_iou": round(clothing_iou(sum(found, blank)), 4),
            "mean_iou": round(mean_iou(sum(found, blank)), 4),
        }
        for name, found in tables.items()
        if found
    }
