"""Remove files that no row knows, left over when a server was killed between writing a file and its row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.core.files.storage import Storage, default_storage
from django.core.management.base import BaseCommand, CommandParser
from django.db import models
from django.utils import timezone

from patterns.swatches.models import Delivery, Swatch, SwatchBook
from tryon.files import file_fields
from tryon.models import Photo, Result, StockGarment
from tryon.storage import catalogue_storage

ROOMS: tuple[tuple[Storage, str, type[models.Model]], ...] = (
    (default_storage, "photos", Photo),
    (default_storage, "results", Result),
    (catalogue_storage, "stock", StockGarment),
    (default_storage, "swatches", Swatch),
    (default_storage, "deliveries", Delivery),
    (default_storage, "sheets", SwatchBook),
)


class Command(BaseCommand):
    help = "Remove files that belong to no row and are older than an hour."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--minutes", type=int, default=60, help="how old a file must be (default 60)")

    def handle(self, *args: Any, minutes: int, **options: Any) -> None:
        before = timezone.now() - timedelta(minutes=minutes)
        removed = 0
        for storage, folder, model in ROOMS:
            known = known_files(model)
            for name, changed in sorted(traces_in(storage, folder)):
                if name not in known and (changed or storage.get_modified_time(name)) < before:
                    storage.delete(name)
                    removed += 1
        self.stdout.write(f"{removed} files without a row removed.")


def traces_in(storage: Storage, folder: str) -> Iterable[tuple[str, datetime | None]]:
    """Each file, and when it changed where that is known at once; in a bucket, also what was deleted only in part."""
    traces = getattr(storage, "traces", None)
    return traces(folder).items() if traces else ((name, None) for name in files_in(storage, folder))


def files_in(storage: Storage, folder: str) -> Iterator[str]:
    try:
        _, names = storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}/{name}" for name in names)


def known_files(model: type[models.Model]) -> set[str]:
    fields = [field.name for field in file_fields(model)]
    return {name for row in model._default_manager.values_list(*fields) for name in row if name}
