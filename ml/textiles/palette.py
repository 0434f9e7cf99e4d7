"""The inks of a fabric as swatches: recolour them, shuffle them, take colours from a picture, merge them into fewer.

Colours are compared and blended in OKLab (see :mod:`ml.images`), where equal distances look about equally different. Everything that
changes a fabric gives a new recipe with explicit colours: what is stored does not depend on how it was found.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import cv2
import numpy as np
import numpy.typing as npt

from ml.errors import PictureError, RecipeError
from ml.images import Bytes, Floats, linear_to_oklab, linear_to_srgb, oklab_to_linear, resize_smooth, srgb_to_linear
from ml.textiles.attributes import WARM
from ml.textiles.recipe import LARGEST_SEED, Recipe, clean_colour
from ml.textiles.separations import Separations, ink_shares

MOST_COLOURS = 16
LARGEST_SHIFT = 0.3
_LOOKED_AT = 128  # pixels a side of an uploaded picture
_SHUFFLES_TRIED, _ENOUGH_CONTRAST = 12, 0.7


@dataclass(frozen=True)
class Swatch:
    """One ink: its number in the recipe, its colour "#rrggbb", and the part of the tile that it covers, 0 to 1."""

    ink: int
    colour: str
    share: float


def swatches(drawn: Separations) -> list[Swatch]:
    """The inks that print, by number. Shares sum to 1."""
    shares = ink_shares(drawn, drawn.native).mean((1, 2))
    return [
        Swatch(ink, colour_text(drawn.palette[ink]), float(share))
        for ink, share in zip(drawn.inks, shares, strict=True)
    ]


def dress(drawn: Separations, recipe: Recipe) -> Separations:
    """The same separations with the recipe's colours and merged inks. Raises RecipeError when it names inks that are not there."""
    palette = drawn.palette.copy()
    for ink, (colour, weight) in _fixed_colours(recipe).items():
        if ink >= len(palette):
            raise RecipeError(f"This generator has {len(palette)} inks; the recipe colours ink {ink}.")
        palette[ink] = colour if weight == 1 else _between(palette[ink], colour, weight)
    if recipe.merged and len(recipe.merged) != len(palette):
        raise RecipeError(f"This generator has {len(palette)} inks; the recipe merges {len(recipe.merged)}.")
    if recipe.merged:
        palette = palette[list(recipe.merged)]
    return replace(drawn, palette=palette, merged=recipe.merged)


def _fixed_colours(recipe: Recipe) -> dict[int, tuple[Floats, float]]:
    """Ink → a colour that the net does not decide, sRGB float32 (3,), and its weight beside the net's, in (0, 1].

    In a mix a parent's colours count as much as its style does.
    """
    fixed: dict[int, tuple[Floats, float]] = {}
    if recipe.mix:
        sides = [
            (_fixed_colours(recipe.mix.first), 1 - recipe.mix.style),
            (_fixed_colours(recipe.mix.second), recipe.mix.style),
        ]
        for ink in {ink for side, _ in sides for ink in side}:
            weighted = [(side[ink][0], side[ink][1] * weight) for side, weight in sides if ink in side and weight]
            total = sum(weight for _, weight in weighted)
            if total:
                fixed[ink] = (_mean_colour(weighted), total)
    return fixed | {ink: (parse_colour(colour), 1.0) for ink, colour in recipe.palette}


def _mean_colour(weighted: Sequence[tuple[Floats, float]]) -> Floats:
    """Exactly the colour where there is but one."""
    colour, total = weighted[0]
    for other, weight in weighted[1:]:
        total += weight
        colour = _between(colour, other, weight / total)
    return colour


def parse_colour(text: str) -> Floats:
    """ "#rrggbb" → sRGB float32 (3,) in [0, 1]. Raises RecipeError."""
    return np.frombuffer(bytes.fromhex(clean_colour(text)[1:]), np.uint8).astype(np.float32) / np.float32(255)


def colour_text(rgb: Floats) -> str:
    """sRGB (3,) in [0, 1] → "#rrggbb"."""
    return f"#{bytes(_codes(rgb)).hex()}"


def _codes(rgb: Floats) -> Bytes:
    codes: Bytes = (np.clip(rgb, 0, 1) * 255 + 0.5).astype(np.uint8)
    return codes


def to_oklab(rgb: Floats) -> Floats:
    """sRGB (..., 3) in [0, 1], to the nearest of 256 codes, → OKLab (..., 3)."""
    return linear_to_oklab(srgb_to_linear(_codes(rgb)))


def from_oklab(lab: Floats) -> Floats:
    """OKLab (..., 3) → sRGB float32 (..., 3) in [0, 1], clipped to what a screen has."""
    return linear_to_srgb(oklab_to_linear(lab)).astype(np.float32) / np.float32(255)


def _between(one: Floats, other: Floats, weight: float) -> Floats:
    a, b = to_oklab(one), to_oklab(other)
    return from_oklab(a + np.float32(weight) * (b - a))


