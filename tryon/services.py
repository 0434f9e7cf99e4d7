"""Taking photos in, finding the clothes in them, and dressing them in fabric. Plain values in, rows and bytes out."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import IO, TYPE_CHECKING, Any

from django.core.files.storage import default_storage
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext

from patterns.memory import Memory
from patterns.metrics import stage
from patterns.models import Fabric, GeneratorVersion
from patterns.ownership import Person, made_by
from patterns.services import draw_tile, keep_fabric
from patterns.slots import model_slots
from patterns.studio.services import draw_block
from patterns.uploads import read_upload
from tryon.cloth import MAPS, cloth_of
from tryon.files import file_fields, new_files, remove
from tryon.garment_models import segmenter as segmenter
from tryon.garment_models import version_of
from tryon.masks import labels_of, resized
from tryon.models import Photo, Result, StockGarment, Wearable
from tryon.pictures import SCREEN_SIDE, THUMBNAIL_SIDE, read_grey, read_pixels, screen_labels, shrink
from tryon.storage import catalogue_storage

if TYPE_CHECKING:
    from django.db.models.fields.files import FieldFile

    from ml.compositing.placement import Placement
    from ml.compositing.scale import Scale
    from ml.encode import Mark
    from ml.garments.segment import Segmentation
    from ml.images import Bytes, Floats
    from ml.textiles.recipe import Recipe

TILE_SIZES = (256, 512, 1024)
USUAL_STRENGTH = 0.8  # that of ml.compositing.drape


@dataclass(frozen=True)
class Look:
    """What to put on: these garments of the picture, in this fabric, lying like this; ``below``: others put on before.

    ``strength``: how far the pattern follows the folds, 0 to 2. ``plain``: parts of the garment that stay as they are.
    """

    garments: tuple[str, ...]
    version: GeneratorVersion
    recipe: Recipe
    placement: Placement
    strength: float = USUAL_STRENGTH
    below: tuple[Look, ...] = ()
    plain: tuple[str, ...] = ()

    @property
    def layers(self) -> tuple[Look, ...]:
        """From the lowest to this one."""
        return (*self.below, self)


_stock_previews: Memory[bytes] = Memory(64, 16 * 1024 * 1024, len)


def accept_photo(person: Person, file: IO[bytes], length: int) -> Photo:
    """Keep a stranger's photo and what is worn in it. Raises UploadError, Busy, ModelFileError; then nothing is kept."""
    from ml.garments.mend import pack_probabilities
    from ml.garments.people import people_areas
    from ml.garments.quality import photo_trouble

    with model_slots().take(), ExitStack() as turn, ThreadPoolExecutor(1) as beside:
        pixels = read_upload(file, length, turn).pixels
        encoded = beside.submit(picture_files, pixels)
        model = segmenter()
        with stage("segment"):
            seen = model.segment(pixels)
        fields = wearable_fields(seen) | {
            "found_by": version_of(model),
            "people": max(people_areas(seen.labels)[1], 1),
            "trouble": photo_trouble(pixels),
        }
        evidence = ".bin", pack_probabilities(seen.probabilities)
        files = {"labels": labels_file(seen.labels), "evidence": evidence} | encoded.result()
    with new_files(default_storage) as write, transaction.atomic():
        names = {field: write("photos", suffix, content) for field, (suffix, content) in files.items()}
        return Photo.objects.create(**fields, **names, **made_by(person))


def wearable_fields(seen: Segmentation) -> dict[str, Any]:
    """The fields of a Wearable that the model decides."""
    found = [
        found_garment(seen.labels, garment.name, float(garment.share), float(garment.confidence))
        for garment in seen.found
    ]
    height, width = seen.labels.shape
    return {"width": width, "height": height, "outcome": seen.outcome, "found": found}


