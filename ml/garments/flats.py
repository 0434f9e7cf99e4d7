"""Training material for flat-laid clothes: one garment, cut out or drawn, on plain, wooden, tiled or woven ground."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.garments.config import CLASSES
from ml.images import Bytes, Floats

Rng = np.random.Generator
Points = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Cutout:
    """A garment of a photo: uint8 (h, w, 3), where it is, bool (h, w), and its class."""

    photo: Bytes
    mask: Mask
    garment: int


PickCutout = Callable[[Rng], Cutout | None]
PickPatch = Callable[[Rng, int, int], Bytes | None]


def draw_flat(
    rng: Rng, width: int, height: int, swatches: list[Bytes], pick_cutout: PickCutout, pick_patch: PickPatch
) -> tuple[Bytes, Bytes]:
    """A flat-laid garment: photo uint8 (height, width, 3) and classes uint8 (height, width)."""
    patch = pick_patch(rng, width, height) if rng.random() < 0.08 else None
    photo = draw_background(rng, width, height, swatches) if patch is None else patch
    labels = np.zeros((height, width), dtype=np.uint8)
    cutout = pick_cutout(rng) if rng.random() < 0.45 else None
    garment = cutout or draw_silhouette(rng, swatches)
    share = rng.uniform(0.5, 1.0)
    return _paste(rng, photo, labels, garment, share, 0.2 if cutout else 0.0, swatches)


def draw_background(rng: Rng, width: int, height: int, swatches: list[Bytes]) -> Bytes:
    """A ground without any garment, uint8 (height, width, 3): plain, cloth with folds, planks, tiles or a carpet."""
    kind = rng.random()
    if kind < 0.4:
        ground = np.full((height, width, 3), _ground_colour(rng), dtype=np.float32)
    elif kind < 0.6:
        ground = _planks(rng, width, height)
    elif kind < 0.72:
        ground = _floor_tiles(rng, width, height)
    else:
        ground = _woven(rng, width, height, swatches)
    folds = rng.uniform(0.05, 0.25) if rng.random() < 0.4 else 0.04
    ground *= 1 + folds * _soft_noise(rng, width, height, int(rng.integers(3, 9)))[..., None]
    ground *= 1 + rng.uniform(0, 0.25) * _soft_noise(rng, width, height, 2)[..., None]
    ground += rng.normal(0, rng.uniform(0.5, 6), (height, width, 1)).astype(np.float32)
    return np.clip(ground, 0, 255).astype(np.uint8)


def draw_silhouette(rng: Rng, swatches: list[Bytes], size: int = 320) -> Cutout:
    """A garment drawn from a few measures, filled with plain colour or a swatch and shaded."""
    import cv2

    garment = str(rng.choice(["top", "top", "outerwear", "bottom", "skirt", "skirt", "dress", "dress"]))
    outline, details = _OUTLINES[garment](rng)
    points = np.round(_smooth(outline) * (size - 9) + 4).astype(np.int32)
    mask = np.zeros((size, size), dtype=np.uint8)
    cv2.fillPoly(mask, [points], 1)
    cloth = _cloth(rng, size, size, swatches)
    depth = np.minimum(cv2.distanceTransform(mask, cv2.DIST_L2, 3) / (size * 0.06), 1.0)
    cloth *= (rng.uniform(0.6, 0.95) + (1 - rng.uniform(0.6, 0.95)) * depth)[..., None]
    cloth *= 1 + rng.uniform(0.04, 0.25) * _soft_noise(rng, size, size, int(rng.integers(4, 12)))[..., None]
    for line in details:
        shade = float(rng.uniform(-50, 40))
        drawn = np.zeros((size, size), dtype=np.uint8)
        ends = np.round(np.asarray(line) * (size - 9) + 4).astype(np.int32)
        cv2.polylines(drawn, [ends], False, 255, int(rng.integers(1, 4)), cv2.LINE_AA)
        cloth += shade * (drawn / 255.0)[..., None]
    left, top, wide, tall = cv2.boundingRect(mask)
    part = (slice(top, top + tall), slice(left, left + wide))
    return Cutout(np.clip(cloth, 0, 255).astype(np.uint8)[part], mask.astype(bool)[part], CLASSES.index(garment))


def _paste(
    rng: Rng, photo: Bytes, labels: Bytes, item: Cutout, share: float, recolour: float, swatches: list[Bytes]
) -> tuple[Bytes, Bytes]:
    """Lay a garment on the ground with a soft edge and a shadow; turned a little, filling ``share`` of the picture."""
    import cv2

    height, width = labels.shape
    tall, wide = item.mask.shape
    scale = share * min(height / tall, width / wide)
    angle = rng.normal(0, 7) if rng.random() < 0.8 else rng.uniform(-40, 40)
    matrix = cv2.getRotationMatrix2D((wide / 2, tall / 2), angle, scale)
    spare_x, spare_y = max(width - wide * scale, 8), max(height - tall * scale, 8)
    matrix[0, 2] += width / 2 - wide / 2 + rng.uniform(-0.35, 0.35) * spare_x
    matrix[1, 2] += height / 2 - tall / 2 + rng.uniform(-0.35, 0.35) * spare_y
    if rng.random() < 0.5:
        matrix[0] = -matrix[0]
        matrix[0, 2] += width
    whole: Any = item.mask.astype(np.uint8) * 255
    if item.garment not in (7, 8):
        whole = cv2.morphologyEx(whole, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    source = item.photo.astype(np.float32)
    if rng.random() < recolour:
        grey = source.mean(axis=2, keepdims=True)
        source = _cloth(rng, wide, tall, swatches) * np.clip(grey / max(float(grey.mean()), 20.0), 0.3, 1.8)
    flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    alpha = cv2.warpAffine(whole, matrix, (width, height), flags=flags).astype(np.float32)[..., None] / 255.0
    moved = cv2.warpAffine(source, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    reach = max(width * rng.uniform(0.005, 0.03), 1.0)
    shadow = cv2.GaussianBlur(alpha[..., 0], (0, 0), reach)
    shadow = np.roll(shadow, (int(reach * rng.uniform(0, 1.5)), int(reach * rng.uniform(-1.5, 1.5))), axis=(0, 1))
    ground = photo.astype(np.float32) * (1 - rng.uniform(0, 0.55) * shadow)[..., None]
    mixed = ground * (1 - alpha) + moved * alpha
    found = np.where(alpha[..., 0] > 0.5, np.uint8(item.garment), labels)
    return np.clip(mixed, 0, 255).astype(np.uint8), found.astype(np.uint8)


def _ground_colour(rng: Rng) -> Floats:
    """Mostly light and greyish, sometimes a loud bedspread, sometimes dark."""
    import colorsys

    kind = rng.random()
    if kind < 0.55:
        hue, saturation, value = rng.uniform(0, 1), rng.uniform(0, 0.18), rng.uniform(0.55, 1.0)
    elif kind < 0.85:
        hue, saturation, value = rng.uniform(0, 1), rng.uniform(0.3, 0.95), rng.uniform(0.3, 0.95)
    else:
        hue, saturation, value = rng.uniform(0, 1), rng.uniform(0, 0.4), rng.uniform(0.04, 0.35)
    return np.array(colorsys.hsv_to_rgb(hue, saturation, value), dtype=np.float32) * 255


def _soft_noise(rng: Rng, width: int, height: int, cells: int) -> Floats:
    """Smooth noise of about unit spread, (height, width), with ``cells`` bumps along the width."""
    import cv2

    rows = max(round(cells * height / width), 2)
    coarse = rng.normal(0, 1, (rows + 1, cells + 1)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.float32)


def _planks(rng: Rng, width: int, height: int) -> Floats:
    """Wood: boards of slightly different tone with long grain, along either axis."""
    import cv2

    along = rng.random() < 0.5
    across, length = (width, height) if along else (height, width)
    base = np.array([rng.uniform(90, 220), 0, 0], dtype=np.float32)
    base[1] = base[0] * rng.uniform(0.7, 0.95)
    base[2] = base[1] * rng.uniform(0.55, 0.95)
    board = max(int(across / rng.uniform(3, 12)), 4)
    tones = rng.normal(1, 0.07, across // board + 2)[np.arange(across) // board].astype(np.float32)
    grain = cv2.resize(
        rng.normal(0, 1, (max(length // 24, 2), across)).astype(np.float32),
        (across, length),
        interpolation=cv2.INTER_LINEAR,
    )
    wood = tones[None, :] * (1 + rng.uniform(0.02, 0.1) * grain)
    wood[:, np.arange(across) % board == 0] *= rng.uniform(0.45, 0.9)
    ground = wood[..., None] * base
    return np.ascontiguousarray(ground if along else ground.transpose(1, 0, 2)).astype(np.float32)


def _floor_tiles(rng: Rng, width: int, height: int) -> Floats:
    """Square tiles with joints, possibly turned, possibly a checkerboard."""
    side = width / rng.uniform(1.2, 6)
    turn = rng.uniform(-0.8, 0.8)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    u = (x * np.cos(turn) + y * np.sin(turn)) / side + 100
    v = (-x * np.sin(turn) + y * np.cos(turn)) / side + 100
    first, second = _ground_colour(rng), _ground_colour(rng)
    if rng.random() < 0.6:
        second = first * np.float32(rng.uniform(0.93, 1.07))
    odd = ((u.astype(np.int32) + v.astype(np.int32)) % 2)[..., None]
    ground = np.where(odd == 1, first, second).astype(np.float32)
    joint = (np.minimum(u % 1, v % 1) < 1.5 / side + 0.01)[..., None]
    return np.where(joint, ground * np.float32(rng.uniform(0.5, 1.3)), ground).astype(np.float32)


def _woven(rng: Rng, width: int, height: int, swatches: list[Bytes]) -> Floats:
    """A carpet or bedspread: a swatch, mirrored over the whole picture."""
    return _cloth(rng, width, height, swatches, plain=0.1)


def _cloth(rng: Rng, width: int, height: int, swatches: list[Bytes], plain: float = 0.45) -> Floats:
    """Cloth over (height, width): one colour, or a swatch at some scale."""
    import cv2

    if not swatches or rng.random() < plain:
        return np.full((height, width, 3), _ground_colour(rng), dtype=np.float32)
    swatch = swatches[int(rng.integers(len(swatches)))]
    side = max(int(width * rng.uniform(0.25, 1.0)), 16)
    tile = cv2.resize(swatch, (side, side), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:
        tile = np.roll(tile, int(rng.integers(1, 3)), axis=2)
    tile = np.concatenate([tile, tile[:, ::-1]], axis=1)
    tile = np.concatenate([tile, tile[::-1]], axis=0)
    times = (height // tile.shape[0] + 1, width // tile.shape[1] + 1, 1)
    return np.tile(tile, times)[:height, :width].astype(np.float32)


def _mirror(right: list[tuple[float, float]]) -> Points:
    """A symmetric outline from its right half, top to bottom; x is the distance from the middle."""
    half = np.asarray(right)
    both = np.concatenate([half, (half * [-1, 1])[::-1]])
    both = both - both.min(axis=0)
    return np.asarray(both / both.max())


def _smooth(points: Points, rounds: int = 2) -> Points:
    """Corner cutting (Chaikin 1974) on a closed outline."""
    for _ in range(rounds):
        following = np.roll(points, -1, axis=0)
        points = np.stack([points * 0.8 + following * 0.2, points * 0.2 + following * 0.8], axis=1).reshape(-1, 2)
    return points


def _bodice(rng: Rng, length: float, hem: float, sleeve: float, hood: bool = False) -> list[tuple[float, float]]:
    """Right half of a garment with shoulders: neck, sleeve (0 none, about 0.25 short, above 0.5 long), waist, hem."""
    neck, shoulder = rng.uniform(0.09, 0.2), rng.uniform(0.3, 0.42)
    chest = shoulder * rng.uniform(0.85, 1.1)
    drop = rng.uniform(0.02, 0.18)
    half = [(0.0, -0.16), (neck, -0.1), (neck, 0.02)] if hood else [(0.0, drop), (neck * 0.7, drop * 0.8), (neck, 0.0)]
    half.append((shoulder, rng.uniform(0.05, 0.12)))
    if sleeve:
        angle, thick = rng.uniform(0.15, 1.45), rng.uniform(0.1, 0.17)
        end = (shoulder + sleeve * np.cos(angle), 0.1 + sleeve * np.sin(angle))
        half.append(end)
        half.append((end[0] - thick * np.sin(angle), end[1] + thick * np.cos(angle)))
        half.append((max(chest, end[0] - thick * np.sin(angle) - sleeve * np.cos(angle) * 0.8), 0.3))
    else:
        half.append((chest * 0.85, 0.2))
    half += [(chest * rng.uniform(0.8, 1.0), length * 0.55), (hem, length)]
    return half


def _top(rng: Rng) -> tuple[Points, list[list[tuple[float, float]]]]:
    sleeve = float(rng.choice([0.0, rng.uniform(0.15, 0.35), rng.uniform(0.5, 0.8)], p=[0.15, 0.45, 0.4]))
    outline = _mirror(_bodice(rng, rng.uniform(0.6, 1.0), rng.uniform(0.28, 0.5), sleeve))
    middle = float(outline[:, 0].max() / 2)
    lines = [[(middle, 0.1), (middle, float(outline[:, 1].max()))]] if rng.random() < 0.3 else []
    return outline, lines


def _outerwear(rng: Rng) -> tuple[Points, list[list[tuple[float, float]]]]:
    outline = _mirror(
        _bodice(rng, rng.uniform(0.8, 1.5), rng.uniform(0.36, 0.6), rng.uniform(0.6, 0.9), rng.random() < 0.4)
    )
    middle, low = float(outline[:, 0].max() / 2), float(outline[:, 1].max())
    lines = [[(middle, 0.05), (middle, low)], [(middle, low * 0.25), (middle - 0.1, 0.05)]]
    lines += [[(middle + side * 0.1, low * 0.6), (middle + side * 0.2, low * 0.66)] for side in (-1, 1)]
    return outline, lines


def _bottom(rng: Rng) -> tuple[Points, list[list[tuple[float, float]]]]:
    length = rng.uniform(0.4, 0.7) if rng.random() < 0.4 else rng.uniform(1.2, 2.0)
    waist, hip, spread = rng.uniform(0.2, 0.3), rng.uniform(0.28, 0.4), rng.uniform(0.0, 0.35)
    leg = rng.uniform(0.1, 0.28)
    outer = hip * 0.6 + leg * 0.5 + spread
    half = [(0.0, 0.0), (waist, 0.0), (hip, 0.25), (outer + leg / 2, length), (max(outer - leg / 2, 0.02), length)]
    half.append((0.01, rng.uniform(0.28, 0.4)))
    outline = _mirror(half)
    middle = float(outline[:, 0].max() / 2)
    return outline, [[(middle, 0.0), (middle, 0.15)], [(middle - 0.1, 0.05), (middle + 0.1, 0.05)]]


def _skirt(rng: Rng) -> tuple[Points, list[list[tuple[float, float]]]]:
    length = rng.uniform(0.4, 1.3)
    waist = rng.uniform(0.2, 0.3)
    hem = waist + rng.uniform(0.0, 0.45) * min(length, 0.8)
    half = [(0.0, 0.0), (waist, 0.0), ((waist + hem) / 2 + rng.uniform(0, 0.06), length * 0.45), (hem, length * 0.96)]
    half.append((0.0, length * rng.uniform(0.97, 1.06)))
    outline = _mirror(half)
    middle = float(outline[:, 0].max() / 2)
    lines = [[(middle - 0.12, 0.08), (middle + 0.12, 0.08)]]
    for _ in range(int(rng.integers(0, 6))):
        x = float(rng.uniform(-0.2, 0.2))
        lines.append([(middle + x * 0.6, 0.1), (middle + x * 1.5, float(outline[:, 1].max()) * 0.95)])
    return outline, lines


def _dress(rng: Rng) -> tuple[Points, list[list[tuple[float, float]]]]:
    sleeve = float(rng.choice([0.0, rng.uniform(0.15, 0.35), rng.uniform(0.5, 0.8)], p=[0.45, 0.3, 0.25]))
    length = rng.uniform(1.1, 2.0)
    half = _bodice(rng, length * 0.45, rng.uniform(0.22, 0.34), sleeve)
    half[-2] = (half[-2][0], length * 0.3)
    half.append((rng.uniform(0.34, 0.75), length))
    outline = _mirror(half)
    middle, low = float(outline[:, 0].max() / 2), float(outline[:, 1].max())
    waist = low * 0.45
    return outline, [[(middle - 0.15, waist), (middle + 0.15, waist)]] if rng.random() < 0.7 else []


_OUTLINES = {"top": _top, "outerwear": _outerwear, "bottom": _bottom, "skirt": _skirt, "dress": _dress}
