"""What a picture of a garment knows of its cloth: which point of it each pixel shows, the light there, and the parts.

Three PNG files of the photo's size, all without gamma or colour profile:

* **UV map**: RGB, 16 bits a channel. Red is u, green is v, centimetres of cloth laid flat: ``cm = value / 200 - 163.84``, so
  from -163.84 to 163.835 in steps of 0.005. u grows to the right along the weft, v grows downwards along the warp, as on
  a sheet of cloth seen from its right side; at (0, 0) lies the middle of a tile. Blue is 65535 where the pixel's middle
  shows cloth and 0 where u and v mean nothing. Values are those at the middle of each pixel and jump at seams and folds.
* **Shading**: grey, 8 bits: ``light = 2 * (value / 255) ** 2``, the linear light that perfectly white cloth would send from there,
  1 being the brightest white of the picture. So picture = colour of the cloth in linear light x light.
* **Parts**: grey, 8 bits: 0 is no cloth, 1 and so on the parts in the order of their names.

A browser reads 16 bits as 8; :func:`pack_bytes` gives it high and low bytes apart.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ml.compositing.region import floats
from ml.errors import PictureError
from ml.images import Bytes, Floats

STEPS_PER_CM = 200
ZERO = 32768  # the value that means 0 cm
BRIGHTEST = 2.0  # the light that value 255 means
VALID = 65535

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _RGB = 0, 2


@dataclass(frozen=True)
class ClothMap:
    """u, v: float32 (H, W), centimetres of cloth, 0 where not valid. valid: bool (H, W). light: float32 (H, W), linear, 0 to 2.

    parts: uint8 (H, W), 0 for no cloth, None where they are not known.
    """

    u: Floats
    v: Floats
    valid: npt.NDArray[np.bool_]
    light: Floats
    parts: Bytes | None = None

    def __post_init__(self) -> None:
        arrays = [self.u, self.v, self.valid, self.light] + ([] if self.parts is None else [self.parts])
        if self.u.ndim != 2 or self.u.size == 0 or any(each.shape != self.u.shape for each in arrays):
            raise PictureError("UV map, shading and parts must be of one size.")

    @property
    def shape(self) -> tuple[int, int]:
        return self.u.shape[0], self.u.shape[1]

    def resized(self, width: int, height: int) -> ClothMap:
        """The same cloth in a picture of another size. u and v are read where the new pixels' middles lie."""
        if self.shape == (height, width):
            return self
        rows, row_rest = _nearest(self.shape[0], height)
        columns, column_rest = _nearest(self.shape[1], width)
        at = np.ix_(rows, columns)
        down, across = row_rest[:, None], column_rest[None, :]
        slopes = cloth_slopes(self)
        u = self.u[at] + slopes[0][at] * across + slopes[1][at] * down
        v = self.v[at] + slopes[2][at] * across + slopes[3][at] * down
        kind = cv2.INTER_AREA if height <= self.shape[0] else cv2.INTER_LINEAR
        light = floats(cv2.resize(self.light, (width, height), interpolation=kind))
        return ClothMap(u, v, self.valid[at], light, None if self.parts is None else self.parts[at])


def cloth_slopes(cloth: ClothMap) -> tuple[Floats, Floats, Floats, Floats]:
    """du/dx, du/dy, dv/dx, dv/dy: centimetres of cloth per pixel, float32 (H, W) each, finite everywhere.

    Of the two neighbours on each side the one nearer on the cloth counts, so that no slope is taken across a seam or
    fold; where cloth has no neighbour at all, the slope is 0.
    """
    across = _slope_along(cloth, axis=1)
    down = _slope_along(cloth, axis=0)
    return across[0], down[0], across[1], down[1]


