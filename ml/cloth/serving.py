"""Where each pixel of a garment lies on its cloth, guessed from the photo alone by the cloth net (no torch here)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ml.bundle import bundled_models, load_session
from ml.cloth.canvas import Fit, fit_garment, on_canvas, shown_to_net
from ml.cloth.config import CANVAS, MODEL_NAME, SHEETS, STEP
from ml.images import Floats

LEAST = 0.004  # share of the garment below which a sheet is not one
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


def guess_hang(light: Floats, alpha: Floats, net: Any) -> Hang | None:
    """light: float32 (H, W), fold light, median 1. alpha: float32 (H, W) in [0, 1]. None where there is too little to tell."""
    cover = alpha > 0.5
    if cover.sum() < 256:
        return None
    fit = fit_garment(cover)
    seen = on_canvas(alpha, fit)
    weighted = on_canvas(light * alpha, fit) / np.maximum(seen, 1e-3)
    picture = shown_to_net(np.where(seen > 0.05, weighted, 1).astype(np.float32), seen)
    logits, cm = (each[0] for each in net.run(None, {"picture": picture[None]}))
    inside = _places(seen) > 0.5
    found = logits.argmax(axis=0)
    sizes = [int((inside & (found == number)).sum()) for number in range(len(SHEETS))]
    order = [int(each) for each in np.argsort(sizes)[::-1] if sizes[each] > max(LEAST * inside.sum(), 8)]
    if not order:
        return None
    sheets = [Sheet(cm[2 * number], cm[2 * number + 1], inside & (found == number)) for number in order]
    spacing = float(np.percentile(_spacing(sheets[0].u, sheets[0].v)[sheets[0].here], FACING))
    if not spacing > 0:
        return None
    return Hang(sheets, np.asarray(logits[order], np.float32), fit, STEP / spacing / fit.scale)


def _places(values: Floats) -> Floats:
    return np.asarray(
        cv2.resize(values, (CANVAS[0] // STEP, CANVAS[1] // STEP), interpolation=cv2.INTER_AREA), np.float32
    )


def _spacing(u: Floats, v: Floats) -> Floats:
    """Centimetres of cloth from one place to the next, the mean of both ways."""
    (u_y, u_x), (v_y, v_x) = np.gradient(u), np.gradient(v)
    return np.asarray(np.sqrt(np.abs(u_x * v_y - u_y * v_x)), np.float32)
