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


def resize_labels(labels: Bytes, width: int, height: int) -> Bytes:
    """Resize a label picture, uint8 (H, W), by nearest neighbour: labels are names, not amounts."""
    return np.asarray(Image.fromarray(labels).resize((width, height), Image.Resampling.NEAREST))
