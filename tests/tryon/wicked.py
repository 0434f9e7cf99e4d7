"""Ten thousand files that nobody should send: broken, hostile and odd ones, made by code from a seed.

``wicked_file(seed, number)`` is the same file on every machine that has the same encoders. All that can carry words carry
:data:`MARK` in every place for metadata, so that a trace of it in anything stored is found.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from random import Random

import numpy as np
import pillow_heif
from PIL import Image, PngImagePlugin

from tests.profiles import profile

MARK = b"SecretMark7f3a"
_NAMES = (
    "me.jpg",
    "me.jpeg",
    "me.png",
    "me.webp",
    "me.heic",
    "me.gif",
    "me.svg",
    "me.html",
    "me.exe",
    "me",
    "..",
    "a" * 300,
)
_TYPES = (
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/heic",
    "image/svg+xml",
    "text/html",
    "application/octet-stream",
)


@dataclass(frozen=True)
class Wicked:
    """``is_photo``: an honest photo, however odd, that has to be taken."""

    kind: str
    name: str
    content_type: str
    content: bytes
    is_photo: bool = False


def wicked_file(seed: int, number: int) -> Wicked:
    stream = Random(f"{seed}:{number}")
    kind = stream.choices(list(MAKERS), [weight for weight, _ in MAKERS.values()])[0]
    content = MAKERS[kind][1](stream)
    name = stream.choice(_NAMES)
    return Wicked(kind, name, stream.choice(_TYPES), content, kind in PHOTOS and name != "..")  # no name, no file


def kinds(seed: int, count: int) -> Counter[str]:
    return Counter(wicked_file(seed, number).kind for number in range(count))


# --- Honest photos, each with all the metadata its format has -------------------------------------------------------


def _picture(mode: str, width: int, height: int, colour: int = 0) -> Image.Image:
    grain = np.random.RandomState(colour).randint(0, 60, (height, width, 3))
    pixels = (grain + 130).astype(np.uint8)
    pixels[height // 4 : 3 * height // 4, width // 4 : 3 * width // 4] = np.random.RandomState(colour).randint(
        0, 255, 3
    )
    picture = Image.fromarray(pixels)
    if mode == "I;16":
        return Image.fromarray(pixels[:, :, 0].astype(np.uint16) * 257)
    if mode in ("RGBA", "LA"):
        picture.putalpha(Image.fromarray(pixels[:, :, 1]))
    return picture.convert(mode)


def _exif(orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x013B] = orientation, MARK.decode(), MARK.decode()
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0" + MARK
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 36.0), 0x1B: MARK})
    return exif.tobytes()


def _xmp() -> bytes:
    return b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><dc:creator>' + MARK + b"</dc:creator></x:xmpmeta>"


def _saved(picture: Image.Image, kind: str, orientation: int = 1, **options: object) -> bytes:
    told: dict[str, object] = {"exif": _exif(orientation), **options}
    if kind == "JPEG":
        told |= {"comment": MARK, "xmp": _xmp()}
    if kind == "PNG":
        words = PngImagePlugin.PngInfo()
        words.add_text("Author", MARK.decode())
        words.add_text("Comment", MARK.decode(), zip=True)
        words.add_itxt("XML:com.adobe.xmp", _xmp().decode())
        told["pnginfo"] = words
    if kind == "WEBP":
        told["xmp"] = _xmp()
    buffer = io.BytesIO()
    picture.save(buffer, kind, **told)
    return buffer.getvalue() + (MARK if kind == "JPEG" else b"")


def _heic(picture: Image.Image, orientation: int = 1) -> bytes:
    file = pillow_heif.from_pillow(picture)
    buffer = io.BytesIO()
    file.save(buffer, quality=70, exif=_exif(orientation), xmp=_xmp())
    return buffer.getvalue()


def _animated(kind: str, colour: int) -> bytes:
    frames = [_picture("RGB", 96, 128, colour + step) for step in range(3)]
    return _saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=80)


@cache
def photo(kind: str, variant: int) -> bytes:
    """One of four variants of each kind of honest photo."""
    width, height = ((96, 128), (200, 150), (64, 64), (131, 177))[variant % 4]
    orientation = 1 + variant % 8
    codec, _, mode = kind.partition(" ")
    if codec == "HEIC":
        return _heic(_picture(mode or "RGB", width, height, variant), orientation)
    if codec == "animated":
        return _animated(mode, variant)
    options: dict[str, dict[str, object]] = {
        "progressive": {"progressive": True},
        "interlaced": {"optimize": True},
        "lossless": {"lossless": True},
        "profiled": {"icc_profile": profile(1.0)},
        "cut": {"quality": 30, "subsampling": 2},
    }
    more = options.get(mode, {})
    return _saved(_picture("RGB" if more or not mode else mode, width, height, variant), codec, orientation, **more)


HONEST = (
    *("JPEG", "JPEG L", "JPEG CMYK", "JPEG progressive", "JPEG profiled", "JPEG cut"),
    *("PNG", "PNG RGBA", "PNG L", "PNG LA", "PNG P", "PNG 1", "PNG I;16", "PNG interlaced", "PNG profiled"),
    *("WEBP", "WEBP RGBA", "WEBP lossless", "WEBP profiled"),
    *("HEIC", "HEIC RGBA", "HEIC L"),
    *("animated PNG", "animated WEBP"),
)


def any_photo(stream: Random) -> bytes:
    return photo(stream.choice(HONEST), stream.randrange(8))


# --- What becomes of them ---------------------------------------------------------------------------------------------


def mutated(stream: Random) -> bytes:
    """Bytes changed, runs moved, doubled, blanked or torn out: mostly near the beginning, where the structure is."""
    content = bytearray(any_photo(stream))
    for _ in range(stream.choice((1, 1, 2, 3, 5, 8, 30))):
        reach = len(content) if stream.random() < 0.5 else min(len(content), 400)
        at, length = stream.randrange(reach), stream.choice((1, 2, 4, 16, 100))
        how = stream.randrange(6)
        if how <= 1:
            content[at] = stream.randrange(256)
        elif how == 2:
            content[at : at + length] = stream.randbytes(length)
        elif how == 3:
            content[at : at + length] = bytes([stream.choice((0, 255))]) * length
        elif how == 4:
            content[at:at] = content[at : at + length] * stream.choice((1, 3))
        else:
            del content[at : at + length]
        if not content:
            break
    return bytes(content)


def truncated(stream: Random) -> bytes:
    content = any_photo(stream)
    return content[: stream.randrange(len(content))]


def joined(stream: Random) -> bytes:
    """The head of one photo and the tail of another."""
    first, second = any_photo(stream), any_photo(stream)
    return first[: stream.randrange(len(first))] + second[stream.randrange(len(second)) :]


def noise(stream: Random) -> bytes:
    heads = (b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\xff\0\0\0WEBPVP8X", b"\0\0\0\x18ftypheic", b"")
    return stream.choice(heads) + stream.randbytes(stream.randrange(2000))


def _side(stream: Random) -> int:
    return stream.choice((6_500, 10_000, 20_000, 32_767, 50_000, 50_000, 65_535))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_bomb(stream: Random) -> bytes:
    side = stream.choice((_side(stream), 2**31 - 1))
    depth, colours = stream.choice(((8, 2), (16, 6), (1, 0), (8, 3), (16, 2)))
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, depth, colours, 0, 0, stream.randrange(2)))
    body = zlib.compress(b"\0" * 10_000_000, 9) if stream.random() < 0.1 else zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + head + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def jpeg_bomb(stream: Random) -> bytes:
    content = bytearray(photo(stream.choice(("JPEG", "JPEG CMYK", "JPEG progressive")), stream.randrange(8)))
    at = next(at for at in range(len(content)) if content[at : at + 2] in (b"\xff\xc0", b"\xff\xc2"))
    content[at + 5 : at + 9] = struct.pack(">HH", _side(stream), _side(stream))
    return bytes(content)


def webp_bomb(stream: Random) -> bytes:
    content = photo("WEBP", stream.randrange(8))
    if stream.random() < 0.5:  # the canvas, in the extended header
        return content[:24] + b"\xff\x3f\0" + b"\xff\x3f\0" + content[30:]
    body = b"\x2f" + struct.pack("<I", 0x3FFF | 0x3FFF << 14) + stream.randbytes(200)
    chunk = b"VP8L" + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk


def heic_bomb(stream: Random) -> bytes:
    content = bytearray(photo("HEIC", stream.randrange(8)))
    at = content.index(b"ispe") + 8
    content[at : at + 8] = struct.pack(">II", _side(stream), _side(stream))
    return bytes(content)


def words_bomb(stream: Random) -> bytes:
    """A small PNG whose words or profile unpack to a hundred megabytes, or which has a very great many of them."""
    content = photo("PNG", stream.randrange(8))
    packed = _packed_zeros()
    chunks = {
        "text": _chunk(b"zTXt", b"Comment\0\0" + packed),
        "profile": _chunk(b"iCCP", b"p\0\0" + packed),
        "international": _chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + packed),
        "many": _chunk(b"tEXt", b"Comment\0" + MARK) * 20_000,
    }
    return content[:33] + chunks[stream.choice(list(chunks))] + content[33:]


@cache
def _packed_zeros() -> bytes:
    return zlib.compress(b"\0" * 100_000_000, 9)


def thread(stream: Random) -> bytes:
    """Very long and very narrow, within the pixels that are allowed."""
    long, narrow = stream.choice(((600_000, 64), (60_000, 64), (30_000, 100), (5_000, 64)))
    size = (long, narrow) if stream.random() < 0.5 else (narrow, long)
    picture = Image.new("RGB", size, (90, 140, 200))
    return _saved(picture, "PNG" if long > 60_000 or stream.random() < 0.5 else "JPEG")


def large(stream: Random) -> bytes:
    """As many pixels as are allowed, or a few more."""
    width, height = stream.choice(((7_300, 5_470), (6_000, 6_600), (6_400, 6_400)))
    mode, kind = stream.choice((("RGB", "JPEG"), ("CMYK", "JPEG"), ("RGBA", "PNG"), ("P", "PNG"), ("L", "JPEG")))
    return _large(width, height, mode, kind)


@cache
def _large(width: int, height: int, mode: str, kind: str) -> bytes:
    picture = _picture("RGB", width // 50, height // 50).resize((width, height), Image.Resampling.BOX).convert(mode)
    return _saved(picture, kind, orientation=6, **({"compress_level": 1} if kind == "PNG" else {"quality": 70}))


_PAGE = b"<!doctype html><html><script>alert('" + MARK + b"')</script></html>"
_DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'


def disguised(stream: Random) -> bytes:
    """Something else, whatever its name says."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("../../evil.py", "print('evil')")
    others = (
        b"",
        b"\0",
        _PAGE,
        _DRAWING,
        b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + _DRAWING,
        b"%PDF-1.7\n" + stream.randbytes(300),
        b"GIF89a" + stream.randbytes(300),
        b"GIF89a=1;alert(1)//",
        b"BM" + stream.randbytes(300),
        b"II*\0" + stream.randbytes(300),
        b"\x7fELF" + stream.randbytes(300),
        b"MZ" + stream.randbytes(300),
        b"\0\0\0\x18ftypmp42" + stream.randbytes(300),
        b"\0\0\0\x18ftypavif" + stream.randbytes(300),
        b"\0\0\0\x0cjP  \r\n\x87\n" + stream.randbytes(300),
        b"#!/bin/sh\nrm -rf /\n",
        b"<?php system($_GET['c']); ?>",
        b"push graphic-context\nfill 'url(https://127.0.0.1/\"|ls \"-la)'\n",
        b"%!PS\n(/etc/passwd) (r) file\n",
        archive.getvalue(),
        "Ich bin kein Foto. \N{SNOWMAN}".encode() * 50,
    )
    return stream.choice(others)


