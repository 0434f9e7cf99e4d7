"""Put new cloth into a photo so that no rim of the old colour is left."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from ml.compositing.region import floats
from ml.images import Bytes, Floats, linear_to_srgb, srgb_to_linear

Index = npt.NDArray[np.intp]

_WORK = 640  # long side, pixels, at which the colours behind the edge are gathered


def blend(photo: Bytes, cloth: Floats, alpha: Floats) -> Bytes:
    """Lay cloth over a photo.

    photo: uint8 (H, W, 3) sRGB. cloth: float32 (H, W, 3) linear light. alpha: float32 (H, W) in [0, 1].
    Returns uint8 (H, W, 3), byte-identical to the photo where alpha is 0.

    At the soft edge the photo already holds a mixture of the old cloth and what lies behind it; mixing it again would
    leave a rim of the old colour. There the colour behind is taken from the nearest uncovered pixels instead
    (foreground and background estimation as in image matting; Forte and Pitie, "F, B, Alpha Matting", 2020, for the
    formulation).
    """
    out = photo.copy()
    full = alpha >= 1.0
    out[full] = linear_to_srgb(cloth[full])
    edge = (alpha > 0.0) & ~full
    if edge.any():
        behind, trust = backdrop(photo, alpha)
        old = srgb_to_linear(photo[edge])
        rows, columns = np.nonzero(edge)
        read = _read_at(np.dstack([behind, trust]), rows, columns, alpha.shape)
        back, known = read[:, :3], read[:, 3:]
        share = alpha[edge][:, None]
        back = old + known * np.clip(share * 4.0, 0.0, 1.0) * (back - old)
        out[edge] = linear_to_srgb(share * cloth[edge] + (1.0 - share) * back)
    return out


def backdrop(photo: Bytes, alpha: Floats) -> tuple[Floats, Floats]:
    """What lies behind the edge, small: float32 (h, w, 3) linear light, and trust in it, float32 (h, w) in [0, 1].

    Gathered by normalised convolution from pixels clear of the mask, the nearest counting most.
    """
    height, width = alpha.shape
    factor = min(1.0, _WORK / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = srgb_to_linear(np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), dtype=np.uint8))
    cover = floats(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA))
    clear = (cv2.dilate(cover, np.ones((3, 3), np.uint8)) <= 0.004).astype(np.float32)
    behind, trust = np.zeros_like(small), np.zeros_like(cover)
    for sigma in (1.5, 3.0, 6.0, 12.0):
        amount = cv2.GaussianBlur(clear, (0, 0), sigma)
        mean = cv2.GaussianBlur(small * clear[..., None], (0, 0), sigma) / np.maximum(amount, 1e-6)[..., None]
        gain = (1.0 - trust) * np.clip(amount * 25.0 - 0.25, 0.0, 1.0)
        behind += gain[..., None] * mean
        trust += gain
    return floats(behind / np.maximum(trust, 1e-6)[..., None]), trust


def _read_at(small: Floats, rows: Index, columns: Index, shape: tuple[int, ...]) -> Floats:
    """Read an enlarged small picture at some pixels only: (N, channels), without enlarging all of it."""
    wide = 1024
    count = -(-rows.size // wide) * wide
    map_x, map_y = np.zeros(count, np.float32), np.zeros(count, np.float32)
    map_x[: rows.size] = (columns + 0.5) * (small.shape[1] / shape[1]) - 0.5
    map_y[: rows.size] = (rows + 0.5) * (small.shape[0] / shape[0]) - 0.5
    read = cv2.remap(
        small, map_x.reshape(-1, wide), map_y.reshape(-1, wide), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(read.reshape(count, small.shape[2])[: rows.size])
