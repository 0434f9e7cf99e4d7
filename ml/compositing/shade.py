"""Separate the light on a cloth from the cloth's own colour and print.

The light is integrated from the gradients that look like folds and not like ink (the Retinex idea: Land and McCann
1971; colour Retinex as in Grosse et al., "Ground truth dataset and baseline evaluations for intrinsic image
algorithms", 2009). What the integration leaves out, weave and fine creases, is added back where the cloth is plain
and left out where it is printed.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy.fft import irfft2, next_fast_len, rfft2
from scipy.sparse.linalg import spsolve

from ml.compositing.grid import add_steps, laplacian, neighbours, numbered, spread
from ml.compositing.region import box_of, check_alpha, floats
from ml.images import Bytes, Floats, srgb_to_linear

Mask = npt.NDArray[np.bool_]

BAND = 1 << 17  # photo pixels handled at a time, small enough to stay in cache
FINE = 384  # long side, pixels, at which gradients are judged
COARSE_STEP = 3  # fine pixels per cell of the grid on which light is integrated
INK_STEP = 0.30  # a change of log light per fine pixel beyond which it is ink, not a fold
STRONG_STEP = 0.50  # a change no seam or fold makes often
PLAIN, PRINTED = 0.006, 0.030  # shares of strong steps: below the first a cloth is plain, above the second printed
REPEATS_FROM = 0.385  # likeness of detail to itself further on, above which it is a woven or printed repeat
# Mean ink: lines that repeat are pleats and gathers below the first, print or weave above the second.
PLEATS, STRIPES = 0.03, 0.10
LINES = 0.35, 0.6  # coherence of directions: below the first detail runs all ways, above the second it is lines
INK_COLOUR = 0.035  # a change of chromaticity per fine pixel beyond which it is ink
DARKEST, BRIGHTEST = 0.22, 2.2


@dataclass(frozen=True)
class Light:
    """The light on one cloth, small, ready to be enlarged to its box.

    log_base: (h, w) natural log of the fold light, print removed. detail: (h, w) in [0, 1], how much of the photo's own
    fine detail to believe. tint: (3,) weights that turn linear colour into the cloth's own brightness, 1 at the median.
    floor: brightness added before taking logs, so that noise on dark cloth stays small.
    """

    log_base: Floats
    detail: Floats
    tint: Floats
    floor: float


def shading(photo: Bytes, alpha: Floats) -> Floats:
    """Relative light of the cloth.

    photo: uint8 (H, W, 3) sRGB. alpha: float32 (H, W) in [0, 1], the cloth. Returns float32 (H, W) in linear light,
    median 1 over the cloth, within 0.22 to 2.2, and exactly 1 where alpha is 0. Light from outside the mask never
    enters. Raises PictureError when shapes do not agree. See the module's words for the source of the idea.
    """
    check_alpha(photo, alpha)
    out = np.ones(alpha.shape, np.float32)
    box = box_of(alpha)
    if box is not None:
        inside = shade_box(photo[box.window], alpha[box.window])
        out[box.window] = np.where(alpha[box.window] > 0, inside, np.float32(1.0))
    return out


def shade_box(photo: Bytes, alpha: Floats) -> Floats:
    """As :func:`shading`, for arrays already cut to the garment's box; values where alpha is 0 are of no meaning."""
    light = estimate_light(photo, alpha)
    height, width = alpha.shape
    base = floats(cv2.resize(light.log_base, (width, height), interpolation=cv2.INTER_CUBIC))
    if light.detail.max() > 0.02:
        own = _brightness(photo, light.tint)
        own += np.float32(light.floor)
        cv2.log(own, dst=own)
        own -= np.float32(np.log1p(light.floor))
        own -= base
        np.clip(own, -1.2, 1.2, out=own)
        own *= cv2.resize(light.detail, (width, height), interpolation=cv2.INTER_LINEAR)
        base += own
    relative = floats(cv2.exp(base, dst=base))
    sample = relative[alpha > 0.5] if alpha.size < 1 << 18 else relative[::4, ::4][alpha[::4, ::4] > 0.5]
    middle = float(np.median(sample)) if sample.size else 1.0
    relative /= np.float32(middle)
    return np.clip(relative, DARKEST, BRIGHTEST, out=relative)


def estimate_light(photo: Bytes, alpha: Floats) -> Light:
    """Find the fold light of a cloth on a small grid. Arrays cut to the garment's box, as for :func:`shade_box`."""
    small, cover = _reduce(photo, alpha)
    core = _core(cover)
    light = srgb_to_linear(small)
    tint, middle = _own_colour(light[core])
    floor = float(np.clip(0.10 + 0.004 / max(middle, 1e-4), 0.10, 0.60))
    own = np.log(light @ tint + np.float32(floor)) - np.float32(np.log1p(floor))
    steps_x, steps_y, ink, plain = _fold_steps(own, light, core)
    base = _integrate(steps_x, steps_y, own, core)
    strength, period = _find_repeat(own, core)
    if strength > 0:
        strength *= 1 - _pleats(own, ink, core)
        weight = core.astype(np.float32)
        smooth = _blur(base * weight, 0.8 * period) / np.maximum(_blur(weight, 0.8 * period), 1e-3)
        base = floats(base + strength * (spread(floats(smooth), weight) - base))
    if plain < 1:  # ink that slipped through is finer than most folds
        base = floats(base + (1 - plain) * 0.7 * (floats(cv2.GaussianBlur(base, (0, 0), 2.5)) - base))
    detail = floats((1 - strength) * _trust(own - base, ink, core, middle, plain))
    return Light(base, detail, tint, floor)


