"""Pictures as bytes: fixed encoder settings, and the machine-readable mark of what an AI model made.

The mark is the IPTC property DigitalSourceType in an XMP packet (IPTC Photo Metadata Standard; the terms are those of
cv.iptc.org/newscodes/digitalsourcetype). It is the only metadata we write.
"""

from __future__ import annotations

import io
import struct
from enum import Enum

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo, putchunk

from ml.images import Bytes

_BAND = 1 << 20  # bytes filtered and deflated at a time, small enough to stay in cache
_UP = 2  # the PNG filter that stores how a row differs from the one above

_TERMS = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    ' Iptc4xmpExt:DigitalSourceType="{term}"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)


class Mark(Enum):
    """Where a picture comes from, as IPTC names it."""

    GENERATED = "trainedAlgorithmicMedia"  # drawn by a model: a fabric
    COMPOSITE = "compositeWithTrainedAlgorithmicMedia"  # a photo with something drawn by a model in it

    @property
    def packet(self) -> str:
        return _PACKET.format(term=_TERMS + self.value)


def encode_png(picture: Bytes, mark: Mark | None = None, compress_level: int = 6) -> bytes:
    """uint8 (H, W, 3) or (H, W) as PNG; equal pictures give equal bytes."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", compress_level=compress_level, pnginfo=_png_info(mark))
    return buffer.getvalue()


def encode_png_quickly(picture: Bytes, mark: Mark | None = None) -> bytes:
    """uint8 (H, W, 3) or (H, W) as PNG, for large photos somebody waits for: about ten times as fast as the above.

    Every row is stored as its difference from the one above (W3C, PNG specification, section 9) and deflated by Intel's
    ISA-L. Other processors may choose other bytes for the same pixels, so what promises its bytes uses :func:`encode_png`.
    """
    from isal import isal_zlib

    rows = picture.reshape(len(picture), -1)
    colour = 2 if picture.ndim == 3 else 0
    file = io.BytesIO()
    file.write(b"\x89PNG\r\n\x1a\n")
    putchunk(file, b"IHDR", struct.pack(">IIBBBBB", picture.shape[1], len(picture), 8, colour, 0, 0, 0))
    for kind, content, *_ in _png_info(mark).chunks:
        putchunk(file, kind, content)
    deflate = isal_zlib.compressobj(1)
    step = max(1, _BAND // rows.shape[1])
    for top in range(0, len(rows), step):
        putchunk(file, b"IDAT", deflate.compress(_differences(rows, top, top + step)))
    putchunk(file, b"IDAT", deflate.flush())
    putchunk(file, b"IEND", b"")
    return file.getvalue()


def _differences(rows: Bytes, top: int, bottom: int) -> Bytes:
    """Rows of a picture, uint8 (H, N), from top to bottom as PNG stores them: the filter's number, then N bytes."""
    band = rows[top:bottom]
    stored = np.empty((len(band), rows.shape[1] + 1), np.uint8)
    stored[:, 0] = _UP
    np.subtract(band[0], rows[top - 1] if top else 0, out=stored[0, 1:])
    np.subtract(band[1:], band[:-1], out=stored[1:, 1:])
    return stored


def _png_info(mark: Mark | None) -> PngInfo:
    info = PngInfo()
    if mark:
        info.add_itxt("XML:com.adobe.xmp", mark.packet)
    return info


def encode_webp(picture: Bytes, quality: int, mark: Mark | None = None) -> bytes:
    """uint8 (H, W, 3) as lossy WebP, for pages to show. Colour has half the resolution each way: the format knows no other.

    Method 2 of 6: a third slower than the quickest and a fifth smaller; the slower ones save 2 % and take twice as long.
    """
    options = {"xmp": mark.packet} if mark else {}
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "WEBP", quality=quality, method=2, **options)
    return buffer.getvalue()


def encode_jpeg(picture: Bytes, quality: int, mark: Mark | None = None) -> bytes:
    """uint8 (H, W, 3) as JPEG with colour at full resolution (4:4:4)."""
    options = {"xmp": mark.packet.encode()} if mark else {}
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=quality, subsampling=0, optimize=True, **options)
    return buffer.getvalue()
