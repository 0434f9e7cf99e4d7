"""What the cloth net learns from: garments that ``wardrobe.lessons`` rendered, moved, bent, lit and hidden afresh each time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import cv2
import numpy as np
import numpy.typing as npt

from ml.cloth.canvas import fit_garment, shown_to_net
from ml.cloth.config import CANVAS, FILL, SHEETS, STEP, Settings
from ml.errors import PictureError
from ml.images import Floats

JUMP = 4.0  # cm of cloth between neighbouring pixels of a lesson that make a seam or a fold
Rng = np.random.Generator


@dataclass(frozen=True)
class Lesson:
    """One view. light: float32 (H, W), linear, 0 beyond. cover: float32 (H, W). u, v: float32 (H, W), cm.

    sheet: int8 (H, W), -1 beyond. sure: bool (H, W), where neighbours lie on the same cloth.
    """

    light: Floats
    cover: Floats
    u: Floats
    v: Floats
    sheet: npt.NDArray[np.int8]
    sure: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Drawn:
    """picture: float32 (2, 256, 192). uv: float32 (2, 128, 96). sheet: int64 (128, 96), -1 beyond. sure: bool (128, 96)."""

    picture: Floats
    uv: Floats
    sheet: npt.NDArray[np.int64]
    sure: npt.NDArray[np.bool_]


def read_lessons(paths: list[Path]) -> list[Lesson]:
    """All views of the files. Raises PictureError when one is damaged."""
    lessons = []
    for path in paths:
        try:
            with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
                cloth, seen, names = file["cloth"].astype(np.float32), file["map"], json.loads(str(file["names"]))
        except (OSError, ValueError, KeyError, BadZipFile) as error:
            raise PictureError(f"{path.name} holds no lesson ({type(error).__name__}).") from None
        lessons += [_lesson(*view, names[1:]) for view in zip(cloth, seen, strict=True)]
    return lessons


def _lesson(cloth: Floats, seen: Floats, parts: list[str]) -> Lesson:
    cover = seen[..., 3] > 0.5
    u, v, part = (np.where(cover, seen[..., at], 0).astype(np.float32) for at in range(3))
    sheet = np.full(cover.shape, -1, np.int8)
    for number, name in enumerate(parts, 1):
        here = cover & (np.round(part) == number)
        if name == "sleeves":
            sheet[here] = np.where(u[here] < 0, 1, 2)
        else:
            sheet[here] = 0 if name in ("body", "skirt", "legs") else 3
    sure = cover.copy()
    for axis in (0, 1):
        first, second = ((slice(None, -1),), (slice(1, None),)) if axis == 0 else (np.s_[:, :-1], np.s_[:, 1:])
        far = (np.abs(u[first] - u[second]) > JUMP) | (np.abs(v[first] - v[second]) > JUMP)
        far |= sheet[first] != sheet[second]
        sure[first] &= ~far
        sure[second] &= ~far
    return Lesson(np.clip(cloth[..., :3].mean(axis=-1), 0, None), np.clip(cloth[..., 3], 0, 1), u, v, sheet, sure)


def draw(lesson: Lesson, rng: Rng, settings: Settings) -> Drawn:
    """A lesson as it may look in somebody's photo. Stretched cloth is more cloth: u and v grow with it."""
    flip = rng.random() < 0.5
    stretch = float(np.exp(rng.normal(0, 0.07)))
    back_x, back_y = _warp(rng, lesson.cover.shape, flip, stretch)
    cover = _read(lesson.cover, back_x, back_y)
    shown = _shown(rng, cover > 0.5, settings)
    if (shown & (cover > 0.5)).sum() < 400:
        shown = np.ones(cover.shape, bool)
    fit = fit_garment(shown & (cover > 0.5), FILL * rng.uniform(0.94, 1.04))
    across, down = (np.arange(size, dtype=np.float32) + 0.5 for size in CANVAS)
    at_x = np.repeat(((across - fit.shift_x + rng.normal(0, 1.5)) / fit.scale - 0.5)[None], CANVAS[1], axis=0)
    at_y = np.repeat(((down - fit.shift_y + rng.normal(0, 1.5)) / fit.scale - 0.5)[:, None], CANVAS[0], axis=1)
    at_x, at_y = at_x.astype(np.float32), at_y.astype(np.float32)
    from_x, from_y = (_read(each, at_x, at_y, beyond=-9) for each in (back_x, back_y))
    visible = _read(shown.astype(np.float32), at_x, at_y)
    seen = np.minimum(_read(lesson.cover, from_x, from_y), visible)
    light = _read(np.asarray(lesson.light / np.maximum(lesson.cover, 1e-3), np.float32), from_x, from_y)
    picture = shown_to_net(_lit(rng, light, seen, settings), _frayed(rng, seen))
    small_x, small_y = (np.ascontiguousarray(_middles(each)) for each in (from_x, from_y))
    nearest = cv2.remap(lesson.sheet.astype(np.float32), small_x, small_y, cv2.INTER_NEAREST, borderValue=-1)
    sheet = np.where(_middles(seen) > 0.5, nearest, -1).astype(np.int64)
    sure = (_read(lesson.sure.astype(np.float32), small_x, small_y) > 0.99) & (sheet >= 0)
    u, v = (_read(each, small_x, small_y) for each in (lesson.u, lesson.v))
    u, v = np.asarray(u * stretch, np.float32), np.asarray(v / stretch, np.float32)
    if flip:
        u, sheet = -u, np.array([-1, 0, 2, 1, 3])[sheet + 1]
        sure &= sheet != SHEETS.index("bands")  # they begin at one side
    return Drawn(picture, np.stack([u, v]).astype(np.float32), sheet, sure)


