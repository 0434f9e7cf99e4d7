"""The texture of cloth as a few dozen numbers, which do not mind where a motif lies: amounts of contrast by scale and direction.

After Portilla and Simoncelli 2000. :mod:`ml.textiles.invert` judges likeness by them.
"""

from __future__ import annotations

import cv2
import numpy as np

from ml.images import Bytes, Floats, linear_to_oklab, srgb_to_linear

LEVELS = 5
DRAWN = LEVELS + 24  # numbers in what :func:`drawing` tells


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
    for _ in range(LEVELS - 1):
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


def drawing(picture: Bytes, window: bool = False) -> Floats:
    """What of the statistics is left when colours do not count, nor how strong they differ, float32 (DRAWN,).

    ``picture``: uint8 (S, S, 3). What scale each part of the contrast has, all channels together, and which direction.
    """
    found = statistics(linear_to_oklab(srgb_to_linear(picture)), window)
    contrast, spectrum = found[: 3 * LEVELS].reshape(LEVELS, 3), found[3 * LEVELS :]
    scales = np.log(np.exp(2 * contrast).sum(1)) / 2
    return np.concatenate([scales - scales.mean(), (spectrum - spectrum.mean()) / 2]).astype(np.float32)
