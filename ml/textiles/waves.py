"""The plane waves that give a generator its regularity, and where they start.

Stripes, plaids and lattices are sums of a few plane waves. A generator reads from its style how loud each wave is; this module
says which waves there are and where their phase comes from: **the noise itself**. The phase along an axis is the angle
of the first Fourier coefficient of noise channel 0, so that a cyclic shift of the noise by whole cells shifts every wave, and with it
the picture, by exactly as much (shift theorem). Nothing else ties the picture to a place: every tile is seamless.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ml.textiles.config import TRAINING_CELLS


def wave_vectors(highest: int) -> npt.NDArray[np.int64]:
    """Wave vectors (V, 2) as (ky, kx) on the training torus: along the axes up to ``highest``, and slanted ones."""
    axes = [(0, k) for k in range(1, highest + 1)] + [(k, 0) for k in range(1, highest + 1)]
    slanted = [(k, sign * j) for k in range(1, 5) for j in range(1, 5) for sign in (1, -1)]
    diagonals = [(k, sign * k) for k in (5, 6, 8) for sign in (1, -1)]
    return np.array(axes + slanted + diagonals, dtype=np.int64)


def scaled_waves(highest: int, cells: int) -> npt.NDArray[np.float32]:
    """The same waves on a torus of ``cells`` a side: (V, 2) whole numbers as float32, so that every tile closes.

    Keeps the wave length in pixels where it divides, else the nearest that does; at least one wave a tile.
    """
    vectors = wave_vectors(highest)
    numbers = np.maximum(1, np.round(np.abs(vectors) * cells / TRAINING_CELLS))
    return np.where(vectors == 0, 0, np.sign(vectors) * numbers).astype(np.float32)


def wave_angles(noise: npt.NDArray[np.float32], pixels_per_cell: int = 8) -> tuple[npt.NDArray[np.float32], ...]:
    """Angles of the fundamental along y and x, float32 radians, each (N, cells * pixels_per_cell).

    ``noise``: float32 (N, C, cells, cells); only channel 0 is read. A wave of number k has k times these angles.
    """
    carrier = noise[:, 0].astype(np.float64)
    cells = carrier.shape[-1]
    turn = np.exp(-2j * np.pi * np.arange(cells) / cells)
    phase_y = np.angle(np.einsum("nyx,y->n", carrier, turn))
    phase_x = np.angle(np.einsum("nyx,x->n", carrier, turn))
    places = cells * pixels_per_cell
    along = 2 * np.pi * (np.arange(places) + 0.5) / places
    return tuple((along[None] + phase[:, None]).astype(np.float32) for phase in (phase_y, phase_x))
