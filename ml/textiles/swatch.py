"""A swatch as the clothing-pattern data set prescribes it (Medeiros et al., ASSETS 2017): cut, scaled, turned, measured.

What is kept of a swatch is one square of ``TURNABLE`` pixels: just large enough that a frame of ``FRAME`` pixels in its middle
stays full however the square is turned. The data set's twelve variations are then made when they are needed (:func:`turned`):
stored they would be twelve times the files, the curation and the chances to disagree, for nothing that is not in the square.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from ml.errors import PictureError
from ml.images import Bytes, Floats, linear_to_oklab, luminance, srgb_to_linear

FRAME = 224
TURNABLE = 318  # 224 times the square root of two, up to the next even number
TURNS = tuple(range(0, 360, 30))
_INSET = (TURNABLE - FRAME) // 2
_HASH_SIDE, _HASH_BITS = 64, 16  # a DCT of 64 x 64 pixels, of which the lowest 16 x 16 frequencies count
# Of 256 bits, and in OKLab. Of copies of 240 swatches (JPEG at 55, made smaller, made lighter) 97 in 100 are found; of 5,883 pairs
# of different swatches of one category and colour, two are taken for one picture.
ALIKE_BITS, ALIKE_COLOUR = 80, 0.035
# So blurred a picture is that its finest detail is mere rounding. With this, 220 swatches pass 0.42, and none of them blurred by 4 px.
_FINE_ENOUGH = 0.0095


@dataclass(frozen=True)
class Measures:
    """``sharpness``: energy of the finest detail beside the next coarser; ``contrast``: spread of colour in OKLab, light falling off
    towards one side left out."""

    sharpness: float
    contrast: float


def cut_square(
    picture: Bytes, crop: tuple[float, float, float, float] | None = None, scale: float | None = None
) -> tuple[Bytes, float]:
    """The middle of a picture's ``crop`` (left, top, width, height; none: all of it) at ``scale``, (318, 318, 3).

    Without a scale, the largest square. Also how much each of its pixels was enlarged (above 1) or reduced. Raises PictureError.
    """
    height, width = picture.shape[:2]
    left, top, across, down = crop or (0.0, 0.0, float(width), float(height))
    right, bottom = min(left + across, width), min(top + down, height)
    left, top = max(left, 0.0), max(top, 0.0)
    if min(right - left, bottom - top) < 1:
        raise PictureError("The crop lies outside the picture.")
    shortest = min(right - left, bottom - top)
    side = shortest if scale is None else min(TURNABLE / scale, shortest)
    x, y = (left + right - side) / 2, (top + bottom - side) / 2
    box = (x, y, min(x + side, width), min(y + side, height))
    square = Image.fromarray(picture).resize((TURNABLE, TURNABLE), Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)
    return np.asarray(square), TURNABLE / side


def turned(square: Bytes, degrees: int) -> Bytes:
    """The frame in the middle of a turned square: uint8 (318, 318, 3) → (224, 224, 3), anticlockwise, quarter turns exact."""
    if degrees % 90 == 0:
        return np.ascontiguousarray(np.rot90(square, degrees // 90)[_INSET:-_INSET, _INSET:-_INSET])
    middle = (TURNABLE - 1) / 2
    matrix = cv2.getRotationMatrix2D((middle, middle), degrees, 1.0)
    matrix[:, 2] -= _INSET
    return np.asarray(cv2.warpAffine(square, matrix, (FRAME, FRAME), flags=cv2.INTER_CUBIC), dtype=np.uint8)


def fingerprint(square: Bytes) -> str:
    """70 hexadecimal digits that nearly equal pictures nearly share: signs of low frequencies (pHash: Zauner 2010), then the
    mean colour."""
    grey = cv2.resize(cv2.cvtColor(square, cv2.COLOR_RGB2GRAY), (_HASH_SIDE, _HASH_SIDE), interpolation=cv2.INTER_AREA)
    low = cv2.dct(grey.astype(np.float32))[:_HASH_BITS, :_HASH_BITS].ravel()
    bits = np.packbits(low > np.median(low)).tobytes()
    colour = np.rint(square.reshape(-1, 3).mean(0)).astype(np.uint8).tobytes()
    digits: str = (bits + colour).hex()
    return digits


class Fingerprints:
    """Many fingerprints, searched at once."""

    def __init__(self, known: list[str]) -> None:
        self._rows = np.frombuffer(bytes.fromhex("".join(known)), np.uint8).reshape(-1, 35)

    def nearest(self, one: str) -> tuple[int, int] | None:
        """The place of the most similar of those that look like the same picture, and in how many bits it differs."""
        if not len(self._rows):
            return None
        row = np.frombuffer(bytes.fromhex(one), np.uint8)
        bits = np.bitwise_count(self._rows[:, :32] ^ row[:32]).sum(1)
        close = np.flatnonzero(bits <= ALIKE_BITS)
        colour = _lab(row[None, 32:])
        near = [i for i in close if np.linalg.norm(_lab(self._rows[i : i + 1, 32:]) - colour) <= ALIKE_COLOUR]
        place = min(near, key=lambda i: bits[i], default=None)
        return None if place is None else (int(place), int(bits[place]))

    def add(self, one: str) -> None:
        self._rows = np.concatenate([self._rows, np.frombuffer(bytes.fromhex(one), np.uint8)[None]])


def measure(square: Bytes) -> Measures:
    """What a curator would see at a glance, in numbers."""
    frame = turned(square, 0)
    light = srgb_to_linear(frame)
    return Measures(_sharpness(np.cbrt(luminance(light))), _contrast(linear_to_oklab(light)))


def _sharpness(grey: Floats) -> float:
    half = cv2.pyrDown(grey)
    quarter = cv2.pyrDown(half)
    fine = grey - cv2.pyrUp(half, dstsize=grey.shape[::-1])
    coarse = half - cv2.pyrUp(quarter, dstsize=half.shape[::-1])
    return float(min(fine.std() / max(float(coarse.std()), 1e-4), fine.std() / _FINE_ENOUGH))


def _contrast(lab: Floats) -> float:
    """Of patches of 7 pixels, so that a weave does not count; a plane is fitted and taken away."""
    small = cv2.resize(lab, (32, 32), interpolation=cv2.INTER_AREA).reshape(-1, 3)
    y, x = np.mgrid[-1:1:32j, -1:1:32j]
    plane = np.stack([np.ones(32 * 32), x.ravel(), y.ravel()], axis=1)
    rest = small - plane @ np.linalg.lstsq(plane, small, rcond=None)[0]
    return float(np.sqrt((rest**2).sum(1).mean()))


def _lab(rgb: Bytes) -> Floats:
    return linear_to_oklab(srgb_to_linear(rgb))