def reduce_inks(drawn: Separations, recipe: Recipe, number: int, locked: Collection[int] = ()) -> Recipe:
    """The recipe with its inks merged until ``number`` print, 2 or more and at most as many as print now.

    Again and again the two inks whose union changes the fabric least become one: least share-weighted squared distance in OKLab
    (Ward 1963). The one with the larger share gives the number; the colour is their mean, weighted by share. A ``locked`` ink
    keeps its colour, and two of them are never merged. Shares are added up when printing, so nothing is drawn anew.
    """
    inks = {swatch.ink: (to_oklab(parse_colour(swatch.colour)), swatch.share) for swatch in swatches(drawn)}
    least = max(2, sum(ink in inks for ink in locked))
    if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= len(inks):
        raise RecipeError(f"The number of inks must be a whole number from {least} to {len(inks)}.")
    into = list(recipe.merged or range(len(drawn.logits)))
    colours: dict[int, str] = {}
    while len(inks) > number:
        kept, gone = _cheapest_union(inks, locked)
        into = [kept if ink == gone else ink for ink in into]
        lab, share = inks[kept]
        other, other_share = inks.pop(gone)
        whole = share + other_share
        if kept not in locked:
            lab = lab + np.float32(other_share / max(whole, 1e-9)) * (other - lab)
            colours[kept] = colour_text(from_oklab(lab))
        inks[kept] = (lab, whole)
    return replace(recipe, merged=tuple(into)).coloured({ink: c for ink, c in colours.items() if ink in inks})


def _cheapest_union(inks: Mapping[int, tuple[Floats, float]], locked: Collection[int]) -> tuple[int, int]:
    """(ink that stays, ink that goes) of the union that changes least."""
    best: tuple[float, int, int] | None = None
    for one, other in combinations(sorted(inks), 2):
        if one in locked and other in locked:
            continue
        (a, share_a), (b, share_b) = inks[one], inks[other]
        cost = float(np.sum((a - b) ** 2)) * share_a * share_b / max(share_a + share_b, 1e-9)
        stays = one if one in locked or (other not in locked and share_a >= share_b) else other
        if best is None or cost < best[0]:
            best = (cost, stays, one + other - stays)
    if best is None:
        raise RecipeError("All inks are locked; unlock one to merge it.")
    return best[1], best[2]


def apply_colours(
    drawn: Separations, recipe: Recipe, colours: Sequence[str], by: str = "lightness", locked: Collection[int] = ()
) -> Recipe:
    """The fabric in a list of colours ("#rrggbb", 1 to 16): a colourway.

    ``by`` "lightness": the darkest ink takes the darkest colour and so on, which keeps light and shade where they were; "area": the
    largest ink takes the first colour. With more inks than colours, neighbours share one. ``locked`` inks keep theirs.
    """
    if not 1 <= len(colours) <= MOST_COLOURS:
        raise RecipeError(f"Choose 1 to {MOST_COLOURS} colours.")
    wanted = [clean_colour(colour) for colour in colours]
    free = [swatch for swatch in swatches(drawn) if swatch.ink not in locked]
    if by == "lightness":
        wanted.sort(key=_lightness)
        free.sort(key=lambda swatch: _lightness(swatch.colour))
    elif by == "area":
        free.sort(key=lambda swatch: -swatch.share)
    else:
        raise RecipeError("Colours can be matched by lightness or by area.")
    return recipe.coloured({s.ink: wanted[_rank(i, len(free), len(wanted))] for i, s in enumerate(free)})


def _rank(place: int, places: int, wanted: int) -> int:
    """Where the ``place``-th of ``places`` falls among ``wanted``: ends on ends, the rest evenly."""
    return round(place * (wanted - 1) / (places - 1)) if places > 1 else 0


def _lightness(colour: str) -> float:
    return float(to_oklab(parse_colour(colour))[0])


