"""A category's swatch book: its contact sheet and palette, made anew when what is accepted has changed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Count, Max, Sum

from patterns.files import new_files, remove
from patterns.models import Category
from patterns.swatches.models import SwatchBook
from patterns.swatches.queries import accepted_swatches

if TYPE_CHECKING:
    from ml.images import Bytes

ACROSS, DOWN, SIDE, GAP = 12, 8, 96, 4
_SAMPLES, COLOURS = 13, 8  # pixels a side that each swatch gives to the palette
_ROW = 128  # so that a full sheet stays a picture that palettes are taken of without shrinking it


def book_of(category: Category) -> SwatchBook:
    """As it lies there, perhaps of before the last decisions; made when there is none."""
    return SwatchBook.objects.get_or_create(category=category, defaults={"takes_plain": takes_plain(category)})[0]


def takes_plain(category: Category) -> bool:
    """Are near-uniform swatches right here? Only for one-colour cloth, until staff say otherwise."""
    book: SwatchBook | None = getattr(category, "book", None)
    return book.takes_plain if book else category.slug == "solid"


def fresh_book(category: Category) -> SwatchBook:
    """With the contact sheet and palette of what is accepted now."""
    book = book_of(category)
    now = what_is_accepted(category)
    if book.made_of == now:
        return book
    thumbnails = _chosen_thumbnails(category)
    old = str(book.sheet.name or "")
    book.palette = [list(each) for each in palette_of(thumbnails)] if thumbnails else []
    with new_files(default_storage) as write:
        book.sheet = write("sheets", ".webp", draw_sheet(thumbnails)) if thumbnails else ""
        book.made_of = now
        book.save()
    if old:
        transaction.on_commit(partial(remove, default_storage, old))
    return book


def what_is_accepted(category: Category) -> str:
    found = accepted_swatches(category).order_by().aggregate(Count("pk"), Sum("pk"), Max("pk"), Max("decided"))
    return "/".join(str(value) for value in found.values())[:64]


def _chosen_thumbnails(category: Category) -> list[Bytes]:
    """Evenly through the accepted ones, at most a sheet full; those whose files are gone are left out."""
    keys = list(accepted_swatches(category).values_list("pk", flat=True))
    room = ACROSS * DOWN
    wanted = keys if len(keys) <= room else [keys[i * len(keys) // room] for i in range(room)]
    return [
        pixels
        for swatch in accepted_swatches(category).filter(pk__in=wanted)
        if (pixels := _read(swatch.thumbnail)) is not None
    ]


def _read(file: object) -> Bytes | None:
    import cv2
    import numpy as np

    try:
        with file.open() as opened:  # type: ignore[attr-defined]
            pixels = cv2.imdecode(np.frombuffer(opened.read(), np.uint8), cv2.IMREAD_COLOR_RGB)
    except FileNotFoundError:
        return None
    return None if pixels is None else np.asarray(pixels, dtype=np.uint8)


def draw_sheet(thumbnails: list[Bytes]) -> bytes:
    """Swatches side by side on white, as WebP."""
    import numpy as np

    from ml.encode import encode_webp
    from ml.images import resize_smooth

    across = min(ACROSS, len(thumbnails))
    down = -(-len(thumbnails) // across)
    step = SIDE + GAP
    sheet = np.full((down * step + GAP, across * step + GAP, 3), 255, np.uint8)
    for place, pixels in enumerate(thumbnails):
        top, left = GAP + place // across * step, GAP + place % across * step
        sheet[top : top + SIDE, left : left + SIDE] = resize_smooth(pixels, SIDE, SIDE)
    return encode_webp(sheet, 85)


def palette_of(thumbnails: list[Bytes]) -> list[tuple[str, float]]:
    """The main colours over all of them: of pixels picked evenly, for averages would be colours that no cloth has."""
    import numpy as np

    from ml.textiles.palette import colours_of_picture

    picked = [pixels[_even(pixels.shape[0])][:, _even(pixels.shape[1])].reshape(-1, 3) for pixels in thumbnails]
    pixels = np.concatenate(picked)
    return colours_of_picture(pixels[: len(pixels) // _ROW * _ROW].reshape(-1, _ROW, 3), COLOURS)


def _even(length: int) -> list[int]:
    return [length * (2 * i + 1) // (2 * _SAMPLES) for i in range(_SAMPLES)]