def put_stock_picture(garment: StockGarment, pixels: Bytes, maps: dict[str, bytes] | None = None) -> None:
    """Give a stock garment a new picture; what is in it, the model finds. Saves the row. Raises Busy, ModelFileError.

    maps: what is known of its cloth, checked: field → PNG, see :func:`tryon.cloth.check_maps`.
    """
    with model_slots().take():
        with stage("segment"):
            seen = segmenter().segment(pixels)
        files = picture_files(pixels) | {"labels": labels_file(seen.labels)}
    without = dict.fromkeys(("mask", *MAPS))
    fields = wearable_fields(seen) | without | {"part_names": []}
    save_stock(garment, fields, files | {field: (".png", content) for field, content in (maps or {}).items()})


def put_stock_maps(garment: StockGarment, maps: dict[str, bytes]) -> None:
    """Give a stock garment, whose picture stays, what is known of its cloth. Saves the row."""
    save_stock(garment, {}, {field: (".png", content) for field, content in maps.items()})


def renew_small_pictures(garment: StockGarment) -> None:
    """What pages show of a stock garment, made anew from its picture, which stays. Saves the row."""
    save_stock(garment, {}, small_files(read_pixels(garment.image)))


def save_stock(garment: StockGarment, fields: dict[str, Any], files: dict[str, tuple[str, bytes]]) -> None:
    """New files first, then the row, then the files it had instead go."""
    known = StockGarment.objects.filter(pk=garment.pk).first()
    replaced = [field for field in file_fields(StockGarment) if field.name in files | fields]
    old = [getattr(known, field.name).name for field in replaced] if known else []
    for field, value in fields.items():
        setattr(garment, field, value)
    with new_files(catalogue_storage) as write, transaction.atomic():
        for field, (suffix, content) in files.items():
            setattr(garment, field, write("stock", suffix, content))
        garment.save()
        for name in filter(None, old):
            transaction.on_commit(partial(remove, catalogue_storage, name))


def found_garment(labels: Bytes, name: str, share: float, confidence: float) -> dict[str, Any]:
    """One entry of ``Wearable.found``."""
    outline = outline_of(labels, name)
    return {"name": name, "share": round(share, 4), "confidence": round(confidence, 3), "outline": outline}


def outline_of(labels: Bytes, garment: str) -> list[str]:
    """SVG paths around one garment, in pixels of the label picture."""
    from ml.garments.names import value_of
    from ml.garments.outline import outline_paths

    height, width = labels.shape
    return list(outline_paths(screen_labels(labels) == value_of(garment), size=(width, height)))


def picture_files(pixels: Bytes, mark: Mark | None = None) -> dict[str, tuple[str, bytes]]:
    """The files every picture is kept as, without its labels: field → (suffix, content). ``mark``: what a model made."""
    from ml.encode import encode_png_quickly

    with stage("encode"), ThreadPoolExecutor(1) as beside:  # encoders let go of the interpreter while they work
        image = beside.submit(encode_png_quickly, pixels, mark)
        small = small_files(pixels, mark)
        return {"image": (".png", image.result())} | small


def small_files(pixels: Bytes, mark: Mark | None = None) -> dict[str, tuple[str, bytes]]:
    """Those of them that pages show."""
    from ml.encode import encode_webp

    screen = shrink(pixels, SCREEN_SIDE)
    return {
        "screen": (".webp", encode_webp(screen, 90, mark)),
        "thumbnail": (".webp", encode_webp(shrink(screen, THUMBNAIL_SIDE), 82, mark)),
    }


def labels_file(labels: Bytes) -> tuple[str, bytes]:
    """A label picture, uint8 (H, W), as the file it is kept as."""
    from ml.encode import encode_png_quickly

    return ".png", encode_png_quickly(labels)


def render_preview(wearable: Wearable, look: Look, longest: int = SCREEN_SIDE) -> bytes:
    """The look at screen size or smaller, as WebP. Raises MlError, Busy."""
    from ml.encode import Mark, encode_webp

    dressed, _ = dress(wearable, wearable.screen, look)
    with stage("encode"):
        return encode_webp(shrink(dressed, longest), 85, Mark.COMPOSITE)


