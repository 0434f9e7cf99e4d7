"""Files that strangers send: odd ones that must work, broken and wicked ones that must be refused kindly."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pillow_heif
from PIL import Image

from tests.factories import encoded, photo_pixels

SIXTEEN_MEGABYTES = 16 * 1024 * 1024


def jpeg(width: int = 96, height: int = 128, **options: object) -> bytes:
    return encoded(photo_pixels(width, height), "JPEG", **options)


def heic(width: int = 96, height: int = 128) -> bytes:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(photo_pixels(width, height))).save(buffer, quality=80)
    return buffer.getvalue()


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_bomb(side: int = 50_000) -> bytes:
    """A few bytes that promise a picture of side x side pixels."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + _png_chunk(b"IHDR", header) + _png_chunk(b"IDAT", body) + _png_chunk(b"IEND", b"")


def jpeg_bomb() -> bytes:
    content = bytearray(jpeg())
    at = content.index(b"\xff\xc0")
    content[at + 5 : at + 9] = struct.pack(">HH", 50_000, 50_000)
    return bytes(content)


def webp_bomb() -> bytes:
    content = bytearray(encoded(photo_pixels(), "WEBP", exif=Image.Exif().tobytes()))
    extended = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + (16383).to_bytes(3, "little") * 2
    return bytes(content[:4]) + struct.pack("<I", len(content) + 10) + b"WEBP" + extended + bytes(content[12:])


def animated(kind: str) -> bytes:
    frames = [Image.fromarray(photo_pixels(colour=colour)) for colour in ((200, 0, 0), (0, 200, 0), (0, 0, 200))]
    buffer = io.BytesIO()
    frames[0].save(buffer, kind, save_all=True, append_images=frames[1:], duration=80)
    return buffer.getvalue()


def in_mode(mode: str, kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(photo_pixels()).convert(mode).save(buffer, kind)
    return buffer.getvalue()


def sixteen_bit() -> bytes:
    ramp = np.linspace(0, 65535, 96 * 128).reshape(128, 96).astype(np.uint16)
    return encoded(ramp, "PNG")


def transparent() -> bytes:
    rgba = np.dstack([photo_pixels(), np.full((160, 120), 0, np.uint8)])
    return encoded(rgba, "PNG")


def with_gps() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 36.0)})
    return jpeg(exif=exif.tobytes(), comment=b"SecretComment")


def oriented(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return jpeg(exif=exif.tobytes(), quality=95)


ODD_BUT_FINE: dict[str, Callable[[], bytes]] = {
    "plain JPEG": jpeg,
    "progressive JPEG": lambda: jpeg(progressive=True),
    "PNG": lambda: encoded(photo_pixels()),
    "WebP": lambda: encoded(photo_pixels(), "WEBP"),
    "lossless WebP": lambda: encoded(photo_pixels(), "WEBP", lossless=True),
    "HEIC": heic,
    "CMYK JPEG": lambda: in_mode("CMYK", "JPEG"),
    "grey JPEG": lambda: in_mode("L", "JPEG"),
    "palette PNG": lambda: in_mode("P", "PNG"),
    "one-bit PNG": lambda: in_mode("1", "PNG"),
    "grey and alpha PNG": lambda: in_mode("LA", "PNG"),
    "16-bit PNG": sixteen_bit,
    "transparent PNG": transparent,
    "animated PNG": lambda: animated("PNG"),
    "animated WebP": lambda: animated("WEBP"),
    "JPEG with GPS": with_gps,
    "JPEG with a page behind it": lambda: jpeg() + b"<html><script>alert(1)</script></html>",
    "64 px a side": lambda: encoded(photo_pixels(64, 64)),
    "very long": lambda: encoded(photo_pixels(64, 3000)),
}

REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty file": (lambda: b"", "empty"),
    "text in disguise": (lambda: b"I am not a photo at all.\n" * 10, "not a photo"),
    "SVG": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "not a photo"),
    "HTML": (lambda: b"<!doctype html><script>alert(1)</script>", "not a photo"),
    "GIF": (lambda: animated("GIF"), "not a photo"),
    "BMP": (lambda: encoded(photo_pixels(), "BMP"), "not a photo"),
    "TIFF": (lambda: encoded(photo_pixels(), "TIFF"), "not a photo"),
    "PDF": (lambda: encoded(photo_pixels(), "PDF"), "not a photo"),
    "16 MB": (lambda: jpeg() + b"\0" * (SIXTEEN_MEGABYTES - 500_000), "15 MB"),
    "PNG bomb": (png_bomb, "megapixels"),
    "PNG just over the limit": (lambda: png_bomb(6400), "megapixels"),
    "PNG of a hundred megapixels": (lambda: png_bomb(10_000), "megapixels"),
    "JPEG bomb": (jpeg_bomb, "megapixels"),
    "WebP bomb": (webp_bomb, "megapixels"),
    "torn JPEG": (lambda: jpeg(400, 400)[:3000], "damaged"),
    "torn PNG": (lambda: encoded(photo_pixels())[:2000], "damaged"),
    "torn WebP": (lambda: encoded(photo_pixels(), "WEBP")[:400], "damaged"),
    "torn HEIC": (lambda: heic()[:600], "damaged"),
    "HEIC of noise": (lambda: heic()[:64] + bytes(range(256)) * 8, "damaged"),
    "JPEG of noise": (lambda: b"\xff\xd8\xff\xe0" + bytes(range(256)) * 4, "damaged"),
    "PNG of noise": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "damaged"),
    "WebP of noise": (lambda: b"RIFF\xff\0\0\0WEBPVP8 " + bytes(range(256)), "picture|photo"),
    "1 px": (lambda: encoded(photo_pixels()[:1, :1]), "too small"),
    "a thread": (lambda: encoded(photo_pixels(63, 2000)), "too small"),
}
