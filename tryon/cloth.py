"""What is known of a stock garment's cloth: its UV map, shading and parts, as files of the row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext

from patterns.memory import Memory
from tryon.models import StockGarment, Wearable

if TYPE_CHECKING:
    from ml.compositing.cloth_map import ClothMap
    from ml.images import Bytes

MAPS = ("uv_map", "shading", "parts")
_MOST = 48 * 1024 * 1024
_maps: Memory[ClothMap] = Memory(8, _MOST, lambda cloth: 14 * cloth.u.size)


def cloth_of(wearable: Wearable, photo: Bytes, garments: tuple[str, ...]) -> ClothMap | None:
    """The map of the cloth at the size of ``photo``, uint8 (H, W, 3); None where it is not known for all these garments."""
    if not isinstance(wearable, StockGarment) or not wearable.has_cloth_map:
        return None
    if set(garments) != set(wearable.garment_names):
        return None
    height, width = photo.shape[:2]
    key = (wearable.uv_map.name, wearable.shading.name, width, height)
    found = _maps.recall(key)
    if found is None:
        found = read_map(wearable).resized(width, height)
        _maps.keep(key, found)
    return found


def read_map(garment: StockGarment) -> ClothMap:
    """The whole map at its own size, with parts where they are known. Raises PictureError when a file is damaged."""
    from ml.compositing.cloth_map import decode_map

    uv, light, parts = (_content(garment, field) for field in MAPS)
    return decode_map(uv or b"", light or b"", parts, size=(garment.width, garment.height))


def _content(garment: StockGarment, field: str) -> bytes | None:
    file = getattr(garment, field)
    if not file:
        return None
    with file.open() as opened:
        content: bytes = opened.read()
        return content


def check_maps(maps: dict[str, bytes], size: tuple[int, int]) -> None:
    """Raise PictureError, with a sentence for the person, unless these files describe the cloth of a photo of this size.

    maps: field → content of its file; the first two of MAPS are there together or not at all.
    """
    from ml.compositing.cloth_map import decode_map
    from ml.errors import PictureError

    if not maps:
        return
    if not {"uv_map", "shading"} <= maps.keys():
        raise PictureError(gettext("A UV map and a shading belong together: give both, or neither."))
    decode_map(maps["uv_map"], maps["shading"], maps.get("parts"), size=size)