def render_stock_preview(stock: StockGarment, look: Look, longest: int = SCREEN_SIDE) -> bytes:
    """The same for a stock garment; what many people look at, as on the home page, is rendered once."""
    drawn = [
        (each.garments, each.plain, each.version.pk, each.recipe, each.placement, each.strength) for each in look.layers
    ]
    key = (stock.image.name, stock.px_per_cm, longest, *drawn)
    preview = _stock_previews.recall(key)
    if preview is None:
        preview = render_preview(stock, look, longest)
        _stock_previews.keep(key, preview)
    return preview


def keep_result(person: Person, wearable: Photo | StockGarment, look: Look, layers: Sequence[str] = ()) -> Result:
    """Dress the picture at its own size and keep it. Raises MlError, Busy; then nothing is kept.

    layers: how addresses write the pieces below, so that they can be dressed again.

    Raises DoesNotExist when the picture was deleted while it was being dressed.
    """
    from ml.encode import Mark

    dressed, scale = dress(wearable, wearable.image, look)
    files = picture_files(dressed, Mark.COMPOSITE)
    with new_files(default_storage) as write, transaction.atomic():
        names = {field: write("results", suffix, content) for field, (suffix, content) in files.items()}
        type(wearable)._default_manager.select_for_update().get(pk=wearable.pk)
        if isinstance(wearable, Photo):
            touch(wearable)  # programs come here without a page
        return Result.objects.create(
            photo=wearable if isinstance(wearable, Photo) else None,
            stock=wearable if isinstance(wearable, StockGarment) else None,
            fabric=keep_fabric(person, look.version, look.recipe),
            garments=list(look.garments),
            placement=asdict(look.placement)
            | {"strength": look.strength}
            | ({"plain": list(look.plain)} if look.plain else {}),
            layers=list(layers),
            px_per_cm=scale.px_per_cm,
            width=wearable.width,
            height=wearable.height,
            **names,
            **made_by(person),
        )


def dress(wearable: Wearable, picture: FieldFile, look: Look) -> tuple[Bytes, Scale]:
    """Lay the look's fabrics on ``image`` or ``screen`` of the wearable. Unchanged where no garment is."""
    from ml.cloth.serving import net_for
    from ml.compositing.drape import Layer, drape, drape_layers

    with ThreadPoolExecutor(1) as beside:
        reading = beside.submit(read_pixels, picture)
        labels = labels_of(wearable)
        scales = [scale_of(wearable, labels, each.garments) for each in look.layers]
        densities = [scale.px_per_cm * shrunk(wearable, picture) for scale in scales]
        # As fine as the full size needs, also for a small picture: a fabric's colours shift a little with its size.
        cloths = [
            draw_cloth(each, tile_size(each.placement.cm_per_tile * scale.px_per_cm))
            for each, scale in zip(look.layers, scales, strict=True)
        ]
        photo = reading.result()
    with model_slots().take(), stage("drape"):
        layers = [
            Layer(
                cloth,
                alpha_of(wearable, photo, labels, each.garments, each.plain),
                each.placement,
                density,
                each.strength,
                is_block,
                cloth_of(wearable, photo, each.garments),
                net_for(each.garments),
            )
            for each, density, (cloth, is_block) in zip(look.layers, densities, cloths, strict=True)
        ]
        if len(layers) > 1:
            return drape_layers(photo, layers), scales[-1]
        only, strength = layers[0], look.strength
        draped = drape(
            photo,
            only.tile,
            only.alpha,
            only.placement,
            only.px_per_cm,
            strength=strength,
            is_block=only.is_block,
            in_place=True,
            cloth_map=only.cloth_map,
            net=only.net,
        )
        return draped, scales[-1]


def shrunk(wearable: Wearable, picture: FieldFile) -> float:
    """How many pixels of this picture there are to one of ``image``, at most 1."""
    smaller = SCREEN_SIDE / max(wearable.width, wearable.height) if picture == wearable.screen else 1.0
    return min(1.0, smaller)