def shuffle_inks(drawn: Separations, recipe: Recipe, seed: int, locked: Collection[int] = ()) -> Recipe:
    """The fabric's own colours on other inks; ``locked`` ones stay. A seed always gives the same shuffle.

    Of a few shuffles the first is taken that keeps most of the contrast, so that the drawing does not drown in its ground.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= LARGEST_SEED:
        raise RecipeError(f"The seed must be a whole number from 0 to {LARGEST_SEED:,}.")
    free = [swatch for swatch in swatches(drawn) if swatch.ink not in locked]
    if len(free) < 2:
        return recipe
    stream = np.random.RandomState(seed)
    enough = _ENOUGH_CONTRAST * _contrast(free, range(len(free)))
    orders = [_moved(stream, len(free)) for _ in range(_SHUFFLES_TRIED)]
    order = next((each for each in orders if _contrast(free, each) >= enough), orders[0])
    return recipe.coloured({free[i].ink: free[j].colour for i, j in enumerate(order)})


def _moved(stream: np.random.RandomState, count: int) -> list[int]:
    """A permutation that moves something."""
    while True:
        order: list[int] = stream.permutation(count).tolist()
        if order != sorted(order):
            return order


def _contrast(inks: Sequence[Swatch], order: Sequence[int]) -> float:
    """Share-weighted spread, in OKLab, of the fabric whose i-th ink has the colour of ink ``order[i]``."""
    lab = np.stack([to_oklab(parse_colour(inks[j].colour)) for j in order])
    shares = np.array([ink.share for ink in inks]) / sum(ink.share for ink in inks)
    return float(np.sqrt(shares @ np.sum((lab - shares @ lab) ** 2, axis=1)))


def turn_hues(drawn: Separations, recipe: Recipe, degrees: float, locked: Collection[int] = ()) -> Recipe:
    """All colours turned round the colour circle by as much, so that their harmony and their light and shade stay.

    Chroma gives way where a screen does not have the turned colour.
    """
    if isinstance(degrees, bool) or not isinstance(degrees, int | float) or not -360 <= degrees <= 360:
        raise RecipeError("The turn of the hues must be a number from -360 to 360 degrees.")
    turned = {
        swatch.ink: _turned(swatch.colour, np.deg2rad(degrees))
        for swatch in swatches(drawn)
        if swatch.ink not in locked
    }
    return recipe.coloured(turned)


def shift_colours(
    drawn: Separations,
    recipe: Recipe,
    lightness: float = 0.0,
    warmth: float = 0.0,
    rosiness: float = 0.0,
    locked: Collection[int] = (),
) -> Recipe:
    """All colours moved alike in OKLab, by -0.3 to 0.3 each: what the colour sliders do for a fabric whose inks are fixed.

    Those directions change the colours that the net draws, so a fabric with a palette of its own does not answer to them.
    """
    for name, value in (("lightness", lightness), ("warmth", warmth), ("rosiness", rosiness)):
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST_SHIFT:
            raise RecipeError(f"The {name} must be a number from -{LARGEST_SHIFT} to {LARGEST_SHIFT}.")
    cosine, sine = np.cos(WARM), np.sin(WARM)
    move = np.array([lightness, cosine * warmth + sine * rosiness, sine * warmth - cosine * rosiness])
    moved = {s.ink: _shown(to_oklab(parse_colour(s.colour)) + move) for s in swatches(drawn) if s.ink not in locked}
    return recipe.coloured(moved)


def _turned(colour: str, angle: float) -> str:
    lightness, a, b = to_oklab(parse_colour(colour)).astype(np.float64)
    cosine, sine = np.cos(angle), np.sin(angle)
    return _shown(np.array([lightness, cosine * a - sine * b, sine * a + cosine * b]))


def _shown(lab: npt.NDArray[np.floating]) -> str:
    """The colour, with as much of its chroma as a screen has."""
    for chroma in np.linspace(1, 0, 21):
        shown = np.array([np.clip(lab[0], 0, 1), chroma * lab[1], chroma * lab[2]], np.float32)
        light = oklab_to_linear(shown)
        if light.min() > -1e-3 and light.max() < 1 + 1e-3:
            break
    return colour_text(from_oklab(shown))


def colours_of_picture(picture: Bytes, number: int = 6) -> list[tuple[str, float]]:
    """The main colours of a picture, uint8 (H, W, 3), with the part each covers, largest first: k-means in OKLab.

    Fewer than ``number`` (1 to 16) when the picture has fewer. The same picture always gives the same colours.
    Raises PictureError when it is not a picture.
    """
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or picture.size == 0:
        raise PictureError("This is not a colour picture; choose a photo of a fabric.")
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= MOST_COLOURS:
        raise RecipeError(f"The number of colours must be a whole number from 1 to {MOST_COLOURS}.")
    if max(picture.shape[:2]) > _LOOKED_AT:
        shrink = _LOOKED_AT / max(picture.shape[:2])
        height, width = (max(1, round(side * shrink)) for side in picture.shape[:2])
        picture = resize_smooth(picture, width, height)
    pixels = linear_to_oklab(srgb_to_linear(picture)).reshape(-1, 3)
    number = min(number, len(np.unique(picture.reshape(-1, 3), axis=0)))
    if len(pixels) == 1:  # OpenCV would take a single row for three numbers
        pixels = np.repeat(pixels, 2, axis=0)
    cv2.setRNGSeed(0)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 40, 1e-4)
    start = np.zeros((len(pixels), 1), np.int32)
    _, labels, found = cv2.kmeans(pixels, number, start, stop, 3, cv2.KMEANS_PP_CENTERS)
    shares = np.bincount(np.ravel(labels), minlength=number) / len(pixels)
    centres = np.asarray(found, np.float32)
    order = np.argsort(-shares, kind="stable")
    return [(colour_text(from_oklab(centres[i])), float(shares[i])) for i in order if shares[i]]
