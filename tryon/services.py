"""Taking photos in, finding the clothes in them, and dressing them in fabric. Plain values in, rows and bytes out."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from functools import partial
from typing import IO, TYPE_CHECKING, Any, Protocol

from django.core.files.storage import default_storage
from django.db import models, transaction
from django.utils import timezone

from patterns.memory import Memory
from patterns.models import Fabric, GeneratorVersion
from patterns.ownership import Person, made_by
from patterns.services import draw_tile, keep_fabric
from patterns.slots import model_slots
from tryon.files import file_fields, new_files, remove
from tryon.models import Photo, Result, StockGarment, Wearable
from tryon.storage import catalogue_storage
from tryon.uploads import read_upload

if TYPE_CHECKING:
    from ml.compositing.placement import Placement
    from ml.compositing.scale import Scale
    from ml.encode import Mark
    from ml.garments.segment import Segmentation
    from ml.images import Bytes, Floats
    from ml.textiles.recipe import Recipe

SCREEN_SIDE = 1000
THUMBNAIL_SIDE = 360
TILE_SIZES = (256, 512, 1024)
STORED_PNG = 2  # compression of pictures kept without loss: quick, since people wait for it


class Segmenter(Protocol):
    def segment(self, photo: Bytes) -> Segmentation: ...


@dataclass(frozen=True)
class Look:
    """What to put on: these garments of the picture, in this fabric, lying like this."""

    garments: tuple[str, ...]
    version: GeneratorVersion
    recipe: Recipe
    placement: Placement


_loading = threading.Lock()
_segmenter: Segmenter | None = None
_stock_previews: Memory[bytes] = Memory(64, 16 * 1024 * 1024, len)


def segmenter() -> Segmenter:
    """The garment model, loaded at its first use. Raises ModelFileError when its file is not as promised."""
    global _segmenter
    with _loading:
        if _segmenter is None:
            from ml.garments.segment import load_segmenter

            _segmenter = load_segmenter()
        return _segmenter


def check_segmenter() -> None:
    """Raise ModelFileError unless the garment model's files are there."""
    from ml.bundle import bundled_models
    from ml.errors import ModelFileError

    models_there = bundled_models("garments")
    files = [path for model in models_there.values() for path, _ in model.files.values()]
    if not files or not all(path.is_file() for path in files):
        raise ModelFileError("The garment model's files are missing.")


def accept_photo(person: Person, file: IO[bytes], length: int) -> Photo:
    """Keep a stranger's photo and what is worn in it. Raises UploadError, Busy, ModelFileError; then nothing is kept."""
    with model_slots().take():
        pixels = read_upload(file, length).pixels
        fields = look_for_garments(pixels)
        files = picture_files(pixels) | {"labels": labels_file(fields.pop("labels_picture"))}
    with new_files(default_storage) as write, transaction.atomic():
        names = {field: write("photos", suffix, content) for field, (suffix, content) in files.items()}
        return Photo.objects.create(**fields, **names, **made_by(person))


def look_for_garments(pixels: Bytes) -> dict[str, Any]:
    """The fields of a Wearable that the model decides, and ``labels_picture``, uint8 (H, W)."""
    seen = segmenter().segment(pixels)
    found = [
        found_garment(seen.labels, garment.name, float(garment.share), float(garment.confidence))
        for garment in seen.found
    ]
    height, width = pixels.shape[:2]
    return {"width": width, "height": height, "outcome": seen.outcome, "found": found, "labels_picture": seen.labels}


def put_stock_picture(garment: StockGarment, pixels: Bytes) -> None:
    """Give a stock garment a new picture; what is in it, the model finds. Saves the row. Raises Busy, ModelFileError."""
    with model_slots().take():
        fields = look_for_garments(pixels)
        files = picture_files(pixels) | {"labels": labels_file(fields.pop("labels_picture"))}
    garment.mask = None
    save_stock(garment, fields, files)


def save_stock(garment: StockGarment, fields: dict[str, Any], files: dict[str, tuple[str, bytes]]) -> None:
    """New files first, then the row, then the garment's old files go."""
    known = StockGarment.objects.filter(pk=garment.pk).first()
    old = [getattr(known, field.name).name for field in file_fields(StockGarment)] if known else []
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
    from ml.garments.config import CLASSES
    from ml.garments.outline import outline_paths

    height, width = labels.shape
    return list(outline_paths(labels == CLASSES.index(garment), size=(width, height)))


def picture_files(pixels: Bytes, mark: Mark | None = None) -> dict[str, tuple[str, bytes]]:
    """The files every picture is kept as, without its labels: field → (suffix, content). ``mark``: what a model made."""
    from ml.encode import encode_jpeg, encode_png

    return {
        "image": (".png", encode_png(pixels, mark, STORED_PNG)),
        "screen": (".jpg", encode_jpeg(shrink(pixels, SCREEN_SIDE), 90, mark)),
        "thumbnail": (".jpg", encode_jpeg(shrink(pixels, THUMBNAIL_SIDE), 82, mark)),
    }


def labels_file(labels: Bytes) -> tuple[str, bytes]:
    """A label picture, uint8 (H, W), as the file it is kept as."""
    from ml.encode import encode_png

    return ".png", encode_png(labels, compress_level=STORED_PNG)