def _read(values: Floats, x: Floats, y: Floats, beyond: float = 0.0) -> Floats:
    return np.asarray(cv2.remap(values, x, y, cv2.INTER_LINEAR, borderValue=beyond), np.float32)


def _middles(values: Floats) -> Floats:
    """Values at the middles of the answer's places."""
    height, width = values.shape
    return np.asarray(values.reshape(height // STEP, STEP, width // STEP, STEP).mean(axis=(1, 3)), np.float32)


def _warp(rng: Rng, shape: tuple[int, ...], flip: bool, stretch: float) -> tuple[Floats, Floats]:
    """Where each pixel of the moved picture looks in the lesson: turned, mirrored, stretched and gently bent."""
    height, width = shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    x, y = (x - width / 2) / 0.85, (y - height / 2) / 0.85
    angle = np.radians(rng.normal(0, 5))
    cos, sin = np.cos(angle), np.sin(angle)
    x, y = cos * x + sin * y, cos * y - sin * x
    x = (x + y * rng.normal(0, 0.03)) / stretch * (-1 if flip else 1)
    y = y * stretch
    bend = rng.normal(0, rng.choice([0.004, 0.012, 0.022]) * height, (2, 5, 4)).astype(np.float32)
    move_x, move_y = (cv2.resize(each, (width, height), interpolation=cv2.INTER_CUBIC) for each in bend)
    return np.asarray(x + width / 2 + move_x, np.float32), np.asarray(y + height / 2 + move_y, np.float32)


def _shown(rng: Rng, inside: npt.NDArray[np.bool_], settings: Settings) -> npt.NDArray[np.bool_]:
    """What of the garment is in the photo, and not behind hands, hair or a bag."""
    rows, columns = np.nonzero(inside.any(axis=1))[0], np.nonzero(inside.any(axis=0))[0]
    shown = np.ones(inside.shape, np.uint8)
    if len(rows) and rng.random() < settings.cut_share:
        tall, wide = rows[-1] - rows[0], columns[-1] - columns[0]
        if rng.random() < 0.75:
            shown[int(rows[0] + tall * rng.uniform(0.35, 0.95)) :] = 0
        else:
            shown[:, : int(columns[0] + wide * rng.uniform(0.02, 0.2))] = 0
    if len(rows) and rng.random() < settings.hidden_share:
        for _ in range(int(rng.integers(1, 4))):
            middle = int(rng.choice(columns)), int(rng.choice(rows))
            size = int(rng.uniform(4, 22)), int(rng.uniform(4, 40))
            cv2.ellipse(shown, middle, size, float(rng.uniform(-60, 60)), 0, 360, 0, -1)
    return shown > 0


def _lit(rng: Rng, light: Floats, seen: Floats, settings: Settings) -> Floats:
    """Fold light, median 1, under other lamps, softer or harsher, with noise and the remains of a print."""
    if rng.random() < settings.dark_share or not (seen > 0.5).any():
        return np.ones(light.shape, np.float32)
    deep = np.log2(np.maximum(light / max(float(np.median(light[seen > 0.5])), 1e-3), 1e-2)) * rng.uniform(0.5, 1.7)
    broad = rng.normal(0, 0.25, (3, 3)).astype(np.float32)
    deep += cv2.resize(broad, CANVAS, interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.5:
        cells = int(rng.integers(10, 60))
        print_ = rng.normal(0, rng.uniform(0.0, 0.12), (cells, cells)).astype(np.float32)
        deep += cv2.resize(print_, CANVAS, interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.5:
        deep = cv2.GaussianBlur(deep, (0, 0), rng.uniform(0.6, 1.8))
    deep += rng.normal(0, rng.uniform(0, 0.06), deep.shape)
    return np.asarray(np.exp2(deep), np.float32)


def _frayed(rng: Rng, seen: Floats) -> Floats:
    """The cover with the uneven edge that a net would find."""
    if rng.random() < 0.4:
        return seen
    wave = cv2.resize(rng.normal(0, 0.35, (40, 30)).astype(np.float32), CANVAS, interpolation=cv2.INTER_CUBIC)
    soft = cv2.GaussianBlur(seen, (0, 0), rng.uniform(0.8, 2.0))
    return np.asarray(np.clip((soft + wave * 0.4 - 0.5) * 3 + 0.5, 0, 1), np.float32)
