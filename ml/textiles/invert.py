"""Start from a picture: the fabric of a generator that comes closest to a photo of cloth.

The photo's colours become the inks; what is searched for is the drawing. A few hundred fabrics are drawn small; the most alike of them,
or what the encoder (:mod:`ml.textiles.encoder`) reads from the photo where that is closer, is refined by an evolution strategy (CMA-ES:
Hansen and Ostermeier 2001), and the noise is chosen last. Likeness is judged by statistics of texture, which do not mind where a motif
lies: how much of the contrast each scale and each direction has (a Laplacian pyramid and the power spectrum, after Portilla and Simoncelli
2000), which colours cover how much, and what the encoder's eyes see. Without an encoder for the generator the search goes without one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from cmaes import CMA

from ml.errors import PictureError
from ml.images import Bytes, Floats, linear_to_oklab, resize_smooth, srgb_to_linear
from ml.textiles.encoder import Encoder
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
POPULATION, GENERATIONS = 16, 12
SEEN_AGAIN = 24  # of the bank, the closest by texture, that the eyes look at
SIGHT = 0.7  # how much what the eyes see counts, beside texture and colours
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


def find_fabric(generator: FabricGenerator, picture: Bytes, seed: int = 0, encoder: Encoder | None = None) -> Found:
    """The recipe of a fabric like ``picture``, uint8 (H, W, 3). Takes a few seconds; the same picture gives the same recipe.

    Raises PictureError when the picture is not one, or has a side under 32 px.
    """
    known = encoder if encoder and encoder.knows(generator.digest) else None
    target = _Target(check_swatch(picture), known)
    space = _Space(generator, seed)
    motifs = sorted(set(generator.settings.motifs)) or [CELLS]

    def distances(points: Floats, motif: int, sight: bool) -> Floats:
        noise = generator.latent(Recipe(seed, cells=SEARCH_CELLS, motif=min(motif, SEARCH_CELLS)))[1]
        return target.distances(_drawn(generator, space.styles(points), noise), sight)

    bank = [distances(space.places[i :: len(motifs)], motif, False) for i, motif in enumerate(motifs)]
    starts = _closest(bank, space.places, motifs)
    if known:
        guess = space.point(known.guess(target.seen, generator.digest))
        starts += [(guess, motif) for motif in motifs]
    least = [float(distances(point[None], motif, True)[0]) for point, motif in starts]
    start, motif = starts[int(np.argmin(least))]
    point = _refined(lambda points: distances(points, motif, True), start, min(least), seed)
    recipe = Recipe(seed, truncation=1.0, cells=CELLS, latent=encode_latent(space.styles(point[None])[0]))
    tried = [
        replace(recipe, seed=seed + i, motif=each)
        for i in range(NOISES)
        for each in motifs
        if min(each, SEARCH_CELLS) == min(motif, SEARCH_CELLS)
    ]
    usual = np.concatenate([distances(space.places[i::16], motifs[i % len(motifs)], True) for i in range(2)])
    return _best(generator, tried, target, float(np.median(usual)))


def _closest(bank: list[Floats], places: Floats, motifs: list[int]) -> list[tuple[Floats, int]]:
    """The places, with their motifs, of the bank that are closest by texture."""
    every = [
        (float(far), place, motif)
        for i, (part, motif) in enumerate(zip(bank, motifs, strict=True))
        for far, place in zip(part, places[i :: len(motifs)], strict=True)
    ]
    every.sort(key=lambda one: one[0])
    return [(place, motif) for _, place, motif in every[:SEEN_AGAIN]]


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

    def __init__(self, swatch: Bytes, encoder: Encoder | None) -> None:
        self.colours = colours_of_picture(swatch, 6)
        self._rgb = np.stack([parse_colour(colour) for colour, _ in self.colours])
        self._lab = np.stack([to_oklab(colour) for colour in self._rgb])
        self._shares = np.array([share for _, share in self.colours], np.float32)
        lab = linear_to_oklab(srgb_to_linear(swatch))
        self._statistics = statistics(lab, window=True)
        self._encoder = encoder
        self.seen = encoder.look(swatch[None])[0] if encoder else np.zeros(0, np.float32)

    def distances(self, drawn: Sequence[Separations], sight: bool) -> Floats:
        """How far each fabric, printed in the photo's colours, is from the photo; with ``sight``, for the eyes too."""
        found, prints = [], []
        for each in drawn:
            shares = ink_shares(each, each.native)
            taken = self.assignment(shares)
            covers = np.bincount(taken, shares.mean((1, 2)), len(self._shares))
            printed = np.tensordot(shares, self._lab[taken], axes=(0, 0))
            texture = np.abs(statistics(printed) - self._statistics).mean()
            found.append(texture + 0.5 * np.abs(covers - self._shares).sum())
            prints.append((shares, taken))
        return np.array(found, np.float32) + (self._unlike(prints) if sight else 0)

    def _unlike(self, prints: Sequence[tuple[Floats, list[int]]]) -> Floats:
        """How different the eyes find each fabric, given as its inks' shares and the colours they take."""
        if not self._encoder:
            return np.zeros(len(prints), np.float32)
        shown = []
        for shares, taken in prints:
            tile = np.tensordot(shares, self._rgb[taken], axes=(0, 0))
            times = max(1, LOOKED_AT // len(tile))
            shown.append(np.tile(np.round(tile * 255).astype(np.uint8), (times, times, 1)))
        unlike: Floats = SIGHT * np.abs(self._encoder.look(np.stack(shown)) - self.seen).mean(1)
        return unlike

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


class _Space:
    """Where styles are searched for: the principal axes of the generator's, each counted in standard deviations.

    ``places``: float32 (BANK, AXES), those of the bank.
    """

    def __init__(self, generator: FabricGenerator, seed: int) -> None:
        z = np.random.RandomState(seed).standard_normal((1024, generator.settings.latent)).astype(np.float32)
        w = generator.map_latents(z)
        self._mean = w.mean(0)
        variances, vectors = np.linalg.eigh((w - self._mean).T @ (w - self._mean) / len(w))
        self._vectors = np.asarray(vectors.T[::-1][:AXES], np.float32)
        self._sizes = np.sqrt(np.maximum(variances[::-1][:AXES], 1e-12)).astype(np.float32)
        self.places = np.stack([self.point(style) for style in w[:BANK]])

    def point(self, style: Floats) -> Floats:
        """The place (AXES,) nearest to a style."""
        place: Floats = np.clip((style - self._mean) @ self._vectors.T / self._sizes, -_FARTHEST, _FARTHEST)
        return place

    def styles(self, points: Floats) -> Floats:
        """The styles (N, style) at places (N, AXES)."""
        found: Floats = self._mean + points @ (self._vectors * self._sizes[:, None])
        return found


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
    found = target.distances(drawn, True)
    best = int(np.argmin(found))
    inks = target.assignment(ink_shares(drawn[best], drawn[best].native))
    coloured = tried[best].coloured({ink: target.colours[colour][0] for ink, colour in enumerate(inks)})
    return Found(coloured, float(found[best]), usual)