def render_preview(wearable: Wearable, look: Look) -> bytes:
    """The look at screen size, as JPEG. Raises MlError, Busy."""
    from ml.encode import Mark, encode_jpeg

    photo = read_pixels(wearable.screen)
    return encode_jpeg(dress(wearable, photo, look)[0], 88, Mark.COMPOSITE)


def render_stock_preview(stock: StockGarment, look: Look) -> bytes:
    """The same for a stock garment; what many people look at, as on the home page, is rendered once."""
    key = (stock.image.name, stock.px_per_cm, look.garments, look.version.pk, look.recipe, look.placement)
    preview = _stock_previews.recall(key)
    if preview is None:
        preview = render_preview(stock, look)
        _stock_previews.keep(key, preview)
    return preview


def keep_result(person: Person, wearable: Photo | StockGarment, look: Look) -> Result:
    """Dress the picture at its own size and keep it. Raises MlError, Busy; then nothing is kept.

    Raises DoesNotExist when the picture was deleted while it was being dressed.
    """
    from ml.encode import Mark

    dressed, scale = dress(wearable, read_pixels(wearable.image), look)
    files = picture_files(dressed, Mark.COMPOSITE)
    with new_files(default_storage) as write, transaction.atomic():
        names = {field: write("results", suffix, content) for field, (suffix, content) in files.items()}
        type(wearable)._default_manager.select_for_update().get(pk=wearable.pk)
        return Result.objects.create(
            photo=wearable if isinstance(wearable, Photo) else None,
            stock=wearable if isinstance(wearable, StockGarment) else None,
            fabric=keep_fabric(person, look.version, look.recipe),
            garments=list(look.garments),
            placement=asdict(look.placement),
            px_per_cm=scale.px_per_cm,
            width=wearable.width,
            height=wearable.height,
            **names,
            **made_by(person),
        )


def dress(wearable: Wearable, photo: Bytes, look: Look) -> tuple[Bytes, Scale]:
    """Lay the look's fabric on a picture of the wearable, whatever its size. Unchanged where no garment is."""
    from ml.compositing.drape import drape

    labels = read_grey(wearable.labels)
    scale = scale_of(wearable, labels, look.garments)
    px_per_cm = scale.px_per_cm * photo.shape[1] / wearable.width
    tile = draw_tile(look.version, look.recipe, tile_size(look.placement.cm_per_tile * px_per_cm))
    with model_slots().take():
        alpha = alpha_of(wearable, photo, labels, look.garments)
        return drape(photo, tile, alpha, look.placement, px_per_cm), scale


def alpha_of(wearable: Wearable, photo: Bytes, labels: Bytes, garments: tuple[str, ...]) -> Floats:
    """Where the garments are, float32 (H, W) in [0, 1] at the size of ``photo``: exact where known, else found."""
    import numpy as np

    from ml.garments.refine import garment_alpha
    from ml.images import resize_labels, resize_smooth

    height, width = photo.shape[:2]
    mask = getattr(wearable, "mask", None)
    if mask and set(garments) == set(wearable.garment_names):
        exact = read_grey(mask)
        sized = exact if exact.shape == (height, width) else resize_smooth(exact, width, height)
        return sized.astype(np.float32) / np.float32(255)
    if labels.shape != (height, width):
        labels = resize_labels(labels, width, height)
    return garment_alpha(photo, labels, list(garments))


def scale_of(wearable: Wearable, labels: Bytes, garments: tuple[str, ...]) -> Scale:
    """Pixels of ``image`` per centimetre of cloth, and how that is known."""
    from ml.compositing.scale import Scale, estimate_scale
    from ml.images import resize_labels

    known = getattr(wearable, "px_per_cm", None)
    if known:
        return Scale(known, "Known: this garment was made to measure.")
    factor = min(1.0, SCREEN_SIDE / max(labels.shape))  # an estimate needs no more, and both sizes get the same answer
    small = resize_labels(labels, max(1, round(labels.shape[1] * factor)), max(1, round(labels.shape[0] * factor)))
    return estimate_scale(small, garments, (wearable.height, wearable.width))


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
    for fabric in fabrics:
        try:
            with transaction.atomic():
                fabric.delete()
        except models.ProtectedError:
            continue  # another result still wears it


def read_pixels(file: Any) -> Bytes:
    """A picture we stored ourselves, uint8 (H, W, 3)."""
    import numpy as np
    from PIL import Image

    with file.open() as opened, Image.open(opened) as picture:
        return np.asarray(picture.convert("RGB"))


def read_grey(file: Any) -> Bytes:
    """A label picture or a mask, uint8 (H, W)."""
    import numpy as np
    from PIL import Image

    with file.open() as opened, Image.open(opened) as picture:
        return np.asarray(picture)


def shrink(pixels: Bytes, longest: int) -> Bytes:
    """At most ``longest`` pixels on the long side; small pictures stay as they are."""
    from ml.images import resize_smooth

    height, width = pixels.shape[:2]
    factor = min(1.0, longest / max(height, width))
    if factor == 1.0:
        return pixels
    return resize_smooth(pixels, max(1, round(width * factor)), max(1, round(height * factor)))
