"""The plane waves that give a generator its regularity, and where they start.

Stripes, plaids and lattices are sums of a few plane waves. A generator reads from its style how loud each wave is; this module
says which waves there are and where their phase comes from: **the noise itself**. The phase along an axis is the angle
of the first Fourier coefficient of noise channel 0, so that a cyclic shift of the noise by whole cells shifts every wave, and with it
the picture, by exactly as much (shift theorem). Nothing else ties the picture to a place: every tile is seamless.

A **motif** that repeats after fewer cells than the tile has is noise that repeats, under waves that close on the motif, their phase
that of the motif's own first Fourier coefficient.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ml.textiles.config import TRAINING_CELLS

# Waves that are no sines, each a pair of numbers on the training torus as a plain wave is: "folds" run as often along one axis
# as the first number says and turn back as often along the other as the second says, which gives chevrons; "checks" are squares.
_FOLDS = (
    (1, 1),
    (2, 1),
    (2, 2),
    (3, 1),
    (4, 1),
    (4, 2),
    (4, 4),
    (6, 1),
    (6, 2),
    (8, 1),
    (8, 2),
    (8, 4),
    (12, 2),
    (12, 4),
)
_CHECKS = tuple((k, k) for k in (1, 2, 3, 4, 6, 8)) + tuple(p for k in (1, 2, 3, 4, 6, 8) for p in ((k, 0), (0, k)))
FIGURES: dict[str, tuple[tuple[int, int], ...]] = {
    "folds along x": _FOLDS,
    "folds along y": tuple((fold, number) for number, fold in _FOLDS),
    "checks": _CHECKS,
}


def figure_vectors(figures: Sequence[str]) -> npt.NDArray[np.int64]:
    """The numbers (F, 2) as (along y, along x) of these figures, one kind after the other."""
    rows = [row for name in figures for row in FIGURES[name]]
    return np.array(rows, dtype=np.int64).reshape(-1, 2)


def wave_vectors(highest: int) -> npt.NDArray[np.int64]:
    """Wave vectors (V, 2) as (ky, kx) on the training torus: along the axes up to ``highest``, and slanted ones."""
    axes = [(0, k) for k in range(1, highest + 1)] + [(k, 0) for k in range(1, highest + 1)]
    slanted = [(k, sign * j) for k in range(1, 5) for j in range(1, 5) for sign in (1, -1)]
    diagonals = [(k, sign * k) for k in (5, 6, 8) for sign in (1, -1)]
    return np.array(axes + slanted + diagonals, dtype=np.int64)


def scaled_waves(highest: int, cells: int, figures: Sequence[str] = ()) -> npt.NDArray[np.float32]:
    """The same waves, then the figures, on a torus of ``cells`` a side: (V + F, 2) whole numbers as float32: every tile closes.

    Keeps the wave length in pixels where it divides, else the nearest that does; at least one wave a tile.
    """
    vectors = np.concatenate([wave_vectors(highest), figure_vectors(figures)])
    numbers = np.maximum(1, np.round(np.abs(vectors) * cells / TRAINING_CELLS))
    return np.where(vectors == 0, 0, np.sign(vectors) * numbers).astype(np.float32)


def repeat_motif(
    noise: npt.NDArray[np.float32], waves: npt.NDArray[np.float32], cells: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Noise (C, n, n) and waves (V, 2) of a tile whose motif repeats after ``cells``, a divisor of n.

    The first ``cells`` rows and columns are laid side by side, and wave numbers become the nearest that close on them. Raises
    ValueError when the motif does not fit a whole number of times.
    """
    return lay_motif(noise, cells), close_waves(waves, noise.shape[-1], cells)


def lay_motif(noise: npt.NDArray[np.float32], cells: int) -> npt.NDArray[np.float32]:
    """Noise (C, n, n) whose first ``cells`` rows and columns lie side by side. Raises ValueError where they do not fit."""
    times = _times(noise.shape[-1], cells)
    return np.tile(noise[:, :cells, :cells], (1, times, times))


def close_waves(waves: npt.NDArray[np.float32], tile: int, cells: int) -> npt.NDArray[np.float32]:
    """Waves (V, 2) of a torus of ``tile`` cells → the nearest that close on a motif of ``cells``. Raises ValueError likewise."""
    times = _times(tile, cells)
    numbers = times * np.maximum(1, np.round(np.abs(waves) / times))
    return np.where(waves == 0, 0, np.sign(waves) * numbers).astype(np.float32)


def _times(tile: int, cells: int) -> int:
    if not 1 <= cells <= tile or tile % cells:
        raise ValueError(f"A motif of {cells} cells does not repeat a whole number of times in {tile}.")
    return tile // cells


def motif_of(noise: npt.NDArray[np.float32]) -> int:
    """After how many cells noise (C, n, n) repeats along both axes: n where it does not repeat before."""
    tile = int(noise.shape[-1])
    divisors = (cells for cells in range(1, tile) if tile % cells == 0)
    return next((cells for cells in divisors if np.array_equal(lay_motif(noise, cells), noise)), tile)


def wave_angles(
    noise: npt.NDArray[np.float32], motif: int | None = None, pixels_per_cell: int = 8
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Angles of the fundamental along y and x, float32 radians, each (N, cells * pixels_per_cell).

    ``noise``: float32 (N, C, cells, cells); only channel 0 is read. ``motif``: cells after which it repeats, if before the tile ends.
    A wave of number k has k times these angles.
    """
    carrier = noise[:, 0].astype(np.float64)
    cells = carrier.shape[-1]
    times = cells // (motif or cells)
    turn = np.exp(-2j * np.pi * times * np.arange(cells) / cells)
    phases = [np.angle(np.einsum(axes, carrier, turn)) / times for axes in ("nyx,y->n", "nyx,x->n")]
    if times == cells:  # a single cell: whole waves begin and end with it
        phases = [np.zeros(len(noise))] * 2
    places = cells * pixels_per_cell
    along = 2 * np.pi * (np.arange(places) + 0.5) / places
    angle_y, angle_x = ((along[None] + phase[:, None]).astype(np.float32) for phase in phases)
    return angle_y, angle_x
