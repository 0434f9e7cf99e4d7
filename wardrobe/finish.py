"""From the renderer's noisy passes to the files of a stock garment."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from ml.compositing.cloth_map import encode_light, encode_parts, encode_uv, nearest_valid
from ml.compositing.region import floats
from ml.garments.config import CLASSES
from ml.images import Bytes, Floats, linear_to_srgb
from wardrobe.about import About

REACH = 14  # pixels around each that tell its light, of a picture 1600 high
EVEN = 1e-3  # how much a slope must explain to count


def light_over_normal(light: Floats, normal: Floats, cover: Floats, reach: int) -> tuple[Floats, Floats]:
    """How the light depends on the normal around each pixel: slope (H, W, 3) and rest (H, W), without the renderer's noise.

    light: float32 (H, W), noisy. normal: float32 (H, W, 3), without noise. cover: float32 (H, W), how far each value counts.
    The light is fitted as a plane over the normal (a guided filter: He, Sun and Tang, 2013, weighted): soft light on matt
    cloth depends on little else, so that relief stays, even finer than these pixels when the fit is used with a finer normal.
    """
    weight = np.maximum(_mean(cover, reach), 1e-6)

    def mean(values: Floats) -> Floats:
        return floats(_mean(values * cover, reach) / weight)

    middle = np.stack([mean(normal[..., each]) for each in range(3)], axis=-1)
    level = mean(light)
    spread = np.empty((*light.shape, 3, 3), np.float32)
    along = np.empty((*light.shape, 3), np.float32)
    for i in range(3):
        along[..., i] = mean(normal[..., i] * light) - middle[..., i] * level
        for j in range(i, 3):
            spread[..., i, j] = mean(normal[..., i] * normal[..., j]) - middle[..., i] * middle[..., j]
            spread[..., j, i] = spread[..., i, j]
    spread += EVEN * np.eye(3, dtype=np.float32)
    slope = np.linalg.solve(spread, along[..., None])[..., 0]
    rest = level - (slope * middle).sum(axis=-1)
    return np.stack([mean(floats(slope[..., each])) for each in range(3)], axis=-1), mean(floats(rest))


def _mean(values: Floats, reach: int) -> Floats:
    return floats(cv2.GaussianBlur(values, (0, 0), reach / 2, borderType=cv2.BORDER_REFLECT))


def finished(passes: dict[str, Floats], grey: float) -> dict[str, Any]:
    """photo uint8 (H, W, 3), alpha, light, u, v float32, valid bool, parts uint8: all (H, W); bare: what buttons cover."""
    cloth, normal, sharp = (passes[each] for each in ("cloth", "normal", "map"))
    height, width = normal.shape[:2]
    alpha = np.clip(normal[..., 3], 0, 1)
    alpha = floats(np.where(alpha < 1 / 255, 0, np.where(alpha > 254 / 255, 1, alpha)))
    light = even_light(cloth, normal, alpha, grey)
    wall = cv2.GaussianBlur(passes["wall"], (0, 0), len(passes["wall"]) / 100)
    ground = floats(cv2.resize(wall, (width, height), interpolation=cv2.INTER_CUBIC))
    linear = light[..., None] * np.float32(grey) * alpha[..., None] + ground * (1 - alpha[..., None])
    trim = passes.get("trim", np.zeros((1, 1, 4), np.float32))
    linear = linear * (1 - trim[..., 3:]) + trim[..., :3]
    grain = np.random.default_rng(1).normal(0, 0.35 / 255, (height, width, 1))  # against bands in the wall
    valid = (sharp[..., 3] > 0.5) & (alpha > 0)
    return {
        "photo": linear_to_srgb(linear + grain * (0.3 + linear)),
        "alpha": alpha,
        "bare": np.clip(trim[..., 3], 0, 1),
        "light": light,
        "u": floats(np.where(valid, sharp[..., 0], 0)),
        "v": floats(np.where(valid, sharp[..., 1], 0)),
        "valid": valid,
        "parts": np.where(valid, np.round(sharp[..., 2]), 0).astype(np.uint8),
    }


def even_light(cloth: Floats, normal: Floats, alpha: Floats, grey: float) -> Floats:
    """Linear light on the cloth, float32 (H, W), carried on beyond its edge.

    cloth: float32 (h, w, 4), the noisy picture, which may be smaller. normal: float32 (H, W, 4). alpha: float32 (H, W).
    """
    small = (cloth.shape[1], cloth.shape[0])
    reach = max(2, round(REACH * len(cloth) / 1600))
    coarse = floats(cv2.resize(normal, small, interpolation=cv2.INTER_AREA))
    cover = (np.minimum(coarse[..., 3], cloth[..., 3]) > 0.9).astype(np.float32)
    bent = floats(coarse[..., :3] / np.maximum(coarse[..., 3:], 1e-3))
    own = cloth[..., :3].mean(axis=-1) / np.maximum(cloth[..., 3], 1e-3) / grey
    slope, rest = light_over_normal(floats(own), bent, cover, reach)
    rows, columns = nearest_valid(cover > 0)
    fit = np.dstack([slope, rest])[rows, columns]
    fit = floats(cv2.resize(fit, alpha.shape[::-1], interpolation=cv2.INTER_LINEAR))
    fine = normal[..., :3] / np.maximum(normal[..., 3:], 1e-3)
    light = (fit[..., :3] * fine).sum(axis=-1) + fit[..., 3]
    sure = np.minimum(alpha, normal[..., 3]) > 0.9
    rows, columns = nearest_valid(sure)
    return floats(np.clip(np.where(sure, light, light[rows, columns]), 0.004, 2.0))


def true_pictures(shown: dict[str, Floats], normal: Floats, grey: float) -> dict[str, Bytes]:
    """Pattern renders without the renderer's noise: name → uint8 (H, W, 3), cloth on grey.

    shown: float32 (H, W, 4) each, made with the same random numbers; "white" is the plain cloth. What a pattern gives back,
    divided by what the plain cloth does, is nearly without noise (a ratio estimator); times the quiet light of the plain one.
    """
    plain = shown["white"]
    height, width = plain.shape[:2]
    small = cv2.resize(normal, (width, height), interpolation=cv2.INTER_AREA)
    alpha = np.clip(small[..., 3], 0, 1)
    light = even_light(plain, floats(small), floats(alpha), grey)
    ground = np.float32(0.75)
    pictures = {}
    for name, look in shown.items():
        if name != "white":
            colour = look[..., :3] / np.maximum(plain[..., :3].mean(axis=-1, keepdims=True), 1e-4) * grey
            cloth = np.clip(colour, 0, 1.2) * light[..., None]
            pictures[name] = linear_to_srgb(cloth * alpha[..., None] + ground * (1 - alpha[..., None]))
    return pictures


def density(made: dict[str, Any]) -> float:
    """Pixels per centimetre of cloth, where it faces the camera: what most of its middle shows."""
    both = made["valid"][:, 1:] & made["valid"][:, :-1]
    step = np.hypot(np.diff(made["u"], axis=1), np.diff(made["v"], axis=1))[both]
    return round(float(1 / np.percentile(step[step > 1e-4], 15)), 2)


def write_stock(folder: Path, made: dict[str, Any], about: About, facts: dict[str, Any], plain: list[int]) -> None:
    """All files of tryon/stock for one garment; parts in ``plain`` keep their own colour."""
    folder.mkdir(parents=True, exist_ok=True)
    alpha = made["alpha"]
    cloth = alpha * (1 - made["bare"])
    if plain:
        bare = floats(np.isin(made["parts"], plain))
        known = floats(made["valid"])
        share = cv2.GaussianBlur(bare, (0, 0), 0.7) / np.maximum(cv2.GaussianBlur(known, (0, 0), 0.7), 1e-3)
        cloth = cloth * (1 - np.clip(share, 0, 1))
    Image.fromarray(made["photo"]).save(folder / "photo.jpg", quality=92, optimize=True)
    Image.fromarray(np.round(cloth * 255).astype(np.uint8)).save(folder / "mask.png", optimize=True)
    labels = np.where(alpha > 0.5, CLASSES.index(about.garment), 0).astype(np.uint8)
    Image.fromarray(labels).save(folder / "labels.png", optimize=True)
    (folder / "uv.png").write_bytes(encode_uv(made["u"], made["v"], made["valid"]))
    (folder / "shading.png").write_bytes(encode_light(floats(np.where(alpha > 0, made["light"], 0))))
    (folder / "parts.png").write_bytes(encode_parts(made["parts"]))
    text = asdict(replace(about, px_per_cm=density(made))) | facts
    (folder / "garment.json").write_text(json.dumps(text, indent=2, ensure_ascii=False) + "\n")
