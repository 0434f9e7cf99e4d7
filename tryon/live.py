"""What a browser gets so that it can drape by itself: one pack a garment, and where to find the cloth of a fabric."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from patterns.memory import OF_PEOPLE, Memory
from patterns.models import GeneratorVersion
from patterns.references import FabricReference
from patterns.slots import model_slots
from patterns.studio.addresses import Work
from patterns.studio.services import GROUND, swatches_of
from tryon.cloth import cloth_of
from tryon.masks import labels_of
from tryon.models import Photo, StockGarment
from tryon.pictures import read_pixels
from tryon.services import TILE_SIZES, alpha_of, scale_of, shrunk

if TYPE_CHECKING:
    from ml.textiles.recipe import Recipe

BLOCKS = ("half-drop", "half-brick")  # repeats whose joins only the generator can draw
packs: Memory[bytes] = Memory(32, 24 * 1024 * 1024, len, OF_PEOPLE)


def live_pack(
    wearable: Photo | StockGarment, garments: tuple[str, ...], below: tuple[str, ...], plain: tuple[str, ...] = ()
) -> bytes:
    """The garments at screen size, see :mod:`ml.compositing.live`; ``below``: those dressed before; ``plain``: parts left out.

    Raises MlError, Busy.
    """
    from ml.cloth.serving import net_for
    from ml.compositing.live import pack_live

    if isinstance(wearable, Photo):
        version: tuple[object, ...] = (wearable.mask_version,)
    else:
        version = (wearable.px_per_cm, wearable.mask.name, wearable.uv_map.name, wearable.shading.name)
    key = (wearable.screen.name, *version, garments, below, plain)
    known = packs.recall(key)
    if known is not None:
        return known
    photo, labels = read_pixels(wearable.screen), labels_of(wearable)
    full = scale_of(wearable, labels, garments).px_per_cm
    px_per_cm = full * shrunk(wearable, wearable.screen)
    more = {"tile_sizes": TILE_SIZES, "full_px_per_cm": full}
    with model_slots().take():
        alpha = alpha_of(wearable, photo, labels, garments, plain)
        under = [alpha_of(wearable, photo, labels, below)] if below else []
        cloth = cloth_of(wearable, photo, garments)
        pack = pack_live(photo, alpha, px_per_cm, under, more, cloth, net_for(garments))
    packs.keep(key, pack)
    return pack


def fabric_sources(version: GeneratorVersion, choice: FabricReference) -> dict[str, Any]:
    """Where a browser finds a fabric: addresses of its tile and blocks (``{size}`` px a side), its inks and their planes."""

    def addresses(repeats: tuple[str, ...], name: str, **more: str) -> dict[str, str]:
        return {repeat: _named(version, choice.recipe, repeat)(name, **more) for repeat in repeats}

    tile = choice.tile(version.version, 256).replace("size=256", "size={size}")
    blocks = {repeat: f"{address}&size={{size}}" for repeat, address in addresses(BLOCKS, "studio-tile").items()}
    inks = [
        {"number": swatch.ink, "colour": swatch.colour, "share": round(swatch.share, 3)}
        for swatch in swatches_of(version, choice.recipe)
    ]
    return {
        "label": choice.label,
        "cloth": {"straight": tile, "mirror": tile, **blocks},
        "inks": inks,
        "planes": addresses(("straight", *BLOCKS), "studio-inks"),
        "ground": GROUND,
    }


def _named(version: GeneratorVersion, recipe: Recipe, repeat: str) -> Callable[..., str]:
    return Work(version, replace(recipe, repeat=repeat)).picture
