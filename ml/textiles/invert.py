"""Start from a picture: the fabric of a generator that comes closest to a photo of cloth.

The photo's colours become the inks; what is searched for is the drawing. A few hundred fabrics are drawn small, the most alike is
refined by an evolution strategy (CMA-ES: Hansen and Ostermeier 2001), and the noise is chosen last. Likeness is judged by statistics
of texture, which do not mind where a motif lies: how much of the contrast each scale and each direction has (a Laplacian pyramid and
the power spectrum, after Portilla and Simoncelli 2000), and which colours cover how much. What comes back has the mood of the cloth,
its ground, colours, scale and direction; it does not have its motifs.

There is no encoder: one learned from the generator's own fabrics (kernel regression from these statistics to w) was a worse place to
begin on real photos than the best of the fabrics drawn beforehand; see docs/decisions/0007-start-from-a-picture.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from cmaes import CMA

from ml.errors import PictureError
from ml.images import Bytes, Floats, linear_to_oklab, resize_smooth, srgb_to_linear
from ml.textiles.generate import FabricGenerator
from ml.textiles.latents import encode_latent
from ml.textiles.palette import colours_of_picture, parse_colour, to_oklab
from ml.textiles.recipe import Recipe
from ml.textiles.separations import Separations, ink_shares

SMALLEST_SIDE = 32  # pixels of an upload
LOOKED_AT = 128  # pixels a side at which the photo is looked at: 16 a cell, like a tile of 8 cells
CELLS, SEARCH_CELLS = 8, 4
BANK = 192  # fabrics drawn before the search
AXES = 24  # principal axes of the style that are searched
POPULATION, GENERATIONS = 16, 14
NOISES = 6  # seeds tried at the end
_FARTHEST = 3.5  # standard deviations of the style along an axis


@dataclass(frozen=True)
class Found:
    """``recipe`` draws the fabric. ``distance`` to the photo; ``usual``: the median distance of the generator's fabrics in the same
    colours."""

    recipe: Recipe
    distance: float
    usual: float

    @property
    def closeness(self) -> float:
        """0 to 1: 0 where the generator has nothing closer to the photo than its usual fabrics, 1 only for the same texture."""
        return max(0.0, 1 - self.distance / max(self.usual, 1e-6))


def find_fabric(generator: FabricGenerator, picture: Bytes, seed: int = 0) -> Found:
    """The recipe of a fabric like ``picture``, uint8 (H, W, 3). Takes a few seconds; the same picture gives the same recipe.

    Raises PictureError when the picture is not one, or has a side under 32 px.
    """
    target = _Target(check_swatch(picture))
    axes, mean, places = _principal_axes(generator, seed)
    motifs = sorted(set(generator.settings.motifs)) or [CELLS]

    def distances(points: Floats, motif: int) -> Floats:
        noise = generator.latent(Recipe(seed, cells=SEARCH_CELLS, motif=min(motif, SEARCH_CELLS)))[1]
        return target.distances(_drawn(generator, mean + points @ axes, noise))

    bank = [distances(places[i :: len(motifs)], motif) for i, motif in enumerate(motifs)]
    nearest = int(np.argmin([part.min() for part in bank]))
    start = places[nearest :: len(motifs)][int(np.argmin(bank[nearest]))]
    motif = motifs[nearest]
    point = _refined(lambda points: distances(points, motif), start, float(bank[nearest].min()), seed)
    recipe = Recipe(seed, truncation=1.0, cells=CELLS, latent=encode_latent(mean + point @ axes))
    tried = [
        replace(recipe, seed=seed + i, motif=each)
        for i in range(NOISES)
        for each in motifs
        if min(each, SEARCH_CELLS) == min(motif, SEARCH_CELLS)
    ]
    return _best(generator, tried, target, float(np.median(np.concatenate(bank))))


def check_swatch(picture: Bytes) -> Bytes:
    """The middle of a picture as a square of 128 px. Raises PictureError when it is not a picture or too small."""
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or picture.size == 0:
        raise PictureError("This is not a colour picture; choose a photo of a fabric.")
    height, width = picture.shape[:2]
    side = min(height, width)
    if side < SMALLEST_SIDE:
        raise PictureError(f"This picture is too small: each side needs at least {SMALLEST_SIDE} pixels.")
    top, left = (height - side) // 2, (width - side) // 2
    return resize_smooth(np.ascontiguousarray(picture[top : top + side, left : left + side]), LOOKED_AT, LOOKED_AT)


class _Target:
    """The photo's colours and statistics."""

    def __init__(self, swatch: Bytes) -> None:
        self.colours = colours_of_picture(swatch, 6)
        self._lab = np.stack([to_oklab(parse_colour(colour)) for colour, _ in self.colours])
        self._shares = np.array([share for _, share in self.colours], np.float32)
        lab = linear_to_oklab(srgb_to_linear(swatch))
        self._statistics = statistics(lab, window=True)

    def distances(self, drawn: Sequence[Separations]) -> Floats:
        """How far each fabric, printed in the photo's colours, is from the photo."""
        found = []
        for each in drawn:
            shares = ink_shares(each, each.native)
            taken = self.assignment(shares)
            covers = np.bincount(taken, shares.mean((1, 2)), len(self._shares))
            printed = np.tensordot(shares, self._lab[taken], axes=(0, 0))
            texture = np.abs(statistics(printed) - self._statistics).mean()
            found.append(texture + 0.5 * np.abs(covers - self._shares).sum())
        return np.array(found, np.float32)

    def assignment(self, shares: Floats) -> list[int]:
        """For each ink the photo's colour it takes: by rank of area; inks beyond the photo's colours take the last."""
        ranks = np.argsort(np.argsort(-shares.mean((1, 2)), kind="stable"), kind="stable")
        return [min(int(rank), len(self.colours) - 1) for rank in ranks]


