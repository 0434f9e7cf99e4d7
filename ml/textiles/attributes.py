"""What can be measured of a fabric: a few numbers that people have words for."""

from __future__ import annotations

import numpy as np

from ml.images import Bytes, Floats, linear_to_oklab, srgb_to_linear

# Attribute → what a fabric with more of it is called, and one with less.
WORDS = {
    "lightness": ("lighter", "darker"),
    "warmth": ("warmer", "cooler"),
    "rosiness": ("rosier", "greener"),
    "colour": ("richer", "greyer"),
    "contrast": ("bolder", "softer"),
    "density": ("busier", "calmer"),
    "scale": ("larger", "finer"),
    "regularity": ("more regular", "freer"),
    "flow": ("upright", "level"),
}
ATTRIBUTES = tuple(WORDS)
WARM = np.deg2rad(60)  # orange, on the colour circle of OKLab
_EDGE = 0.08  # difference between neighbouring pixels, in OKLab, that counts as an edge


def measure(tile: Bytes) -> Floats:
    """The attributes of a seamless tile, uint8 (S, S, 3), in the order of ATTRIBUTES, float32. Everything wraps around.

    lightness, colour (mean chroma), contrast (spread): in OKLab, 0 to 1. warmth: mean lean towards orange, about ±0.2; rosiness: the
    same towards rose, a right angle from orange on the colour circle. density: part of the tile that is edge, 0 to 1. scale: log2 of
    the mean wave length in pixels. regularity: minus the entropy of the power spectrum, in nats; few sharp waves are regular. flow: log
    of how much more changes from left to right than from top to bottom.
    """
    lab = linear_to_oklab(srgb_to_linear(tile))
    flat = lab - lab.mean((0, 1))
    right, down = ((np.roll(lab, -1, axis) - lab) ** 2 for axis in (1, 0))
    scale, regularity = _spectrum(flat)
    mean = lab.mean((0, 1))
    return np.array(
        [
            mean[0],
            np.cos(WARM) * mean[1] + np.sin(WARM) * mean[2],
            np.sin(WARM) * mean[1] - np.cos(WARM) * mean[2],
            np.hypot(lab[..., 1], lab[..., 2]).mean(),
            np.sqrt((flat**2).sum(-1).mean()),
            (np.sqrt((right + down).sum(-1)) > _EDGE).mean(),
            scale,
            regularity,
            np.log((right.mean() + 1e-6) / (down.mean() + 1e-6)),
        ],
        np.float32,
    )


def _spectrum(flat: Floats) -> tuple[float, float]:
    """log2 of the mean wave length, and minus the entropy, of a picture (S, S, 3) of mean zero."""
    power = (np.abs(np.fft.fft2(flat, axes=(0, 1))) ** 2).sum(-1)
    power[0, 0] = 0
    power = power / max(float(power.sum()), 1e-9)
    frequency = np.hypot(np.fft.fftfreq(len(flat))[:, None], np.fft.fftfreq(len(flat))[None])
    mean = max(float((power * frequency).sum()), 1e-3)
    return -float(np.log2(mean)), float((power * np.log(power + 1e-12)).sum())
