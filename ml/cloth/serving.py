"""Where each pixel of a garment lies on its cloth, guessed from the photo alone by the cloth net (no torch here)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ml.bundle import bundled_models, load_session
from ml.cloth.canvas import Fit, fit_garment, on_canvas, shown_to_net
from ml.cloth.config import MODEL_NAME, PLACES, SHEETS, STEP
from ml.images import Floats

KNOWN = frozenset({"top", "bottom", "skirt", "dress"})  # garments, by their class, that it has learned from
LEAST = 0.004  # share of the garment below which a sheet is not one
MIRRORED = [0, 2, 1, 3]  # which sheet is which in a mirror
CALM = 4.0  # places over which a sheet is smoothed
FACING = 20.0  # percentile of centimetres a pixel where cloth is taken to face the camera


@dataclass(frozen=True)
class Sheet:
    """One piece of cloth on the canvas. u, v: float32 (128, 96), centimetres; they mean nothing beyond ``here``, bool (128, 96)."""

    u: Floats
    v: Floats
    here: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Hang:
    """sheets: the pieces that are seen, the largest first. logits: float32 (len(sheets), 128, 96), which is seen where.

    fit: how the photo lies on the canvas. px_per_cm: photo pixels per centimetre of cloth that faces the camera.
    """

    sheets: list[Sheet]
    logits: Floats
    fit: Fit
    px_per_cm: float


@cache
def cloth_net() -> Any:
    """The session of the bundled net, or None where none is bundled."""
    model = bundled_models("cloth").get(MODEL_NAME)
    return None if model is None else load_session(*model.files["onnx"])


def net_for(garments: Collection[str]) -> Any:
    """Who guesses how the cloth of these garments lies: the bundled net for a single one that it knows, else None."""
    return cloth_net() if len(garments) == 1 and KNOWN.issuperset(garments) else None


def guess_hang(light: Floats, alpha: Floats, net: Any) -> Hang | None:
    """light: float32 (H, W), fold light, median 1. alpha: float32 (H, W) in [0, 1]. None where there is too little to tell."""
    cover = alpha > 0.5
    if cover.sum() < 256:
        return None
    fit = fit_garment(cover)
    seen = on_canvas(alpha, fit)
    weighted = on_canvas(light * alpha, fit) / np.maximum(seen, 1e-3)
    picture = shown_to_net(np.where(seen > 0.05, weighted, 1).astype(np.float32), seen)
    logits, cm = _asked(net, picture)
    inside = _places(seen) > 0.5
    found = logits.argmax(axis=0)
    sizes = [int((inside & (found == number)).sum()) for number in range(len(SHEETS))]
    order = [int(each) for each in np.argsort(sizes)[::-1] if sizes[each] > max(LEAST * inside.sum(), 8)]
    if not order:
        return None
    sheets = []
    for number in order:
        here = inside & (found == number)
        sheets.append(Sheet(_calmed(cm[number, 0], here), _calmed(cm[number, 1], here), here))
    spacing = float(np.percentile(_spacing(sheets[0].u, sheets[0].v)[sheets[0].here], FACING))
    if not spacing > 0:
        return None
    return Hang(sheets, np.asarray(logits[order], np.float32), fit, STEP / spacing / fit.scale)


def _asked(net: Any, picture: Floats) -> tuple[Floats, Floats]:
    """The net's answer to the picture and to its mirror image, averaged: logits (4, 128, 96), centimetres (4, 2, 128, 96)."""
    logits, cm = net.run(None, {"picture": np.stack([picture, picture[..., ::-1]])})
    cm = cm.reshape(2, len(SHEETS), 2, *cm.shape[2:])
    turned = cm[1, MIRRORED, ..., ::-1] * np.array([-1, 1], np.float32)[None, :, None, None]
    bands = SHEETS.index("bands")  # they begin at one side
    turned[bands] = cm[0, bands]
    mean = (logits[0] + logits[1, MIRRORED, ..., ::-1]) / 2
    return np.asarray(mean, np.float32), np.asarray((cm[0] + turned) / 2, np.float32)


def _calmed(values: Floats, here: npt.NDArray[np.bool_]) -> Floats:
    """What is left of one sheet beyond its plane of best fit, smoothed: the net trembles from place to place."""
    flat, rest = plane_and_rest(values, here)
    weight = here.astype(np.float32)
    amount, total = (
        cv2.GaussianBlur(each, (0, 0), CALM, borderType=cv2.BORDER_CONSTANT) for each in (weight, rest * weight)
    )
    return np.asarray(np.where(here, flat + total / np.maximum(amount, 1e-3), values), np.float32)


def plane_and_rest(values: Floats, here: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """float32 (h, w) as the plane that fits it best where bool (h, w) is set, everywhere, and what is left, 0 elsewhere."""
    rows, columns = np.nonzero(here)
    table = np.stack([columns, rows, np.ones(len(rows))], axis=1)
    across, down, start = np.linalg.lstsq(table, values[here], rcond=None)[0]
    y, x = np.mgrid[: values.shape[0], : values.shape[1]]
    flat = np.asarray(across * x + down * y + start, np.float32)
    return flat, np.asarray(np.where(here, values - flat, 0), np.float32)


def _places(values: Floats) -> Floats:
    return np.asarray(cv2.resize(values, PLACES, interpolation=cv2.INTER_AREA), np.float32)


def _spacing(u: Floats, v: Floats) -> Floats:
    """Centimetres of cloth from one place to the next, the mean of both ways."""
    (u_y, u_x), (v_y, v_x) = np.gradient(u), np.gradient(v)
    return np.asarray(np.sqrt(np.abs(u_x * v_y - u_y * v_x)), np.float32)
