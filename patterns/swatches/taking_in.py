"""From the bytes of a picture to swatches: cut, measured, compared with what is known, and kept exactly once."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from ml.errors import PictureError
from patterns.files import new_files
from patterns.models import Category
from patterns.swatches.models import Delivery, Item, Refusal, Swatch
from patterns.uploads import read_upload

if TYPE_CHECKING:
    from ml.images import Bytes
    from ml.textiles.swatch import Fingerprints

TINY, BLURRY, PLAIN = 318 / 224, 0.42, 0.012  # enlarged more; sharpness and contrast below (measured on 2,160 swatches)
SURELY_SAME = 24  # bits: a copy of something rejected is not even shown
_OTHER_SHAPE = 0.03
State = Item.State


class AlreadyTaken(Exception):
    """Somebody else settled this item a moment ago."""


@dataclass(frozen=True)
class Cut:
    """A square of a picture, ready to be kept. ``fields``: those of Swatch that follow from the pixels."""

    view: int
    square: Bytes
    fields: dict[str, Any]


class Known:
    """The fingerprints of a category, loaded once for many pictures."""

    def __init__(self, category: Category) -> None:
        from ml.textiles.swatch import Fingerprints

        rows = list(Swatch.objects.filter(category=category).order_by("pk").values_list("pk", "fingerprint"))
        rows += [(0, each) for each in Refusal.objects.filter(category=category).values_list("fingerprint", flat=True)]
        self._keys = [pk for pk, _ in rows]
        self._prints: Fingerprints = Fingerprints([each for _, each in rows])

    def nearest(self, fingerprint: str) -> tuple[int, int] | None:
        """(primary key, bits of difference) of the most similar swatch; key 0: one that was rejected and deleted."""
        found = self._prints.nearest(fingerprint)
        return found and (self._keys[found[0]], found[1])

    def add(self, swatch: Swatch) -> None:
        self._keys.append(swatch.pk)
        self._prints.add(swatch.fingerprint)


def take_in(item: Item, delivery: Delivery, category: Category, content: bytes, known: Known) -> None:
    """Keep what is new of a picture's bytes and settle its item. Raises UploadError, PictureError, AlreadyTaken."""
    pixels = read_upload(io.BytesIO(content), len(content)).pixels
    cuts = cut_picture(pixels, item.cut)
    try:
        _keep(item, delivery, category, pixels, cuts, known)
    except IntegrityError:  # the same picture came in beside us, or the item is settled: look again, once
        _keep(item, delivery, category, pixels, cuts, known)


def cut_picture(pixels: Bytes, cut: dict[str, Any]) -> list[Cut]:
    """The squares of a picture: one for each scale of an index line, else the largest in the middle. Raises PictureError."""
    from ml.textiles.swatch import cut_square

    crop, scales = fitted(pixels, cut)
    squares = [cut_square(pixels, crop, scale) for scale in scales]
    return [Cut(view, square, measured(square, enlarged)) for view, (square, enlarged) in enumerate(squares)]


def fitted(
    pixels: Bytes, cut: dict[str, Any]
) -> tuple[tuple[float, float, float, float] | None, list[float] | list[None]]:
    """Crop and scales for the picture that came, which may be another size than when the index was written. Raises PictureError."""
    if not cut:
        return None, [None]
    height, width = pixels.shape[:2]
    was_wide, was_high = cut["size"]
    across, down = width / was_wide, height / was_high
    if abs(across / down - 1) > _OTHER_SHAPE:
        raise PictureError(
            f"The picture is no longer the one in the index: it is {width} x {height} px, not {was_wide} x {was_high}."
        )
    x, y, w, h = cut["crop"]
    return (x * across, y * down, w * across, h * down), [scale / across for scale in cut["scales"]]


def measured(square: Bytes, enlarged: float) -> dict[str, Any]:
    from ml.textiles.swatch import fingerprint, measure

    found = measure(square)
    is_plain = found.contrast < PLAIN
    return {
        "digest": hashlib.sha256(square.tobytes()).hexdigest(),
        "fingerprint": fingerprint(square),
        "enlarged": enlarged,
        "sharpness": found.sharpness,
        "contrast": found.contrast,
        "is_tiny": enlarged > TINY,
        "is_blurry": found.sharpness < BLURRY and not is_plain,  # nothing to be sharp in one colour
        "is_plain": is_plain,
    }


def _keep(item: Item, delivery: Delivery, category: Category, pixels: Bytes, cuts: list[Cut], known: Known) -> None:
    height, width = pixels.shape[:2]
    fresh, notes = _sift(cuts, category, known)
    shared = {
        "category": category,
        "item": item,
        "source": delivery.source,
        "licence": delivery.licence,
        "address": item.name if delivery.kind == Delivery.Kind.INDEX else "",
        "name": item.name.rsplit("/", 1)[-1][:300],
        "width": width,
        "height": height,
    }
    with new_files(default_storage) as write:
        rows = []
        for cut, like in fresh:
            names = {field: write("swatches", *file) for field, file in encoded(cut.square).items()}
            rows.append(Swatch(view=cut.view, like_id=like, **cut.fields, **shared, **names))
        with transaction.atomic():
            settle(item, State.DONE if rows else State.KNOWN, _sentence(len(rows), notes))
            for row in rows:
                row.save(force_insert=True)
    for row in rows:
        known.add(row)


def _sift(cuts: list[Cut], category: Category, known: Known) -> tuple[list[tuple[Cut, int | None]], list[str]]:
    """The cuts that are new, each with the swatch it resembles; and a word about each of the others."""
    digests = {cut.fields["digest"] for cut in cuts}
    same = dict(Swatch.objects.filter(category=category, digest__in=digests).values_list("digest", "pk"))
    refused = set(Refusal.objects.filter(category=category, digest__in=digests).values_list("digest", flat=True))
    fresh: list[tuple[Cut, int | None]] = []
    notes: list[str] = []
    for cut in cuts:
        digest = cut.fields["digest"]
        like, bits = known.nearest(cut.fields["fingerprint"]) or (None, 256)
        rejected = like is not None and is_rejected(like)
        if digest in same:
            here = same[digest]
            said = f"Already here as swatch {here}"
            notes.append(f"{said} (rejected)." if is_rejected(here) else f"{said}.")
        elif digest in refused or (rejected and bits <= SURELY_SAME):
            notes.append("A copy of one that was rejected.")
        elif any(digest == other.fields["digest"] for other, _ in fresh):
            notes.append("The same as another scale.")
        else:
            fresh.append((cut, like or None))
    return fresh, notes


def is_rejected(pk: int) -> bool:
    """Key 0 stands for one that was rejected and deleted."""
    return pk == 0 or Swatch.objects.filter(pk=pk, state=Swatch.State.REJECTED).exists()


def settle(item: Item, state: Item.State, note: str) -> None:
    """What became of an item, said once. Raises AlreadyTaken when it has been said."""
    if not Item.objects.filter(pk=item.pk, state=State.WAITING).update(state=state, note=note[:400]):
        raise AlreadyTaken


def encoded(square: Bytes) -> dict[str, tuple[str, bytes]]:
    """The files of a swatch, suffix and content: the square, which training reads, and the frame of 224 px in its middle for pages."""
    from ml.encode import encode_jpeg, encode_webp
    from ml.textiles.swatch import turned

    return {"image": (".jpg", encode_jpeg(square, 95)), "thumbnail": (".webp", encode_webp(turned(square, 0), 84))}


def _sentence(kept: int, notes: list[str]) -> str:
    counted = [f"{kept} kept."] if kept and notes else []
    return " ".join([*counted, *notes])
