"""Ink separations: what a generator draws, and how they are printed at any size."""

from __future__ import annotations

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml.errors import RecipeError
from ml.images import Bytes, Floats, linear_to_srgb, srgb_to_linear
from ml.textiles.config import WEAVE_DEPTH

Taps = tuple[npt.NDArray[np.int64], Floats]

SMALLEST, LARGEST = 16, 8192
STRIP = 1 << 16  # pixels printed at a time


@dataclass(frozen=True)
class Separations:
    """What the generator draws for one fabric, at its native size S = 16 * cells: one tile, or a block of two.

    ``logits``: float32 (inks, S, S), their softmax is each ink's share. ``weave``: float32 (S, S) in [-1, 1]. Of a block, the longer
    side is 2S.
    ``palette``: float32 (inks, 3), sRGB in [0, 1]. ``merged``: for each ink the one it is printed with, empty where all stay
    themselves; a merged ink has that one's colour in the palette already.
    """

    logits: Floats
    weave: Floats
    palette: Floats
    merged: tuple[int, ...] = ()

    @property
    def native(self) -> int:
        """A tile's side S."""
        return int(min(self.weave.shape))

    def shape(self, size: int) -> tuple[int, int]:
        """Height and width when a tile is ``size`` px a side."""
        height, width = self.weave.shape
        return size * height // self.native, size * width // self.native

    @property
    def inks(self) -> list[int]:
        """The inks that print, by their numbers in the recipe."""
        return sorted(set(self.merged)) if self.merged else list(range(len(self.logits)))


def check_size(size: object) -> None:
    """Raise RecipeError unless ``size`` is a whole number of pixels from 16 to 8192."""
    if isinstance(size, bool) or not isinstance(size, int) or not SMALLEST <= size <= LARGEST:
        raise RecipeError(f"The size must be a whole number of pixels from {SMALLEST} to {LARGEST}.")


def print_separations(drawn: Separations, size: int) -> Bytes:
    """Print the inks at any size: uint8 (size, size, 3); of a block of two tiles, each ``size`` px a side.

    Enlarging interpolates the inks' logits around the torus and sharpens them as the pixels shrink, so that the edge between two
    inks stays crisp at 4096 px; reducing averages linear light. Done element by element, without BLAS, whose rounding depends on how
    many threads it has: the same separations give the same bytes.
    """
    if size < drawn.native:
        light = srgb_to_linear(print_separations(drawn, drawn.native))
        return linear_to_srgb(_reduce(light, *drawn.shape(size)))
    picture = np.empty((*drawn.shape(size), 3), np.uint8)

    def print_strip(top: int) -> None:
        share, weave = strips.strip(top)
        picture[top : top + strips.rows] = _print_rows(share, weave, drawn.palette)

    strips = _Strips(drawn, size)
    strips.each(print_strip)
    return picture


def lay_mirror(picture: Bytes, repeat: str) -> Bytes:
    """A mirror repeat's block, (2H, 2W) or (2H, 2W, 3), of a tile (H, W) or (H, W, 3); other blocks are drawn whole already."""
    if repeat != "mirror":
        return picture
    row = np.concatenate([picture, picture[:, ::-1]], axis=1)
    return np.concatenate([row, row[::-1]], axis=0)


def ink_shares(drawn: Separations, size: int) -> Floats:
    """How much of each ink lies where: float32 (inks that print, size, size), which sum to 1. The weave is left out.

    In the order of :attr:`Separations.inks`; the shares of merged inks are added up. Below the native size, shares are averaged.
    """
    if size < drawn.native:
        native = ink_shares(drawn, drawn.native)
        smaller = np.clip(_reduce(native.transpose(1, 2, 0), *drawn.shape(size)), 0, None)  # a cubic swings below 0
        return np.ascontiguousarray((smaller / smaller.sum(-1, keepdims=True)).transpose(2, 0, 1))
    shares = np.empty((len(drawn.inks), *drawn.shape(size)), np.float32)

    def keep(top: int) -> None:
        share, _ = strips.strip(top)
        for place, ink in enumerate(drawn.inks):
            shares[place, top : top + strips.rows] = _joined(share, drawn, ink)

    strips = _Strips(drawn, size)
    strips.each(keep)
    return shares


def ink_layers(drawn: Separations, size: int) -> Bytes:
    """:func:`ink_shares` in 1/255, uint8 (inks that print, size, size): what fits into memory at print size."""
    if size < drawn.native:
        return _as_bytes(ink_shares(drawn, size))
    layers = np.empty((len(drawn.inks), *drawn.shape(size)), np.uint8)

    def keep(top: int) -> None:
        share, _ = strips.strip(top)
        for place, ink in enumerate(drawn.inks):
            layers[place, top : top + strips.rows] = _as_bytes(_joined(share, drawn, ink))

    strips = _Strips(drawn, size)
    strips.each(keep)
    return layers


