"""Start from a picture: the fabric of a generator that comes closest to a photo of cloth.

The photo's colours become the inks; what is searched for is the drawing. A hundred or two fabrics are drawn small, the most alike is
refined by an evolution strategy (CMA-ES: Hansen and Ostermeier 2001), and the noise is chosen last. Likeness is judged by statistics
of texture, which do not mind where a motif lies: how much of the contrast each scale and each direction has (a Laplacian pyramid and
the power spectrum, after Portilla and Simoncelli 2000), and which colours cover how much. What comes back has the mood of the cloth,
its ground, colours, scale and direction; it does not have its motifs.

Those drawn beforehand are usual fabrics of the generator or, where it has an encoder (:mod:`ml.textiles.guess`), those of a few
thousand that this takes to be most like the photo. Its guess alone is poor on real cloth, which lies outside what the generator draws;
see docs/decisions/0007-start-from-a-picture.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from cmaes import CMA

from ml.errors import PictureError
from ml.images import Bytes, Floats, linear_to_oklab, resize_smooth, srgb_to_linear
from ml.textiles.generate import FabricGenerator
from ml.textiles.guess import LOOKED_AT, Encoder, remembered_motif
from ml.textiles.latents import encode_latent
from ml.textiles.palette import colours_of_picture, parse_colour, to_oklab
from ml.textiles.recipe import Recipe
from ml.textiles.separations import Separations, ink_shares
from ml.textiles.texture import statistics

SMALLEST_SIDE = 32  # pixels of an upload
CELLS, SEARCH_CELLS = 8, 4
BANK = 192  # fabrics drawn before the search, where there is no encoder
USUAL, RECALLED = 32, 64  # drawn before it, where there is one
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
    search = Search(generator, picture, seed)
    if generator.encoder:
        usual, nearest = search.look(search.places[:USUAL]), search.recall(RECALLED)
        nearest = min(nearest, usual, key=Looked.distance)
    else:
        usual = nearest = search.look(search.places)
    return search.settle(search.refine(nearest), usual)


@dataclass(frozen=True)
class Looked:
    """Places along the axes of the style, (N, axes), the motif of each, and how far what is drawn there is from the photo."""

    places: Floats
    motifs: tuple[int, ...]
    distances: Floats

    def nearest(self) -> int:
        return int(np.argmin(self.distances))

    def distance(self) -> float:
        return float(self.distances.min())


class Search:
    """The search for one photo with one generator, step by step."""

    def __init__(self, generator: FabricGenerator, picture: Bytes, seed: int = 0) -> None:
        self._generator, self._seed = generator, seed
        self._swatch = check_swatch(picture)
        self._target = _Target(self._swatch)
        self._axes, self._mean, self.places = _principal_axes(generator, seed)
        self._motifs = sorted(set(generator.settings.motifs)) or [CELLS]

    def guess(self) -> Looked:
        """Where the generator's encoder takes the photo to lie, with each of its motifs."""
        guessed = self._encoder().guess(self._swatch)
        return self.look(np.repeat(self._places(guessed[None]), len(self._motifs), axis=0))

    def recall(self, count: int) -> Looked:
        """The encoder's guess, and the most alike of the fabrics that it remembers, so many."""
        recalled = self._encoder().recall(self._swatch, count)
        styles = [self._generator.style(Recipe(seed, truncation=1.0)) for seed in recalled]
        motifs = [remembered_motif(self._generator.settings.motifs, seed) or CELLS for seed in recalled]
        known = self.look(self._places(np.stack(styles)), motifs)
        return min(self.guess(), known, key=Looked.distance)

    def look(self, places: Floats, motifs: Sequence[int] = ()) -> Looked:
        """Draw what lies at these places with their motifs, by default the generator's in turn."""
        motifs = tuple(motifs) or tuple(self._motifs[i % len(self._motifs)] for i in range(len(places)))
        distances = np.empty(len(places), np.float32)
        for motif in set(motifs):
            chosen = np.array([each == motif for each in motifs])
            distances[chosen] = self._distances(places[chosen], motif)
        return Looked(places, motifs, distances)

    def _encoder(self) -> Encoder:
        if self._generator.encoder is None:
            raise ValueError("ask a generator that has an encoder")
        return self._generator.encoder

    def _places(self, styles: Floats) -> Floats:
        return np.clip(_along(styles - self._mean, self._axes), -_FARTHEST, _FARTHEST)

    def refine(self, looked: Looked) -> Looked:
        """CMA-ES from the nearest place; never worse than where it began."""
        nearest = looked.nearest()
        best, motif, least = looked.places[nearest], looked.motifs[nearest], looked.distance()
        search = CMA(mean=best.astype(np.float64), sigma=0.5, seed=self._seed, population_size=POPULATION)
        for _ in range(GENERATIONS):
            asked = [search.ask() for _ in range(POPULATION)]
            points = np.clip(np.array(asked, np.float32), -_FARTHEST, _FARTHEST)
            found = self._distances(points, motif)
            if found.min() < least:
                best, least = points[int(np.argmin(found))], float(found.min())
            search.tell([(place, float(value)) for place, value in zip(asked, found, strict=True)])
        return Looked(best[None], (motif,), np.array([least], np.float32))

    def settle(self, looked: Looked, usual: Looked, noises: int = NOISES) -> Found:
        """The nearest place as a recipe, under the best of a few noises, at its own size and in the photo's colours."""
        nearest = looked.nearest()
        latent = encode_latent(self._mean + looked.places[nearest] @ self._axes)
        recipe = Recipe(self._seed, truncation=1.0, cells=CELLS, latent=latent)
        motif = min(looked.motifs[nearest], SEARCH_CELLS)
        tried = [
            replace(recipe, seed=self._seed + i, motif=each)
            for i in range(noises)
            for each in self._motifs
            if min(each, SEARCH_CELLS) == motif
        ]
        return _best(self._generator, tried, self._target, float(np.median(usual.distances)))

    def _distances(self, points: Floats, motif: int) -> Floats:
        small = Recipe(self._seed, cells=SEARCH_CELLS, motif=min(motif, SEARCH_CELLS))
        noise = self._generator.latent(small)[1]
        return self._target.distances(_drawn(self._generator, self._mean + points @ self._axes, noise))


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


def _principal_axes(generator: FabricGenerator, seed: int) -> tuple[Floats, Floats, Floats]:
    """Axes (AXES, style) of one standard deviation, the mean style, and the bank's places along them (BANK, AXES)."""
    z = np.random.RandomState(seed).standard_normal((1024, generator.settings.latent)).astype(np.float32)
    w = generator.map_latents(z)
    mean = w.mean(0)
    variances, vectors = np.linalg.eigh((w - mean).T @ (w - mean) / len(w))
    sizes = np.sqrt(np.maximum(variances[::-1][:AXES], 1e-12))
    axes = np.asarray(vectors.T[::-1][:AXES] * sizes[:, None], np.float32)
    return axes, mean, _along(w[:BANK] - mean, axes)


def _along(styles: Floats, axes: Floats) -> Floats:
    """Styles less their mean, (N, style), in standard deviations along the axes, (N, AXES)."""
    return np.asarray(styles @ axes.T / np.sum(axes**2, axis=1), np.float32)


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