def statistics(lab: Floats, window: bool = False) -> Floats:
    """Statistics of a picture in OKLab, float32 (S, S, 3): logs of amounts of contrast, so that a difference of 1 is a factor of e.

    Per channel, the contrast of every level of a Laplacian pyramid; of the lightness, how the power spectrum spreads over 6 scales and 4
    directions. ``window``: the picture does not wrap around, so its edges are faded out before the spectrum.
    """
    levels = _pyramid(lab)
    contrast = [np.log(level.std((0, 1)) + 0.01) for level in levels]
    return np.concatenate([*contrast, _spectrum(lab[..., 0], window)])


def _pyramid(lab: Floats) -> list[Floats]:
    levels, now = [], lab
    for _ in range(4):
        small = cv2.pyrDown(now, borderType=cv2.BORDER_REFLECT101)
        levels.append(now - cv2.pyrUp(small, dstsize=now.shape[1::-1]))
        now = np.asarray(small, np.float32)
    return [*levels, now]


def _spectrum(lightness: Floats, window: bool) -> Floats:
    side = len(lightness)
    flat = lightness - lightness.mean()
    if window:
        fade = np.hanning(side).astype(np.float32)
        flat = flat * fade[:, None] * fade[None] * np.float32(8 / 3)
    power = np.abs(np.fft.fft2(flat)) ** 2 / side**4
    fy, fx = np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side)[None]
    octave = np.clip(np.floor(np.log2(np.maximum(np.hypot(fy, fx), 1e-9) * 64)), 0, 5).astype(int)
    direction = np.round(np.arctan2(fy, fx) / (np.pi / 4)).astype(int) % 4
    binned = np.bincount((octave * 4 + direction).ravel(), power.ravel(), 24)
    return np.asarray(0.5 * np.log(binned + 1e-5), np.float32)


def _principal_axes(generator: FabricGenerator, seed: int) -> tuple[Floats, Floats, Floats]:
    """Axes (AXES, style) of one standard deviation, the mean style, and the bank's places along them (BANK, AXES)."""
    z = np.random.RandomState(seed).standard_normal((1024, generator.settings.latent)).astype(np.float32)
    w = generator.map_latents(z)
    mean = w.mean(0)
    variances, vectors = np.linalg.eigh((w - mean).T @ (w - mean) / len(w))
    axes, sizes = vectors.T[::-1][:AXES], np.sqrt(np.maximum(variances[::-1][:AXES], 1e-12))
    places = (w[:BANK] - mean) @ axes.T / sizes
    return np.asarray(axes * sizes[:, None], np.float32), mean, np.asarray(places, np.float32)


def _refined(distances: Callable[[Floats], Floats], point: Floats, distance: float, seed: int) -> Floats:
    """CMA-ES from a place of the bank; never worse than where it began."""
    search = CMA(mean=point.astype(np.float64), sigma=0.5, seed=seed, population_size=POPULATION)
    best, least = point, distance
    for _ in range(GENERATIONS):
        asked = [search.ask() for _ in range(POPULATION)]
        points = np.clip(np.array(asked, np.float32), -_FARTHEST, _FARTHEST)
        found = distances(points)
        if found.min() < least:
            best, least = points[int(np.argmin(found))], float(found.min())
        search.tell([(place, float(value)) for place, value in zip(asked, found, strict=True)])
    return best


def _drawn(generator: FabricGenerator, styles: Floats, noise: Floats) -> list[Separations]:
    layers = len(generator.settings.widths) + 1
    drawn: list[Separations] = []
    for start in range(0, len(styles), 32):
        part = np.repeat(styles[start : start + 32, None].astype(np.float32), layers, axis=1)
        drawn += generator.separations_of(part, np.repeat(noise[None], len(part), axis=0))
    return drawn


def _best(generator: FabricGenerator, tried: Sequence[Recipe], target: _Target, usual: float) -> Found:
    """The closest of a few recipes at their own size, in the photo's colours."""
    drawn = [generator.separations([recipe])[0] for recipe in tried]
    found = target.distances(drawn)
    best = int(np.argmin(found))
    inks = target.assignment(ink_shares(drawn[best], drawn[best].native))
    coloured = tried[best].coloured({ink: target.colours[colour][0] for ink, colour in enumerate(inks)})
    return Found(coloured, float(found[best]), usual)