def draw_cloth(look: Look, size: int) -> tuple[Bytes, bool]:
    """The look's tile, ``size`` px a side; or the whole block, and True, where only the generator can join the tiles unseen."""
    if look.placement.repeat in ("half-drop", "half-brick"):
        return draw_block(look.version, replace(look.recipe, repeat=look.placement.repeat), size), True
    return draw_tile(look.version, look.recipe, size), False


def alpha_of(
    wearable: Wearable, photo: Bytes, labels: Bytes, garments: tuple[str, ...], plain: tuple[str, ...] = ()
) -> Floats:
    """Where the garments are, float32 (H, W) in [0, 1] at the size of ``photo``: exact where known, else found.

    ``plain``: parts of a garment whose cloth is known that are left out.
    """
    import numpy as np

    from ml.compositing.cloth_map import without_parts
    from ml.garments.refine import garment_alpha
    from ml.images import resize_smooth

    height, width = photo.shape[:2]
    mask = getattr(wearable, "mask", None)
    if mask and set(garments) == set(wearable.garment_names):
        exact = read_grey(mask)
        sized = exact if exact.shape == (height, width) else resize_smooth(exact, width, height)
        alpha = sized.astype(np.float32) / np.float32(255)
        cloth = cloth_of(wearable, photo, garments) if plain else None
        return (
            alpha
            if cloth is None
            else without_parts(alpha, cloth, [wearable.parts_known.index(each) + 1 for each in plain])
        )
    return garment_alpha(photo, resized(labels, width, height), list(garments))


def scale_of(wearable: Wearable, labels: Bytes, garments: tuple[str, ...]) -> Scale:
    """Pixels of ``image`` per centimetre of cloth, and how that is known."""
    from ml.compositing.scale import Scale, estimate_scale
    from ml.garments.names import CLOTHES

    known = getattr(wearable, "px_per_cm", None)
    if known:
        return Scale(known, gettext("Known: this garment was made to measure."))
    small = screen_labels(labels)  # both sizes of the picture get the same answer
    named = [name for name in garments if name != CLOTHES]  # of what kind it is, tells how large it is
    return estimate_scale(small, named, (wearable.height, wearable.width))


def tile_size(pixels: float) -> int:
    """The smallest size drawn that is not coarser than the tile will be seen."""
    return next((size for size in TILE_SIZES if size >= pixels), TILE_SIZES[-1])


def result_as_jpeg(result: Result) -> bytes:
    """As near to the PNG as JPEG allows: quality 95, colour at full resolution."""
    from ml.encode import Mark, encode_jpeg

    return encode_jpeg(read_pixels(result.image), 95, Mark.COMPOSITE)


def touch(photo: Photo) -> None:
    """Note that the photo was used; to within five minutes, so that looking does not mean writing."""
    now = timezone.now()
    if (now - photo.last_used_at).total_seconds() > 300:
        Photo.objects.filter(pk=photo.pk).update(last_used_at=now)
        photo.last_used_at = now


def delete_photo(photo: Photo) -> None:
    """The photo, the results made with it, and every file of theirs."""
    with transaction.atomic():
        fabrics = list(Fabric.objects.filter(results__photo=photo))
        photo.delete()
        _forget_unused(fabrics)


def delete_result(result: Result) -> None:
    """The result and every file of it."""
    with transaction.atomic():
        fabric = result.fabric
        result.delete()
        _forget_unused([fabric])


def _forget_unused(fabrics: list[Fabric]) -> None:
    """Fabrics that were there for a result alone; those on a shelf, and those that others come from, stay."""
    for fabric in fabrics:
        if fabric.is_saved or fabric.childhoods.exists():
            continue
        try:
            with transaction.atomic():
                fabric.delete()
        except models.ProtectedError:
            continue  # another result still wears it
