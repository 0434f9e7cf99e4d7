"""The studio: panels of cloth laid over each other, lit softly from the upper left, on a warm grey ground."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np

from wardrobe.folds import noise
from wardrobe.shapes import Floats, Grid, Points, along, distance_to, fill

WIDTH, HEIGHT = 1200, 1600
Colour = tuple[float, float, float]  # linear light, 0 to 1
Kind = Literal["cloth", "trim"]

GROUND: Colour = (0.790, 0.776, 0.756)
KEY = np.array([-0.50, -0.62, 0.72])
DIRECTIONS = 28
FILL = np.array([0.75, -0.10, 0.65])


@dataclass
class Panel:
    """One piece: its cover on the fine grid, height in centimetres, colour, and whether a new fabric replaces it."""

    cover: Floats
    height: Floats
    colour: Floats  # (H, W, 3) linear light
    lift: float  # centimetres above the ground
    kind: Kind = "cloth"


@dataclass
class Studio:
    """The picture being made. scale: pixels per centimetre of the finished picture; quality: fine pixels per pixel."""

    scale: float
    seed: int = 1
    quality: float = 1.5
    panels: list[Panel] = field(default_factory=list)

    def __post_init__(self) -> None:
        width, height = round(WIDTH * self.quality), round(HEIGHT * self.quality)
        self.fine = Grid(width, height, self.scale * self.quality)
        self.soft = Grid(WIDTH // 2, HEIGHT // 2, self.scale / 2)
        self.final = Grid(WIDTH, HEIGHT, self.scale)

    def cover(self, points: Points) -> Floats:
        return fill(self.fine, points)

    def soft_cover(self, points: Points) -> Floats:
        return fill(self.soft, points)

    def add(self, cover: Floats, height: Floats, colour: Colour | Floats, lift: float, kind: Kind = "cloth") -> Panel:
        """Lay a piece on top of what is there. height may be on the soft grid."""
        paint = np.broadcast_to(np.asarray(colour, np.float32), (*cover.shape, 3))
        panel = Panel(cover, self.fine.fit(height).copy(), paint.copy(), lift, kind)
        self.panels.append(panel)
        return panel

    # --- sewing -------------------------------------------------------------------------------------------------

    def seam(self, panel: Panel, line: Points, depth: float = 0.05, width: float = 0.12, pucker: float = 0.012) -> None:
        """A sewn line: a narrow furrow between two rolled edges, slightly gathered by the thread."""
        d = distance_to(self.fine, line)
        panel.height -= np.float32(depth) * np.exp(-((d / np.float32(width * 0.5)) ** 2))
        panel.height += np.float32(depth * 0.5) * np.exp(-(((d - np.float32(width * 1.6)) / np.float32(width)) ** 2))
        if pucker:
            ripple = noise(self.fine, self.seed + 77, 0.55, 0.55)
            panel.height += np.float32(pucker) * ripple * np.exp(-((d / 0.7) ** 2))

    def stitches(self, panel: Panel, line: Points, tone: float = 0.86, length: float = 0.22, gap: float = 0.1) -> None:
        """A row of thread along a line."""
        grid = self.fine
        where, direction = along(line, length + gap)
        ink = np.zeros((grid.height, grid.width), np.uint8)
        for centre, way in zip(where, direction, strict=True):
            ends = grid.pixels(np.stack([centre - way * length / 2, centre + way * length / 2]))
            a, b = np.round(ends * 16).astype(int)
            cv2.line(ink, tuple(map(int, a)), tuple(map(int, b)), 255, 1, cv2.LINE_AA, shift=4)
        soft = np.asarray(cv2.GaussianBlur(ink.astype(np.float32) / 255, (0, 0), 0.035 * grid.scale), np.float32)
        drawn = soft / max(float(soft.max()), 1e-6)
        d = distance_to(grid, line)
        panel.height -= np.float32(0.025) * np.exp(-((d / 0.09) ** 2))
        panel.height += np.float32(0.02) * drawn
        panel.colour *= (1 - drawn * np.float32(1 - tone))[..., None]

    def thread_line(self, panel: Panel, line: Points, depth: float = 0.03, width: float = 0.06) -> None:
        d = distance_to(self.fine, line)
        panel.height -= np.float32(depth) * np.exp(-((d / np.float32(width)) ** 2))

    def button(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """A sewn-through button of four holes, on whatever lies on top there."""
        lift = self._top_at(x, y) + 0.16
        grid = self.fine
        d = np.hypot(grid.x - np.float32(x), grid.y - np.float32(y))
        cover = np.clip((radius - d) * grid.scale + 0.5, 0, 1).astype(np.float32)
        rim = np.exp(-(((d - radius * 0.82) / (radius * 0.16)) ** 2))
        height = 0.05 * rim - 0.02 * np.exp(-((d / (radius * 0.55)) ** 2))
        paint = np.broadcast_to(np.asarray(colour, np.float32), (*cover.shape, 3)).copy()
        for hx, hy in ((-1, -1), (1, -1), (-1, 1), (1, 1)):
            hole = np.hypot(grid.x - (x + hx * radius * 0.24), grid.y - (y + hy * radius * 0.24))
            paint *= (1 - 0.6 * np.exp(-((hole / (radius * 0.13)) ** 2)))[..., None].astype(np.float32)
        self.panels.append(Panel(cover, height.astype(np.float32), paint, lift, "trim"))

    def _top_at(self, x: float, y: float) -> float:
        column, row = (int(value) for value in self.fine.pixels(np.array([[x, y]]))[0])
        for panel in reversed(self.panels):
            if panel.cover[row, column] > 0.5:
                return float(panel.lift + panel.height[row, column])
        return 0.0

    # --- light --------------------------------------------------------------------------------------------------

    def render(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Linear light (1600, 1200, 3), cloth alpha (1600, 1200) and cover of the whole garment, float32."""
        grid = self.fine
        total = np.full((grid.height, grid.width), 0.0, np.float32)
        lit = np.zeros((*total.shape, 3), np.float32)  # light times cover
        cloth, whole = np.zeros_like(total), np.zeros_like(total)
        for panel in self.panels:
            a = panel.cover
            facing = _facing(panel.height, grid.scale)
            total = total * (1 - a) + (panel.height + np.float32(panel.lift)) * a
            lit = lit * (1 - a[..., None]) + panel.colour * (facing * a)[..., None]
            cloth = cloth * (1 - a) + (a if panel.kind == "cloth" else 0)
            whole = whole * (1 - a) + a
        shade = grid.fit(_occlusion(_beyond(self.final.fit(total), self.final.fit(whole)), self.final))
        ground = self._ground(whole)
        lit = lit * shade[..., None] + ground * (1 - whole[..., None])
        size = (WIDTH, HEIGHT)
        small = [cv2.resize(part, size, interpolation=cv2.INTER_AREA) for part in (lit, cloth, whole)]
        return small[0], np.clip(small[1], 0, 1), np.clip(small[2], 0, 1)

    def _ground(self, whole: Floats) -> Floats:
        grid = self.fine
        x, y = grid.x / (grid.width / grid.scale), grid.y / (grid.height / grid.scale)
        pool = 1.03 - 0.16 * ((x * 1.1 + 0.06) ** 2 * 2.0 + (y - 0.42) ** 2)
        shadow = np.zeros_like(whole)
        small = self.soft.fit(whole)
        for dx, dy, blur, weight in ((0.5, 0.7, 0.7, 0.20), (1.4, 1.8, 2.2, 0.20), (2.6, 3.6, 6.0, 0.16)):
            move = np.array([[1, 0, dx * self.soft.scale], [0, 1, dy * self.soft.scale]])
            moved = cv2.warpAffine(small, move, (self.soft.width, self.soft.height))
            shadow += np.float32(weight) * grid.fit(
                np.asarray(cv2.GaussianBlur(moved, (0, 0), blur * self.soft.scale), np.float32)
            )
        tint = np.array([1.0, 0.985, 0.96], np.float32)
        dark = 1 - shadow[..., None] * (np.float32(1.02) - np.float32(0.02) * tint)
        grain = np.random.default_rng(self.seed).normal(0, 0.004, whole.shape).astype(np.float32)
        return np.asarray(np.asarray(GROUND) * (pool + grain)[..., None] * dark, dtype=np.float32)


