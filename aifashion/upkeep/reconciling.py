"""Do rows and files still belong together? Looked at from both sides; what a grace period covers may still be under way."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.core.files.storage import Storage, storages
from django.db import models, transaction
from django.utils import timezone

from aifashion.upkeep.holdings import HOMES, MODELS, home_of, models_with_files, named_files, walk
from patterns.files import file_fields

FEW = 20  # rows that may lack files before the storage itself is suspected
SUSPICIOUS = 0.1  # of all rows
OTHERS_ROOMS = (f"{MODELS}/", "health")  # models are named by versions, and verified when loaded


class TooMuchIsGone(Exception):
    """So many rows lack files that a wrong setting is likelier than a loss."""


@dataclass
class Found:
    lacking: list[tuple[models.Model, list[str]]] = field(default_factory=list)  # row, fields whose file is gone
    orphans: list[tuple[str, str]] = field(default_factory=list)  # home, name
    young: int = 0  # files without a row that may still get one
    rows: int = 0

    @property
    def is_well(self) -> bool:
        return not self.lacking and not self.orphans


def compare(grace: timedelta) -> Found:
    """What is there is listed before what is named: a file that goes with its row meanwhile is then no loss."""
    found = Found()
    before = timezone.now() - grace
    there = {alias: set(walk(storages[alias])) for alias in HOMES}
    named = named_files()
    for model in models_with_files():
        for row in model._base_manager.order_by("pk").iterator(500):
            found.rows += 1
            gone = [each.name for each in file_fields(model) if is_gone(row, each, there)]
            if gone and model._base_manager.filter(pk=row.pk).exists():
                found.lacking.append((row, gone))
    for alias in HOMES:
        for name in sorted(there[alias] - named[alias]):
            if name.startswith(OTHERS_ROOMS):
                continue
            if is_old(storages[alias], name, before):
                found.orphans.append((alias, name))
            else:
                found.young += 1
    return found


def is_gone(row: models.Model, each: models.FileField, there: dict[str, set[str]]) -> bool:
    """Not in the listing, nor there when asked for by name: it may have come after the listing."""
    held = getattr(row, each.name)
    return bool(held) and held.name not in there[home_of(each)] and not each.storage.exists(held.name)


def is_old(storage: Storage, name: str, before: datetime) -> bool:
    try:
        return storage.get_modified_time(name) < before
    except FileNotFoundError:
        return False


def mend(found: Found) -> tuple[int, int]:
    """Remove files without rows; rows that lack a file they cannot be without go, others forget it. Returns (rows, files).

    Raises TooMuchIsGone, and then changes nothing.
    """
    if len(found.lacking) > max(FEW, SUSPICIOUS * found.rows):
        raise TooMuchIsGone(
            f"{len(found.lacking)} of {found.rows} rows lack files. That looks like a wrong bucket or folder, or an emptied one: "
            "nothing was changed. Look at the settings; if the files are lost, restore them from a backup."
        )
    for row, gone in found.lacking:
        with transaction.atomic():
            mend_row(row, gone)
    for alias, name in found.orphans:
        storages[alias].delete(name)
    return len(found.lacking), len(found.orphans)


def mend_row(row: models.Model, gone: list[str]) -> None:
    model = type(row)
    if hasattr(row, "digest") and hasattr(row, "px_per_cm"):  # a garment of the house: `load_stock` brings it again
        model._base_manager.filter(pk=row.pk).update(digest="")
    elif all(each.blank for each in file_fields(model) if each.name in gone):
        model._base_manager.filter(pk=row.pk).update(**dict.fromkeys(gone, ""))
    else:
        row.delete()
