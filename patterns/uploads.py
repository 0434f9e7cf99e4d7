"""Is this a photo we accept? Decided by content: bytes, then format, then pixel count, then decoding, then turning upright.

What leaves here are plain pixels: name, metadata (GPS included), further frames and whatever else hid in the file stay out.
The order of the checks follows pretix (``helpers/images.py``) and zulip (``lib/thumbnail.py``).
"""

from __future__ import annotations

import io
import logging
import struct
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from PIL import ExifTags, Image, ImageCms

from ml.bundle import let_go_of_memory
from ml.images import Bytes
from patterns import heic

log = logging.getLogger(__name__)
warnings.filterwarnings("ignore", module=r"PIL\.")  # of odd metadata, which is thrown away
MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 40_000_000
MIN_SIDE = 64
LARGE = 12_000_000  # pixels; those with more take turns
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_large_ones = threading.Lock()
_BAND = 1 << 18  # pixels copied at a time
# EXIF's orientation → a view of an upright picture, (H, W, 3), in the order in which the file stores its pixels.
_AS_STORED: dict[int, Callable[[Bytes], Bytes]] = {
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.transpose(1, 0, 2),
    6: lambda upright: np.rot90(upright),
    7: lambda upright: upright.transpose(1, 0, 2)[::-1, ::-1],
    8: lambda upright: np.rot90(upright, -1),
}
_ON_ITS_SIDE = {5, 6, 7, 8}
ACCEPTED = "Choose a JPEG, PNG, WebP or HEIC photo."


class UploadError(ValueError):
    """This file is not taken. The message is for the person: what is wrong, and what to do."""


@dataclass(frozen=True)
class CleanPhoto:
    """pixels: uint8 (H, W, 3), sRGB, upright, transparent parts white. source: "JPEG", "PNG", "WEBP" or "HEIF"."""

    pixels: Bytes
    source: str

    @property
    def size(self) -> tuple[int, int]:
        """Width, height."""
        return self.pixels.shape[1], self.pixels.shape[0]


def read_upload(file: IO[bytes], length: int, turn: ExitStack | None = None) -> CleanPhoto:
    """Read a stranger's file of ``length`` bytes. Raises UploadError, and nothing else, when it is not accepted.

    Large photos take turns, for they fill the memory: one's turn ends when it is read, or, for whom has more to do with it, with ``turn``.
    """
    if length == 0:
        raise UploadError(f"This file is empty. {ACCEPTED}")
    if length > MAX_BYTES:
        raise UploadError("This file is larger than 15 MB. Choose a smaller photo, or save it again with less detail.")
    content = file.read(MAX_BYTES + 1)
    source = format_of(content)
    if source is None:
        raise UploadError(f"This is not a photo we can read. {ACCEPTED}")
    with ExitStack() as reading:
        alone = turn or reading
        return CleanPhoto(
            _pixels_by_child(content, alone) if source == "HEIF" else _pixels_of(content, source, alone), source
        )


def _pixels_of(content: bytes, source: str, alone: ExitStack) -> Bytes:
    try:
        with _open(content, source) as opened:
            check_size(*opened.size)
            if opened.width * opened.height > LARGE:
                alone.enter_context(_turn_of_a_large_one())
            return upright_pixels(opened)
    except UploadError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels() from None
    except Exception:  # codecs fail with every exception there is: OSError, SyntaxError, struct.error, KeyError, ...
        raise _damaged() from None


def _pixels_by_child(content: bytes, alone: ExitStack) -> Bytes:
    try:
        pixels = heic.decode_heic(content, MAX_PIXELS)
    except heic.ChildError as error:
        if error.status == heic.TOO_LARGE:
            raise _too_many_pixels() from None
        if error.status == heic.TOO_SMALL:
            raise _too_small() from None
        if error.status != heic.UNREADABLE:
            log.warning("a HEIC photo ended its decoder: status %s", error.status)
        raise _damaged() from None
    if pixels.size > 3 * LARGE:
        alone.enter_context(_turn_of_a_large_one())
    return pixels


@contextmanager
def _turn_of_a_large_one() -> Iterator[None]:
    """No other large photo meanwhile; and what nets hold for their next run is given back before."""
    with _large_ones:
        let_go_of_memory()
        yield


