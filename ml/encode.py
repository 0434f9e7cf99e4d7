"""Pictures as bytes: fixed encoder settings, and the machine-readable mark of what an AI model made.

The mark is the IPTC property DigitalSourceType in an XMP packet (IPTC Photo Metadata Standard; the terms are those of
cv.iptc.org/newscodes/digitalsourcetype). It is the only metadata we write.
"""

from __future__ import annotations

import io
from enum import Enum

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ml.images import Bytes

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
    info = PngInfo()
    if mark:
        info.add_itxt("XML:com.adobe.xmp", mark.packet)
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", compress_level=compress_level, pnginfo=info)
    return buffer.getvalue()


def encode_jpeg(picture: Bytes, quality: int, mark: Mark | None = None) -> bytes:
    """uint8 (H, W, 3) as JPEG with colour at full resolution (4:4:4)."""
    options = {"xmp": mark.packet.encode()} if mark else {}
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=quality, subsampling=0, optimize=True, **options)
    return buffer.getvalue()
