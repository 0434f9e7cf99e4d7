"""Half-drop and half-brick without a seam: what a net must be fed so that it draws such a repeat itself.

Shifting every second column of finished tiles by half a tile would cut the drawing at each column. Instead the noise is laid in the
repeat, and the net draws the smallest block that repeats by plain translation: two tiles. Being a convolution on a torus, it
gives both tiles the same drawing, half a tile apart, grown together at the joins. A mirror needs nothing: a reflection meets itself.
"""

from __future__ import annotations

import numpy as np

from ml.images import Floats
from ml.textiles.config import GeneratorSettings
from ml.textiles.latents import wrap_noise
from ml.textiles.waves import close_waves, figure_vectors, motif_of, scaled_waves, wave_angles

BLOCKS = {"straight": (1, 1), "half-drop": (2, 1), "half-brick": (1, 2), "mirror": (2, 2)}  # tiles across, down


def lay_noise(noise: Floats, repeat: str) -> Floats:
    """Noise (C, n, n) → (C, n, 2n) of a half-drop, (C, 2n, n) of a half-brick; an odd n is made even first.

    Noise whose motif repeats inside the tile is laid motif by motif.
    """
    if repeat not in ("half-drop", "half-brick"):
        return noise
    motif, times = _motif(noise)
    along = 2 if repeat == "half-drop" else 1
    laid = np.concatenate([motif, np.roll(motif, motif.shape[1] // 2, axis=3 - along)], axis=along)
    return np.tile(laid, (1, times, times))


def repeat_waves(settings: GeneratorSettings, noise: Floats, repeat: str) -> tuple[Floats, Floats, Floats]:
    """Waves and figures (V, 2) and their angles along y and x, (1, places) each, for the block of noise (C, n, n).

    A wave fits a half-drop when going one motif to the right and half a motif down brings it back to the same phase. Slanted waves that
    do not are made a little finer, level ones of an odd number become even, and so do figures (see ml.textiles.waves).
    """
    highest, figures = settings.waves, settings.figures
    if repeat not in ("half-drop", "half-brick"):
        motif = motif_of(noise)
        waves = close_waves(scaled_waves(highest, noise.shape[-1], figures), noise.shape[-1], motif)
        angle_y, angle_x = wave_angles(noise[None], motif)
        return waves, angle_y, angle_x
    patch, times = _motif(noise)
    waves = scaled_waves(highest, patch.shape[-1], figures)
    angles = list(wave_angles(patch[None], motif_of(patch)))
    long = 1 if repeat == "half-drop" else 0  # the axis along which two motifs lie
    angles[long] = _one_after_the_other(angles[long], 2)
    fine, other = 2 * waves[:, long], waves[:, 1 - long]
    odd = other % 2 == 1
    level = (fine == 0) | (np.arange(len(waves)) >= len(waves) - len(figure_vectors(figures)))
    fine = fine + np.where(odd & ~level, np.sign(fine), 0)
    other = other + np.where(odd & level, np.sign(other), 0)
    waves[:, long], waves[:, 1 - long] = fine, other
    angle_y, angle_x = (_one_after_the_other(angle, times) for angle in angles)
    return waves * np.float32(times), angle_y, angle_x


def _motif(noise: Floats) -> tuple[Floats, int]:
    """The motif of noise (C, n, n), of an even number of cells, and how often it is laid along a side of the tile."""
    cells = motif_of(noise)
    even = cells + cells % 2
    return wrap_noise(noise[:, :cells, :cells], even), max(1, noise.shape[-1] // even)


def _one_after_the_other(angle: Floats, times: int) -> Floats:
    """Angles (1, places) of a torus → those of one ``times`` as long, on which a wave has ``times`` its number."""
    turns = [angle + 2 * np.pi * turn for turn in range(times)]
    return np.asarray(np.concatenate(turns, axis=1) / times, np.float32)
