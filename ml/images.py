"""The one home of pixel range, axis order, colour and resizing.

Between modules a picture is ``uint8``, axes ``(height, width, 3)``, channels R, G, B in sRGB. Work that adds or
multiplies light happens in ``float32`` linear light in [0, 1]. Label pictures are ``uint8`` ``(height, width)``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from ml.errors import PictureError

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

_CODES = np.arange(256, dtype=np.float64) / 255.0
_DECODE = np.where(_CODES <= 0.04045, _CODES / 12.92, ((_CODES + 0.055) / 1.055) ** 2.4).astype(np.float32)
_ENCODE_STEPS = 1 << 14
_grid = np.arange(_ENCODE_STEPS + 1, dtype=np.float64) / _ENCODE_STEPS
_ENCODE = np.clip(
    np.where(_grid <= 0.0031308, _grid * 12.92, 1.055 * _grid ** (1 / 2.4) - 0.055) * 255.0 + 0.5, 0, 255
).astype(np.uint8)
# Rec. 709 luminance weights, for linear light.
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
# Ottosson's matrices of OKLab, to be used from the right.
_TO_CONES = np.array(
    [
        [0.4122214708, 0.2119034982, 0.0883024619],
        [0.5363325363, 0.6806995451, 0.2817188376],
        [0.0514459929, 0.1073969566, 0.6299787005],
    ],
    np.float32,
)
_TO_OKLAB = np.array(
    [
        [0.2104542553, 1.9779984951, 0.0259040371],
        [0.7936177850, -2.4285922050, 0.7827717662],
        [-0.0040720468, 0.4505937099, -0.8086757660],
    ],
    np.float32,
)
_FROM_OKLAB = np.linalg.inv(_TO_OKLAB.astype(np.float64)).astype(np.float32)
_FROM_CONES = np.linalg.inv(_TO_CONES.astype(np.float64)).astype(np.float32)


def srgb_to_linear(picture: Bytes) -> Floats:
    """uint8 sRGB, any shape, → float32 linear light in [0, 1] of the same shape (IEC 61966-2-1)."""
    return _DECODE[picture]


def linear_to_srgb(light: npt.NDArray[Any]) -> Bytes:
    """Linear light, any shape, → uint8 sRGB of the same shape; values outside [0, 1] are clipped.

    A table of 16,385 steps: every uint8 code survives the round trip through :func:`srgb_to_linear`.
    """
    steps = np.clip(light, 0.0, 1.0) * np.float32(_ENCODE_STEPS) + np.float32(0.5)
    codes: Bytes = _ENCODE[steps.astype(np.int32)]
    return codes


def luminance(light: Floats) -> Floats:
    """float32 linear light (H, W, 3) → float32 relative luminance (H, W)."""
    return light @ LUMINANCE


def linear_to_oklab(light: npt.NDArray[Any]) -> Floats:
    """Linear light (..., 3) → OKLab (..., 3) float32: lightness 0 to 1, then green to red and blue to yellow, about ±0.3.

    Equal distances look about equally different (Björn Ottosson, "A perceptual color space for image processing", 2020).
    """
    lab: Floats = np.cbrt(light @ _TO_CONES) @ _TO_OKLAB
    return lab


def oklab_to_linear(lab: npt.NDArray[Any]) -> Floats:
    """The way back, (..., 3) float32; colours that no screen has fall outside [0, 1]."""
    light: Floats = (lab @ _FROM_OKLAB) ** 3 @ _FROM_CONES
    return light


def read_picture(path: Path | str) -> Bytes:
    """Read a picture file, turned upright, as uint8 (H, W, 3) sRGB. Transparent parts become white.

    Raises PictureError when the file is missing or is not a picture.
    """
    try:
        with Image.open(path) as opened:
            upright = ImageOps.exif_transpose(opened)
            if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
                rgba = upright.convert("RGBA")
                upright = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba)
            return np.asarray(upright.convert("RGB"))
    except FileNotFoundError:
        raise PictureError(f"There is no file {path}.") from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise PictureError(f"{path} could not be read as a picture ({type(error).__name__}).") from None


def resize_smooth(picture: Bytes, width: int, height: int) -> Bytes:
    """Resize a photo, uint8 (H, W, 3), without aliasing (Lanczos with support scaled to the reduction)."""
    return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS))


def shrink_smooth(picture: Bytes, width: int, height: int) -> Bytes:
    """As :func:`resize_smooth`, but a large photo is first averaged in whole blocks, which is quick and looks the same."""
    import cv2

    blocks = min(picture.shape[0] // height, picture.shape[1] // width) // 2
    if blocks >= 2:
        half_way = (picture.shape[1] // blocks, picture.shape[0] // blocks)
        picture = np.asarray(cv2.resize(picture, half_way, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return resize_smooth(picture, width, height)


def grow_rows(small: Floats, shape: tuple[int, int], top: int, bottom: int) -> Floats:
    """Rows ``top`` to ``bottom`` of a bilinear enlargement: float32 (h, w) or (h, w, C), to ``shape`` (H, W).

    The pixels are those of ``cv2.resize`` of the whole to rounding, without the whole ever being in memory.
    """
    import cv2

    last = len(small) - 1
    at = np.clip((np.arange(top, bottom) + 0.5) * (len(small) / shape[0]) - 0.5, 0, last)
    above = at.astype(np.intp)
    share = (at - above).astype(np.float32).reshape(-1, *[1] * (small.ndim - 1))
    rows = small[above] * (1 - share) + small[np.minimum(above + 1, last)] * share
    grown = cv2.resize(rows, (shape[1], bottom - top), interpolation=cv2.INTER_LINEAR)
    return np.asarray(grown, dtype=np.float32)


def resize_labels(labels: Bytes, width: int, height: int) -> Bytes:
    """Resize a label picture, uint8 (H, W), by nearest neighbour: labels are names, not amounts."""
    return np.asarray(Image.fromarray(labels).resize((width, height), Image.Resampling.NEAREST))