def format_of(content: bytes) -> str | None:
    """Pillow's name of an accepted format, by its first bytes; None for anything else."""
    if content[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if content[:8] == b"\x89PNG\r\n\x1a\n":
        return "PNG"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    if content[4:8] == b"ftyp" and content[8:12] in HEIC_BRANDS:
        return "HEIF"
    return None


def check_size(width: int, height: int) -> None:
    """Raise UploadError for too many pixels, or a side too short to show clothes."""
    if width * height > MAX_PIXELS:
        raise _too_many_pixels()
    if min(width, height) < MIN_SIDE:
        raise _too_small()


def _too_many_pixels() -> UploadError:
    return UploadError("This picture has more than 40 megapixels. Save it at a smaller size and choose it again.")


def _too_small() -> UploadError:
    return UploadError(f"This picture is too small: each side needs at least {MIN_SIDE} pixels. Choose a larger photo.")


def _damaged() -> UploadError:
    return UploadError(
        "This photo is damaged and cannot be read to its end. Save it again, or: Choose a JPEG, PNG, WebP or HEIC photo."
    )


def _open(content: bytes, source: str) -> Image.Image:
    if source == "WEBP":  # Pillow makes room for the whole canvas when it opens one, so the header is read here first
        check_size(*_webp_size(content))
    return Image.open(io.BytesIO(content), formats=[source])


def _webp_size(content: bytes) -> tuple[int, int]:
    """Width and height from the first chunk (developers.google.com/speed/webp/docs/riff_container)."""
    kind, body = content[12:16], content[20:30]
    if kind == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack("<HH", body[6:10])
    return width & 0x3FFF, height & 0x3FFF


def upright_pixels(opened: Image.Image) -> Bytes:
    """The first picture of an opened file: upright, 8 bits, sRGB, on white; uint8 (H, W, 3)."""
    opened.seek(0)
    opened.load()
    return _as_array(_eight_bit(_to_srgb(opened)))


def _as_array(picture: Image.Image) -> Bytes:
    """Any picture of 8 bits as uint8 (H, W, 3), upright, on white; in bands: the whole would be in memory three times more."""
    orientation = picture.getexif().get(ExifTags.Base.Orientation, 1)
    wide, high = picture.size
    pixels = np.empty((wide, high, 3) if orientation in _ON_ITS_SIDE else (high, wide, 3), np.uint8)
    lying = _AS_STORED[orientation](pixels) if orientation in _AS_STORED else pixels
    step = max(1, _BAND // wide)
    for top in range(0, high, step):
        band = lying[top : top + step]
        band[:] = np.asarray(_on_white(picture.crop((0, top, wide, top + len(band)))))
    return pixels


def _on_white(band: Image.Image) -> Image.Image:
    if band.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in band.info:
        rgba = band.convert("RGBA")
        band = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba)
    return band if band.mode == "RGB" else band.convert("RGB")


def _eight_bit(picture: Image.Image) -> Image.Image:
    """Grey pictures of 16 bits or more; Pillow's own conversion would clip them to white."""
    if not picture.mode.startswith(("I", "F")):
        return picture
    values = np.asarray(picture).astype(np.float64)
    top = 65535.0 if picture.mode != "F" else max(float(np.nanmax(values)), 1.0)
    grey = Image.fromarray(np.clip(np.nan_to_num(values) * (255.0 / top) + 0.5, 0, 255).astype(np.uint8))
    grey.info.update(picture.info)
    grey.getexif().update(picture.getexif())
    return grey


def _to_srgb(picture: Image.Image) -> Image.Image:
    """Colours of an embedded profile (a phone's Display P3, a CMYK press) as sRGB; a broken profile is left aside."""
    profile = picture.info.get("icc_profile")
    if not profile or picture.mode not in ("RGB", "RGBA", "CMYK", "L", "P"):
        return picture
    if picture.mode == "P":
        picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(source).lower():
            return picture
        mode = "RGBA" if picture.mode == "RGBA" else "RGB"
        converted: Any = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return picture
    converted.info.update({key: value for key, value in picture.info.items() if key in ("exif", "transparency")})
    converted.getexif().update(picture.getexif())
    return converted  # type: ignore[no-any-return]