def _facing(height: Floats, scale: float) -> Floats:
    """Light by the way each point of the cloth faces: a wide key, a weak fill and a sky."""
    slope_x = cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3, scale=0.125 * scale)
    slope_y = cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3, scale=0.125 * scale)
    steep = np.sqrt(slope_x**2 + slope_y**2)
    gentle = 1.12 * np.tanh(steep * 0.8) / np.maximum(steep * 0.8, 1e-6)  # no slope is seen steeper than the lens would
    slope_x, slope_y = slope_x * gentle, slope_y * gentle
    length = np.sqrt(slope_x**2 + slope_y**2 + 1)

    def lamp(direction: np.ndarray, wrap: float) -> Floats:
        unit = direction / np.linalg.norm(direction)
        cosine = (-slope_x * unit[0] - slope_y * unit[1] + unit[2]) / length
        return np.asarray(np.clip((cosine + wrap) / (1 + wrap), 0, None), dtype=np.float32)

    sky = (1 + (slope_y / length) * 0.5) * 0.5 + 0.5 / length
    flat_key = KEY[2] / np.linalg.norm(KEY)
    total = 0.74 * lamp(KEY, 0.2) + 0.14 * lamp(FILL, 0.3) + 0.24 * sky
    level = 0.74 * (flat_key + 0.2) / 1.2 + 0.14 * (FILL[2] / np.linalg.norm(FILL) + 0.3) / 1.3 + 0.24
    return np.asarray(total / level, dtype=np.float32)