def _slope_along(cloth: ClothMap, axis: int) -> tuple[Floats, Floats]:
    """Central difference where both sides go on, else the shorter one-sided one."""
    pad = [(1, 1) if each == axis else (0, 0) for each in (0, 1)]
    head, tail = (slice(None, -1), slice(1, None)) if axis == 0 else (np.s_[:, :-1], np.s_[:, 1:])
    both = cloth.valid[head] & cloth.valid[tail]
    steps = [np.pad(np.where(both, part[tail] - part[head], 0).astype(np.float32), pad) for part in (cloth.u, cloth.v)]
    length = np.pad(np.where(both, 0, np.inf).astype(np.float32), pad, constant_values=np.inf) + np.hypot(*steps)
    before, after = length[head], length[tail]
    far = np.maximum(before, after) > 1.5 * np.minimum(before, after) + 2.0 / STEPS_PER_CM
    take_before = np.where(far, before <= after, True)
    take_after = np.where(far, after < before, True)
    count = np.maximum(take_before.astype(np.float32) + take_after, 1)
    known = np.isfinite(np.minimum(before, after))
    found = [np.where(known, (s[head] * take_before + s[tail] * take_after) / count, 0) for s in steps]
    return floats(found[0]), floats(found[1])


def nearest_valid(valid: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Row and column of the nearest valid pixel, (H, W) each; some must be valid."""
    _, labels = cv2.distanceTransformWithLabels(
        (~valid).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    rows, columns = np.nonzero(valid)
    first_row, first_column = np.zeros(len(rows) + 1, np.intp), np.zeros(len(rows) + 1, np.intp)
    order = labels[rows, columns]
    first_row[order], first_column[order] = rows, columns
    return first_row[labels], first_column[labels]


def _nearest(old: int, new: int) -> tuple[npt.NDArray[np.intp], Floats]:
    """The old pixel under the middle of each new one, and how far beyond that old pixel's own middle it is."""
    middles = (np.arange(new) + 0.5) * (old / new) - 0.5
    index = np.clip(np.round(middles), 0, old - 1).astype(np.intp)
    return index, floats(np.clip(middles - index, -0.5, 0.5))


def part_alpha(cloth: ClothMap, alpha: Floats, part: int) -> Floats:
    """Soft mask of one part: float32 (H, W) in [0, 1]; over all parts it sums to alpha. Raises PictureError without parts."""
    if cloth.parts is None:
        raise PictureError("This garment has no parts.")
    cover = cv2.GaussianBlur((cloth.parts > 0).astype(np.float32), (0, 0), 0.7)
    share = cv2.GaussianBlur((cloth.parts == part).astype(np.float32), (0, 0), 0.7)
    return floats(alpha * np.where(cover > 1e-3, share / np.maximum(cover, 1e-3), 0))


def without_parts(alpha: Floats, cloth: ClothMap, parts: Sequence[int]) -> Floats:
    """The mask, float32 (H, W) in [0, 1], less some of the garment's parts. Raises PictureError without parts."""
    left = alpha - sum(part_alpha(cloth, alpha, part) for part in parts)
    return floats(np.where(left > 1e-3, np.clip(left, 0, 1), 0))


def encode_uv(u: Floats, v: Floats, valid: npt.NDArray[np.bool_]) -> bytes:
    """The UV map as a PNG file. Raises PictureError when the cloth is larger than 327 cm."""
    planes = [np.where(valid, np.round(each.astype(np.float64) * STEPS_PER_CM) + ZERO, 0) for each in (u, v)]
    if any(plane.min() < 0 or plane.max() > 65535 for plane in planes):
        raise PictureError("A UV map reaches from -163.84 to 163.83 cm; this cloth is larger.")
    blue = np.where(valid, VALID, 0)
    return _encode(np.dstack([blue, planes[1], planes[0]]).astype(np.uint16))  # OpenCV's order: blue, green, red


def encode_light(light: Floats) -> bytes:
    """The shading as a PNG file; float32 (H, W), what is above 2 is cut."""
    return _encode(np.round(np.sqrt(np.clip(light, 0, BRIGHTEST) / BRIGHTEST) * 255).astype(np.uint8))


def encode_parts(parts: Bytes) -> bytes:
    return _encode(parts)


def decode_map(uv: bytes, light: bytes, parts: bytes | None = None, size: tuple[int, int] | None = None) -> ClothMap:
    """The map from its files. size: (width, height) that they must have.

    Raises PictureError, whose sentence names the file, when one is no PNG, of another depth or size, or says what
    cannot be.
    """
    size = size or png_size(uv, "The UV map")
    colours = _decode(uv, "The UV map", 16, _RGB, size)
    blue = colours[..., 0]
    if not np.isin(blue, (0, VALID)).all():
        raise PictureError("The UV map's blue channel must be 0 (no cloth) or 65535 (cloth) everywhere.")
    valid = blue == VALID
    if not valid.any():
        raise PictureError("The UV map shows no cloth: its blue channel is 0 everywhere.")
    u, v = (np.where(valid, (colours[..., at] - np.float32(ZERO)) / np.float32(STEPS_PER_CM), 0) for at in (2, 1))
    _check_density(valid, floats(u), floats(v))
    grey = _decode(light, "The shading", 8, _GREY, size)
    lit = floats(BRIGHTEST * (grey / np.float32(255.0)) ** 2)
    names = None if parts is None else _decode(parts, "The parts picture", 8, _GREY, size).astype(np.uint8)
    return ClothMap(floats(u), floats(v), valid, lit, names)


def _check_density(valid: npt.NDArray[np.bool_], u: Floats, v: Floats) -> None:
    """A map in other units, or noise, is told by its usual step between neighbours: 0.0025 to 5 cm of cloth a pixel."""
    both = valid[:, 1:] & valid[:, :-1]
    steps = np.hypot(np.diff(u, axis=1), np.diff(v, axis=1))[both]
    usual = float(np.median(steps)) if steps.size else 0.0
    if not 0.0025 <= usual <= 5.0:
        raise PictureError(
            f"The UV map is out of range: neighbouring pixels are usually {usual:.3g} cm of cloth apart, "
            "and it should be 0.0025 to 5. Is it in steps of 1/200 cm?"
        )


def png_size(content: bytes, what: str) -> tuple[int, int]:
    """Width and height that a PNG promises. Raises PictureError when it is none."""
    if len(content) < 33 or not content.startswith(_SIGNATURE) or content[12:16] != b"IHDR":
        raise PictureError(f"{what} must be a PNG file.")
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def _decode(content: bytes, what: str, bits: int, colour: int, size: tuple[int, int]) -> npt.NDArray[np.uint16]:
    """Checked by its header before anything is unpacked, so that no small file becomes a large picture."""
    found = png_size(content, what)
    if found != size:
        raise PictureError(f"{what} is {found[0]}x{found[1]}; it must have the photo's size, {size[0]}x{size[1]}.")
    if (content[24], content[25]) != (bits, colour):
        kind = "a grey picture" if colour == _GREY else "a colour picture (red, green, blue)"
        raise PictureError(f"{what} must be {kind} of {bits} bits a channel.")
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.shape[:2] != (size[1], size[0]):
        raise PictureError(f"{what} is damaged.")
    return np.asarray(pixels)


def _encode(pixels: npt.NDArray[np.uint16] | Bytes) -> bytes:
    done, content = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    if not done:
        raise PictureError("A map could not be written.")
    return content.tobytes()


def pack_bytes(cloth: ClothMap) -> Bytes:
    """The map for a browser, uint8 (2 H, W, 3), to be sent as an 8-bit PNG or lossless WebP.

    Upper half: high bytes of u and v, and the validity (0 or 255). Lower half: low bytes of u and v, and the shading's
    value. Then ``cm = (256 * high + low) / 200 - 163.84`` and ``light = 2 * (value / 255) ** 2``.
    """
    codes = [
        np.where(cloth.valid, np.round(part * STEPS_PER_CM) + ZERO, 0).astype(np.uint16) for part in (cloth.u, cloth.v)
    ]
    light = np.round(np.sqrt(np.clip(cloth.light, 0, BRIGHTEST) / BRIGHTEST) * 255)
    upper = np.dstack([codes[0] >> 8, codes[1] >> 8, np.where(cloth.valid, 255, 0)])
    lower = np.dstack([codes[0] & 255, codes[1] & 255, light])
    return np.concatenate([upper, lower]).astype(np.uint8)
