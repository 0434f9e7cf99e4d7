"""Put new cloth into a photo so that no rim of the old colour is left."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ml.compositing.region import floats
from ml.images import Bytes, Floats, linear_to_srgb, srgb_to_linear

Index = npt.NDArray[np.intp]

_WORK = 640  # long side, pixels, at which the colours behind the edge are gathered
_LEVELS = 4  # each halves the size and so doubles how far is looked for them


@dataclass(frozen=True)
class Backdrop:
    """What lies behind the edge of a mask, small.

    colours: float32 (h, w, 4): linear light, and in the last channel the trust in it, [0, 1]. shape: (H, W) of the photo.
    """

    colours: Floats
    shape: tuple[int, int]

    def at(self, rows: Index, columns: Index) -> tuple[Floats, Floats]:
        """Colour (N, 3) and trust (N, 1) at some pixels of the photo, without enlarging the whole."""
        wide = 1024
        count = -(-rows.size // wide) * wide
        height, width = self.colours.shape[:2]
        map_x, map_y = np.zeros(count, np.float32), np.zeros(count, np.float32)
        map_x[: rows.size] = (columns + 0.5) * (width / self.shape[1]) - 0.5
        map_y[: rows.size] = (rows + 0.5) * (height / self.shape[0]) - 0.5
        maps = map_x.reshape(-1, wide), map_y.reshape(-1, wide)
        read = cv2.remap(self.colours, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        read = read.reshape(count, 4)[: rows.size]
        return floats(read[:, :3]), floats(read[:, 3:])


def blend(photo: Bytes, cloth: Floats, alpha: Floats, behind: Backdrop | None = None, top: int = 0) -> Bytes:
    """Lay cloth over a photo, or over a band of its rows.

    photo: uint8 (H, W, 3) sRGB. cloth: float32 (H, W, 3) linear light. alpha: float32 (H, W) in [0, 1]. behind: the
    :func:`backdrop` of the whole photo when these arrays are its rows from top on; found here when left out.
    Returns uint8 (H, W, 3), byte-identical to the photo where alpha is 0.

    At the soft edge the photo already holds a mixture of the old cloth and what lies behind it; mixing it again would
    leave a rim of the old colour. There the colour behind is taken from the nearest uncovered pixels instead (the
    compositing equation of image matting with an estimated background; Forte and Pitie, "F, B, Alpha Matting", 2020).
    """
    full = alpha >= 1.0
    out = np.where(full[..., None], linear_to_srgb(cloth), photo)
    rows, columns = np.nonzero((alpha > 0.0) & ~full)
    if rows.size:
        back, trust = (behind or backdrop(photo, alpha)).at(rows + top, columns)
        old = srgb_to_linear(photo[rows, columns])
        share = alpha[rows, columns][:, None]
        back = old + trust * np.clip(share * 4.0, 0.0, 1.0) * (back - old)
        out[rows, columns] = linear_to_srgb(share * cloth[rows, columns] + (1.0 - share) * back)
    return out


def backdrop(photo: Bytes, alpha: Floats) -> Backdrop:
    """What lies behind the edge of a mask, gathered from pixels clear of it, the nearest first.

    photo: uint8 (H, W, 3). alpha: float32 (H, W) in [0, 1]. Normalised convolution (Knutsson and Westin, 1993) on a
    pyramid: where a fine level saw nothing, the next coarser one is asked.
    """
    height, width = alpha.shape
    factor = min(1.0, _WORK / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = srgb_to_linear(np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), dtype=np.uint8))
    cover = floats(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA))
    clear = (cv2.dilate(cover, np.ones((3, 3), np.uint8)) <= 0.004).astype(np.float32)
    level = np.dstack([small * clear[..., None], clear])
    found = np.zeros_like(level)
    for _ in range(_LEVELS):
        near = floats(cv2.GaussianBlur(level, (0, 0), 1.5))
        amount = near[..., 3:]
        gain = np.clip(amount * 25.0 - 0.25, 0.0, 1.0)
        known = np.dstack([near[..., :3] / np.maximum(amount, 1e-6) * gain, gain])
        known = floats(cv2.resize(known, size, interpolation=cv2.INTER_LINEAR))
        found += (1.0 - found[..., 3:]) * known
        half = (max(1, level.shape[1] // 2), max(1, level.shape[0] // 2))
        level = floats(cv2.resize(level, half, interpolation=cv2.INTER_AREA))
    found[..., :3] /= np.maximum(found[..., 3:], 1e-6)
    return Backdrop(found, (height, width))
