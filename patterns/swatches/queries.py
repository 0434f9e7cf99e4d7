"""Questions about swatches. What training needs: :func:`accepted_swatches` and :func:`write_accepted`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from django.db.models import QuerySet

from ml.images import Bytes
from patterns.models import Category
from patterns.swatches.models import Swatch

State = Swatch.State


def accepted_swatches(category: Category) -> QuerySet[Swatch]:
    """What a generator of this category may learn from, in a fixed order."""
    return Swatch.objects.filter(category=category, state=State.ACCEPTED).order_by("pk")


def read_square(swatch: Swatch) -> Bytes:
    """The swatch, uint8 (318, 318, 3); ``ml.textiles.swatch.turned`` makes the data set's twelve views of it.

    Raises FileNotFoundError when it was deleted meanwhile, PictureError when its file is damaged.
    """
    import cv2
    import numpy as np

    from ml.errors import PictureError

    with swatch.image.open() as opened:
        pixels = cv2.imdecode(np.frombuffer(opened.read(), np.uint8), cv2.IMREAD_COLOR_RGB)
    if pixels is None:
        raise PictureError(f"The file of {swatch} is damaged; delete the swatch and bring its picture again.")
    return np.asarray(pixels, dtype=np.uint8)


def write_accepted(category: Category, root: Path, turns: Sequence[int] = ()) -> list[Path]:
    """The accepted swatches as files under ``root / category.slug``, as ``ml.textiles.data.Swatches(root, ...)`` reads them.

    Without ``turns`` one JPEG of 318 px each, ``00000017.jpg`` by primary key; with them (``ml.textiles.swatch.TURNS``) PNGs of 224 px
    for each angle, ``00000017-030.png``. A swatch deleted meanwhile is left out, files that are there already are not written again, and
    files of swatches that are no longer accepted are removed: so it can be called again after a crash. Call it once, before
    a run begins; a swatch deleted later then changes nothing in the run.
    """
    folder = root / category.slug
    folder.mkdir(parents=True, exist_ok=True)
    written = [path for swatch in accepted_swatches(category).iterator(500) for path in _write(swatch, folder, turns)]
    for stray in set(folder.iterdir()) - set(written):
        stray.unlink()
    return written


def _write(swatch: Swatch, folder: Path, turns: Sequence[int]) -> list[Path]:
    from ml.encode import encode_png
    from ml.textiles.swatch import turned

    paths = [folder / f"{swatch.pk:08d}-{turn:03d}.png" for turn in turns] or [folder / f"{swatch.pk:08d}.jpg"]
    if all(path.exists() for path in paths):
        return paths
    try:
        if turns:
            square = read_square(swatch)
            contents = [encode_png(turned(square, turn)) for turn in turns]
        else:
            with swatch.image.open() as opened:
                contents = [opened.read()]
    except FileNotFoundError:
        return []
    for path, content in zip(paths, contents, strict=True):
        beside = path.with_suffix(".part")
        beside.write_bytes(content)
        beside.replace(path)
    return paths


def category_by_class() -> Callable[[str], Category | None]:
    """Looks categories up by what an index or a folder calls them: "zig zag" is "zigzag"."""
    categories = list(Category.objects.order_by("-order", "-pk"))
    known = {_letters(name): each for each in categories for name in (each.name, each.slug)}
    return lambda name: known.get(_letters(name)) if name else None


def _letters(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower())