def polyglot(stream: Random) -> bytes:
    """A photo that is something else besides: behind its end, or where its comments are."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("evil.html", _PAGE)
    behind = stream.choice((_PAGE, _DRAWING, archive.getvalue(), b"%PDF-1.7\n", b"<?php system('id'); ?>"))
    if stream.random() < 0.5:
        return photo(stream.choice(HONEST), stream.randrange(8)) + behind
    content = photo("JPEG", stream.randrange(8))
    comment = b"\xff\xfe" + struct.pack(">H", len(behind) + 2) + behind
    return content[:2] + comment + content[2:]


def odd(stream: Random) -> bytes:
    return any_photo(stream)


Make = Callable[[Random], bytes]
MAKERS: dict[str, tuple[float, Make]] = {  # how many of a thousand
    "mutated": (480, mutated),
    "truncated": (110, truncated),
    "joined": (60, joined),
    "noise": (40, noise),
    "PNG bomb": (25, png_bomb),
    "JPEG bomb": (25, jpeg_bomb),
    "WebP bomb": (25, webp_bomb),
    "HEIC bomb": (20, heic_bomb),
    "bomb of words": (15, words_bomb),
    "thread": (6, thread),
    "large": (4, large),
    "in disguise": (80, disguised),
    "polyglot": (50, polyglot),
    "odd": (60, odd),
}
PHOTOS = {"odd", "polyglot"}