def _reduce(photo: Bytes, alpha: Floats) -> tuple[Bytes, Floats]:
    """Both to at most FINE pixels, each side a whole number of coarse cells."""
    height, width = alpha.shape
    factor = min(1.0, FINE / max(height, width))
    size = tuple(max(2, round(side * factor / COARSE_STEP)) * COARSE_STEP for side in (width, height))
    small = np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return small, floats(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA))


def _core(cover: Floats) -> Mask:
    """The pixels that are surely cloth; thin garments keep what they have."""
    sure: Mask = cover > 0.98
    eroded = cv2.erode(sure.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1) > 0
    for mask in (eroded, sure, cover > 0.5):
        if mask.sum() >= 0.5 * (cover > 0.5).sum() and mask.any():
            return np.asarray(mask)
    return np.asarray(cover >= cover.max())


def _own_colour(cloth: Floats) -> tuple[Floats, float]:
    """Channel weights that read brightness along the cloth's own colour, and its median luminance."""
    median = np.median(cloth, axis=0) + np.float32(1e-3)
    weights = median / (median @ median)
    return weights.astype(np.float32), float(median.mean())


def _brightness(photo: Bytes, tint: Floats) -> Floats:
    """float32 (H, W), in bands: three floats a pixel of a large photo would be the most memory of all steps."""
    tables = (srgb_to_linear(np.arange(256, dtype=np.uint8))[:, None] * tint).reshape(1, 256, 3)
    bright = np.empty(photo.shape[:2], np.float32)
    step = max(1, BAND // photo.shape[1])
    for top in range(0, len(photo), step):
        rows = slice(top, top + step)
        bright[rows] = cv2.transform(cv2.LUT(photo[rows], tables), np.ones((1, 3), np.float32))
    return bright


def _fold_steps(own: Floats, light: Floats, core: Mask) -> tuple[Floats, Floats, Floats, float]:
    """Steps of log light to the right and below that are folds, the ink at each pixel and the plainness of all, [0, 1].

    On cloth with hardly any ink, sharp steps are seams, collars and openings: they are light, and stay.
    """
    # Noise rules the colour of what is dark: there the cloth's own colour is mixed in, so light alone never turns it.
    own_colour = np.float32(0.35) * np.median(light[core], axis=0) + np.float32(0.003)
    colour = (light + own_colour) / (light + own_colour).sum(axis=2, keepdims=True)
    ink, strong = np.zeros(own.shape, np.float32), 0.0
    found = []
    for axis in (1, 0):
        step = np.diff(own, axis=axis, append=own.take([-1], axis))
        turn = np.abs(np.diff(colour, axis=axis, append=colour.take([-1], axis))).max(axis=2)
        both = core & np.roll(core, -1, axis)
        same_tone = np.exp(-((np.abs(step) / INK_STEP) ** 4))
        same_colour = np.exp(-((turn / INK_COLOUR) ** 4))
        ink = np.maximum(ink, np.where(both, 1 - same_tone * same_colour, 0))
        found.append((step * both, same_tone, same_colour))
        strong += float(((np.abs(step) > STRONG_STEP) & both).sum() + ((turn > 2 * INK_COLOUR) & both).sum())
    share = strong / max(1.0, 2.0 * float(core.sum()))
    plain = float(np.clip((PRINTED - share) / (PRINTED - PLAIN), 0, 1))
    across, down = (floats(step * colour * (tone + (1 - tone) * plain)) for step, tone, colour in found)
    return across, down, floats(ink), plain


def _find_repeat(own: Floats, core: Mask) -> tuple[float, float]:
    """How surely fine detail repeats itself, [0, 1], and at what distance in pixels: dots and stripes do, folds do not.

    The highest peak of the autocorrelation away from its middle, the mask's own shape divided out.
    """
    weight = core.astype(np.float32)
    broad = _blur(own * weight, 5.0) / np.maximum(_blur(weight, 5.0), 1e-3)
    fine = floats(np.clip(own - broad, -0.4, 0.4) * weight)
    loud = np.sqrt(_blur(fine * fine, 16.0) / np.maximum(_blur(weight, 16.0), 1e-3))
    fine = floats(fine / (loud + 0.01))  # a print is everywhere; a few loud folds must not speak for the cloth
    reach = 32
    shape = [next_fast_len(max(side, reach + 1) + reach, real=True) for side in own.shape]
    power, share = (irfft2(np.abs(rfft2(values, shape)) ** 2, shape) for values in (fine, weight))
    if power[0, 0] <= 1e-6:
        return 0.0, 1.0
    likeness = power / np.maximum(share, 0.1 * share[0, 0])
    likeness = np.roll(likeness / likeness[0, 0], (reach, reach), (0, 1))[: 2 * reach + 1, : 2 * reach + 1]
    likeness = _blur(floats(likeness), 0.7)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    distance = np.hypot(x, y)
    peaks = (likeness == cv2.dilate(likeness, np.ones((5, 5), np.uint8))) & (distance > 4) & (distance < reach - 1)
    if not peaks.any():
        return 0.0, 1.0
    best = int(np.argmax(np.where(peaks, likeness, -1)))
    strength = float(np.clip((likeness.flat[best] - REPEATS_FROM) / 0.06, 0, 1))
    return strength, float(distance.flat[best])


def _pleats(own: Floats, ink: Floats, core: Mask) -> float:
    """How surely what repeats itself is pleats or gathers, [0, 1]: lines of one direction, and hardly any ink."""
    weight = core.astype(np.float32)
    broad = _blur(own * weight, 8.0) / np.maximum(_blur(weight, 8.0), 1e-3)
    fine = _blur(floats((own - broad) * weight), 1.0)
    inner = cv2.erode(core.astype(np.uint8), np.ones((5, 5), np.uint8), borderValue=0) > 0
    if not inner.any():
        return 0.0
    across, down = (cv2.Sobel(fine, cv2.CV_32F, *way, ksize=3)[inner] for way in ((1, 0), (0, 1)))
    power = across**2 + down**2
    coherence = float(np.hypot((across**2 - down**2).sum(), (2 * across * down).sum()) / max(float(power.sum()), 1e-9))
    lines = float(np.clip((coherence - LINES[0]) / (LINES[1] - LINES[0]), 0, 1))
    return lines * float(np.clip((STRIPES - float(ink[core].mean())) / (STRIPES - PLEATS), 0, 1))


def _integrate(steps_x: Floats, steps_y: Floats, own: Floats, core: Mask) -> Floats:
    """The light whose steps fit best, by least squares over the cells of the mask alone (a Poisson problem)."""
    height, width = (side // COARSE_STEP for side in own.shape)
    share = cv2.resize(core.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    inside = share > 0.3
    if not inside.any():
        return np.zeros(own.shape, np.float32)
    index, count = numbered(inside)
    mean = cv2.resize(own * core, (width, height), interpolation=cv2.INTER_AREA) / np.maximum(share, 1e-3)
    anchor = 2e-4
    right = anchor * mean[inside].astype(np.float64)
    for axis, fine in ((1, steps_x), (0, steps_y)):
        step = _coarse_steps(fine, core, axis)
        joined, a, b = neighbours(index, axis)
        inner = step[:, :-1] if axis == 1 else step[:-1]
        add_steps(right, a, b, inner[joined].astype(np.float64))
    solution = np.zeros(inside.shape, np.float32)
    solution[inside] = spsolve(laplacian(index, np.full(count, anchor)), right)
    solution = spread(solution, inside.astype(np.float32))
    return np.asarray(cv2.resize(solution, own.shape[::-1], interpolation=cv2.INTER_CUBIC))


def _coarse_steps(fine: Floats, core: Mask, axis: int) -> Floats:
    """Sum the fine steps from each coarse cell's middle to its neighbour's, averaged over parallel lines."""
    height, width = (side // COARSE_STEP for side in fine.shape)
    valid = (core & np.roll(core, -1, axis)).astype(np.float32)
    shift = -(COARSE_STEP // 2)
    total = cv2.resize(np.roll(fine, shift, axis), (width, height), interpolation=cv2.INTER_AREA)
    share = cv2.resize(np.roll(valid, shift, axis), (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(total * COARSE_STEP / np.maximum(share, 0.2))


def _trust(rest: Floats, ink: Floats, core: Mask, middle: float, plain: float) -> Floats:
    """Where the photo's fine detail is cloth and not print: [0, 1]."""
    weight = floats(core)
    reach = max(2.0, 0.03 * max(ink.shape))
    inky = _blur(ink * weight, reach) / np.maximum(_blur(weight, reach), 1e-3)
    patch = np.abs(_blur(rest * weight, reach) / np.maximum(_blur(weight, reach), 1e-3))
    believed = plain * np.exp(-((inky / (0.06 + 0.5 * plain)) ** 2) - (patch / 0.3) ** 2)
    quiet = float(np.clip(middle / 0.015, 0.25, 1.0))  # noise and compression blocks rule very dark cloth
    # At the very edge the photo may show what lies behind the cloth: there the light is carried over from inside.
    sure = _blur(floats(cv2.erode(weight, np.ones((3, 3), np.uint8), borderValue=1)), 0.7) * weight
    return floats(0.9 * quiet * believed * sure)


def _blur(values: Floats, sigma: float) -> Floats:
    return floats(cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT))
