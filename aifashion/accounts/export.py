"""Everything a person has, as one zip file that is written while it is read, so that its size matters to nobody's memory."""

from __future__ import annotations

import io
import json
import logging
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import SuspiciousOperation
from django.db.models.fields.files import FieldFile
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from aifashion.accounts.models import mode_of
from ml.textiles.recipe_file import RecipeFile
from patterns import queries as fabrics
from patterns.models import Fabric
from patterns.ownership import Person
from patterns.queries import one_by_one
from tryon import queries
from tryon.models import Photo, Result

log = logging.getLogger(__name__)
READ_ME = _("""This is everything that AI Fashion keeps of you.

everything.json   all of it in words and numbers: which photo, which result, in which fabric, in which collection
photos/           your photos as they were stored, and which pixel was taken for which piece of clothing (-outlines)
results/          your results at full size
fabrics/          a recipe for each fabric; "Open a recipe" in the Studio draws it again, to the same bytes
""")


class _Outlet(io.RawIOBase):
    """Where the zip writes to; what was written is taken away piece by piece."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self.written.append(bytes(piece))
        return len(piece)

    def take(self) -> bytes:
        piece, self.written = b"".join(self.written), []
        return piece


def file_name() -> str:
    return f"ai-fashion-{timezone.now():%Y-%m-%d}.zip"


def export_everything(user: User) -> Iterator[bytes]:
    """The zip in pieces. A file that cannot be read is named in ``everything.json``; the rest is there."""
    outlet = _Outlet()
    index: dict[str, Any] = {
        "account": {
            "email": user.email,
            "since": user.date_joined.isoformat(),
            "mode": mode_of(user),
            "roles": list(user.groups.values_list("name", flat=True)),
        },
        "photos": [],
        "results": [],
        "fabrics": [],
        "collections": [],
        "missing": [],
    }
    with zipfile.ZipFile(outlet, "w") as packed:
        for name, content, made in _entries(Person(user.pk), index):
            packed.writestr(_entry(name, made), content)
            yield outlet.take()
        whole = json.dumps(index, indent=1, ensure_ascii=False).encode()
        packed.writestr(_entry("everything.json", timezone.now()), whole)
        packed.writestr(_entry("READ ME.txt", timezone.now()), gettext(READ_ME))
    yield outlet.take()


def _entries(person: Person, index: dict[str, Any]) -> Iterator[tuple[str, bytes, datetime]]:
    """Name, content and date of each file, row by row; ``index`` fills on the way."""
    for photo in one_by_one(queries.photos_of(person)):
        yield from _photo(photo, index)
    for result in one_by_one(queries.results_of(person)):
        yield from _result(result, index)
    for fabric in one_by_one(fabrics.fabrics_of(person)):
        yield from _fabric(fabric, index)
    for collection in fabrics.collections_of(person).prefetch_related("fabrics"):
        within = [str(fabric.public_id) for fabric in collection.fabrics.all()]
        index["collections"].append({"name": collection.name, "fabrics": within})


def _photo(photo: Photo, index: dict[str, Any]) -> Iterator[tuple[str, bytes, datetime]]:
    stem = _stem("photos", photo)
    yield from _file(photo.image, f"{stem}.png", photo.created, index)
    yield from _file(photo.labels, f"{stem}-outlines.png", photo.created, index)
    if photo.mend:
        yield f"{stem}-outlines-mended.png", bytes(photo.mend.labels), photo.created
    index["photos"].append(
        {
            "file": f"{stem}.png",
            "id": str(photo.public_id),
            "uploaded": photo.created.isoformat(),
            "last used": photo.last_used_at.isoformat(),
            "kept": photo.is_kept,
            "found": [{"name": each["name"], "share": each["share"]} for each in photo.found],
        }
    )


def _result(result: Result, index: dict[str, Any]) -> Iterator[tuple[str, bytes, datetime]]:
    stem = _stem("results", result)
    yield from _file(result.image, f"{stem}.png", result.created, index)
    index["results"].append(
        {
            "file": f"{stem}.png",
            "id": str(result.public_id),
            "made": result.created.isoformat(),
            "on": str(result.photo.public_id) if result.photo else result.stock.slug if result.stock else None,
            "garments": result.garments,
            "fabric": str(result.fabric.public_id),
            "placement": result.placement,
            "layers": result.layers,
            "links": [
                {"until": link.expires.isoformat(), "with photo": link.with_photo, "open": link.is_open}
                for link in result.share_links.all()
            ],
        }
    )


def _fabric(fabric: Fabric, index: dict[str, Any]) -> Iterator[tuple[str, bytes, datetime]]:
    version = fabric.generator_version
    stem = _stem("fabrics", fabric, fabric.name or f"{version.category.slug}-{fabric.recipe.get('seed', '')}")
    recipe = RecipeFile(version.category.slug, version.version, fabric.as_recipe())
    yield f"{stem}.json", recipe.to_json().encode(), fabric.created
    index["fabrics"].append(
        {
            "file": f"{stem}.json",
            "id": str(fabric.public_id),
            "name": fabric.name,
            "made": fabric.created.isoformat(),
            "origin": fabric.origin,
            "saved": fabric.is_saved,
            "favourite": fabric.is_favourite,
            "parents": [str(parent.public_id) for parent in fabric.parents.all()],
            "category": version.category.slug,
            "generator": version.version,
            "recipe": fabric.recipe,
        }
    )


def _file(file: FieldFile, name: str, made: datetime, index: dict[str, Any]) -> Iterator[tuple[str, bytes, datetime]]:
    try:
        with file.open() as opened:
            content = opened.read()
    except (OSError, SuspiciousOperation):
        log.warning("a file could not be read for an export", exc_info=True)
        index["missing"].append(name)
        return
    yield name, content, made


def _stem(folder: str, row: Any, words: str = "") -> str:
    plain = re.sub(r"[^\w-]+", "-", words).strip("-")[:40] or f"{row.created:%Y-%m-%d-%H%M}"
    return f"{folder}/{plain}-{str(row.public_id)[:8]}"


def _entry(name: str, made: datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=made.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED if name.endswith((".json", ".txt")) else zipfile.ZIP_STORED
    entry.external_attr = 0o600 << 16
    return entry