def _joined(share: Floats, drawn: Separations, ink: int) -> Floats:
    """The share, (rows, size), of an ink with all that are merged into it."""
    if not drawn.merged:
        return np.asarray(share[ink])
    joined: Floats = share[np.array(drawn.merged) == ink].sum(0)
    return joined


def _as_bytes(values: Floats) -> Bytes:
    rounded: Bytes = (np.clip(values, 0, 1) * np.float32(255) + np.float32(0.5)).astype(np.uint8)
    return rounded


class _Strips:
    """The shares of the inks at a size of at least the native one, a few rows at a time: little memory, and what is in work fits
    into the processor's cache."""

    def __init__(self, drawn: Separations, size: int) -> None:
        self._height, width = drawn.shape(size)
        self.rows = max(1, STRIP // width)
        sharpness = np.float32(max(1.0, size / drawn.native) ** 0.5)
        channels = np.concatenate([drawn.logits * sharpness, drawn.weave[None]])
        across = round_taps(channels.shape[2], width)
        self._columns = _interpolated(channels, across, axis=2)  # (inks + 1, native height, width)
        self._down = round_taps(channels.shape[1], self._height)

    def strip(self, top: int) -> tuple[Floats, Floats]:
        """Shares (inks, rows, width) and weave (rows, width) from row ``top`` on."""
        places, weights = self._down
        rows = slice(top, top + self.rows)
        channels = _interpolated(self._columns, (places[rows], weights[rows]), axis=1)
        share = channels[:-1]
        share -= share.max(0)
        np.exp(share, out=share)
        share /= share.sum(0)
        return share, channels[-1]

    def each(self, work: Callable[[int], None]) -> None:
        """Call ``work`` with every strip's first row, on two threads when it is worth their while."""
        tops = range(0, self._height, self.rows)
        if len(tops) < 8:
            for top in tops:
                work(top)
            return
        with ThreadPoolExecutor(2) as threads:
            for _ in threads.map(work, tops):
                pass


def _interpolated(values: Floats, taps: Taps, axis: int) -> Floats:
    """Values with one axis resampled: for each new place, the sum of a few old ones."""
    places, weights = taps
    shape = [1] * values.ndim
    shape[axis] = len(places)
    total = values.take(places[:, 0], axis=axis) * weights[:, 0].reshape(shape)
    for place, weight in zip(places.T[1:], weights.T[1:], strict=True):
        term = values.take(place, axis=axis)
        term *= weight.reshape(shape)
        total += term
    return total


def _reduce(values: Floats, height: int, width: int) -> Floats:
    """(H, W, C) made smaller around the torus."""
    rows = np.einsum("yi,ijc->yjc", round_weights(values.shape[0], height), values)
    return np.asarray(np.einsum("xj,yjc->yxc", round_weights(values.shape[1], width), rows))


def _print_rows(share: Floats, weave: Floats, palette: Floats) -> Bytes:
    printed = np.empty((*weave.shape, 3), np.uint8)
    light = 1 + np.float32(WEAVE_DEPTH) * weave
    for channel in range(3):
        total = share[0] * palette[0, channel]
        for ink in range(1, len(share)):
            total += share[ink] * palette[ink, channel]
        printed[..., channel] = _as_bytes(total * light)
    return printed


@functools.lru_cache(maxsize=32)
def round_taps(old: int, new: int) -> Taps:
    """Enlarging on a ring: for each of ``new`` places four old ones, int64 (new, 4), and their weights, float32 (new, 4)."""
    centre = (np.arange(new) + 0.5) * old / new - 0.5
    places = np.floor(centre).astype(np.int64)[:, None] + np.arange(-1, 3)
    weights = _keys_cubic(np.abs(places - centre[:, None]))
    return places % old, np.asarray(weights / weights.sum(1, keepdims=True), np.float32)


@functools.lru_cache(maxsize=32)
def round_weights(old: int, new: int) -> Floats:
    """Resampling on a ring: float32 (new, old), rows sum to 1. Keys' cubic, widened when reducing so that nothing aliases."""
    scale = old / new
    reach = max(1.0, scale)
    centre = (np.arange(new) + 0.5) * scale - 0.5
    offset = np.arange(old)[None] - centre[:, None]
    offset = (offset + old / 2) % old - old / 2  # the short way round
    weights = _keys_cubic(np.abs(offset) / reach)
    return np.asarray(weights / weights.sum(1, keepdims=True), np.float32)


def _keys_cubic(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))