def _beyond(total: Floats, whole: Floats) -> Floats:
    """The garment's height carried past its outline, so that the far ground neither shades nor rims its edge."""
    inside = cv2.erode((whole > 0.99).astype(np.float32), np.ones((3, 3), np.uint8), borderValue=1)
    out, known = total * inside, inside.copy()
    for sigma in (2.0, 6.0, 20.0, 60.0):
        amount = cv2.GaussianBlur(inside, (0, 0), sigma)
        mean = cv2.GaussianBlur(total * inside, (0, 0), sigma) / np.maximum(amount, 1e-5)
        fresh = (known == 0) & (amount > 0.03)
        out[fresh], known[fresh] = mean[fresh], 1
    out[known == 0] = out[known > 0].min() if known.any() else 0.0
    return np.asarray(out, dtype=np.float32)


def _occlusion(total: Floats, grid: Grid) -> Floats:
    """How much of the softbox and the room each point sees: horizons in many directions over the height field."""
    seen = np.zeros_like(total)
    weights = 0.0
    for index in range(DIRECTIONS):
        angle = (index + 0.25) * 2 * np.pi / DIRECTIONS
        way = np.array([np.cos(angle), np.sin(angle)])
        horizon = np.zeros_like(total)
        for reach in np.array([0.25, 0.42, 0.7, 1.1, 1.7, 2.7, 4.2]) * (0.85 + 0.3 * (index * 0.618 % 1)):
            move = np.array([[1, 0, -way[0] * reach * grid.scale], [0, 1, -way[1] * reach * grid.scale]])
            there = cv2.warpAffine(total, move, (grid.width, grid.height), borderMode=cv2.BORDER_REPLICATE)
            horizon = np.maximum(horizon, (there - total) / np.float32(reach))
        toward_key = max(0.0, float(-(way @ KEY[:2]) / np.linalg.norm(KEY[:2])) * -1.0)
        weight = 1.0 + 2.2 * toward_key
        seen += np.float32(weight) / (1 + (horizon * np.float32(0.9)) ** 2)
        weights += weight
    return np.asarray(cv2.GaussianBlur(seen / np.float32(weights), (0, 0), 1.0), dtype=np.float32)
