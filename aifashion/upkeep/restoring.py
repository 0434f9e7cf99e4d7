"""The way back from a backup: into an empty database and empty storages, on SQLite or PostgreSQL, whichever it was made on."""

from __future__ import annotations

import gzip
import hashlib
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from django.contrib.auth import get_user_model
from django.core.files import File
from django.core.files.storage import Storage, storages
from django.core.management import call_command
from django.core.management.color import no_style
from django.core.serializers import deserialize
from django.db import connection, models, transaction

from aifashion.upkeep.backups import CHUNK, Listing, applied_migrations, backup_home, read_listing, stamps
from aifashion.upkeep.holdings import MODELS, kept_models, models_with_files
from patterns.model_files import home_of_made_models
from patterns.ownership import Owned


class CannotRestore(Exception):
    """A sentence for whoever runs the command."""


def restore(stamp: str = "") -> Listing:
    """Bring back a backup, the latest unless told otherwise. Raises CannotRestore before anything is changed."""
    known = stamps()
    if not known:
        raise CannotRestore("There is no backup: look where BACKUP_TO leads.")
    if stamp and stamp not in known:
        raise CannotRestore(f"There is no backup {stamp}. There are: {', '.join(known)}.")
    listing = read_listing(stamp or known[-1])
    check_schema(listing)
    check_empty()
    for place, entry in listing.files.items():  # files first: never a row without its files
        bring_file(place, *entry)
    with tempfile.TemporaryFile() as spool:
        fetch(f"rows/{listing.stamp}.jsonl.gz", spool, listing.rows_sha256)
        load_rows(spool, listing)
    return listing


def check_schema(listing: Listing) -> None:
    ours, theirs = set(applied_migrations()), set(listing.migrations)
    if ours != theirs:
        first = sorted(ours ^ theirs)[0]
        raise CannotRestore(
            f"The backup was made by another version of the site (they differ in {first}). Restore with that version, then update."
        )


def check_empty() -> None:
    peoples = [get_user_model(), *(model for model in kept_models() if issubclass(model, Owned)), *models_with_files()]
    full = sorted({str(model._meta.verbose_name_plural) for model in peoples if model._base_manager.exists()})
    if full:
        raise CannotRestore(
            f"The database is not empty: it has {', '.join(full)}. Restore into a new one, after `migrate`."
        )


def load_rows(spool: IO[bytes], listing: Listing) -> None:
    """All or nothing. What `migrate` made goes first, as rows refer to the backup's own."""
    loaded: Counter[str] = Counter()
    with (
        transaction.atomic(),
        connection.constraint_checks_disabled(),
        gzip.open(spool, "rt", encoding="utf-8") as lines,
    ):
        call_command("flush", interactive=False, inhibit_post_migrate=True, verbosity=0)
        for row in deserialize("jsonl", lines):
            row.save()
            loaded[row.object._meta.label_lower] += 1
        connection.check_constraints()
        if loaded != Counter(listing.rows):
            raise CannotRestore("The backup does not hold the rows that it lists: it is damaged. Try an earlier one.")
        reset_counters(kept_models())


def reset_counters(tables: Sequence[type[models.Model]]) -> None:
    """New rows get numbers after the restored ones."""
    links = (field.remote_field.through for model in tables for field in model._meta.local_many_to_many)
    joined = [*tables, *filter(None, links)]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), joined):
            cursor.execute(statement)


def bring_file(place: str, digest: str, size: int) -> None:
    alias, _, name = place.partition("/")
    storage: Storage
    storage, folder = home_of_made_models() if alias == MODELS else (storages[alias], "")
    name = f"{folder}/{name}".lstrip("/")
    if storage.exists(name) and storage.size(name) == size:  # brought already, before the command was cut off
        return
    with tempfile.TemporaryFile() as spool:
        fetch(f"files/{place}", spool, digest)
        put_exactly(storage, name, spool)


def put_exactly(storage: Storage, name: str, content: IO[bytes]) -> None:
    if storage.exists(name):
        storage.delete(name)
    saved = storage.save(name, File(content, name=Path(name).name))
    if saved != name:
        raise CannotRestore(f"{name} could not be written under its own name.")


def fetch(name: str, spool: IO[bytes], digest: str) -> None:
    """A file of the backup, verified. Raises CannotRestore."""
    seen = hashlib.sha256()
    try:
        with backup_home().open(name) as content:
            for chunk in content.chunks(CHUNK):
                seen.update(chunk)
                spool.write(chunk)
    except FileNotFoundError:
        raise CannotRestore(f"The backup lacks {name}. Try an earlier one.") from None
    if seen.hexdigest() != digest:
        raise CannotRestore(f"{name} is not what was backed up: the backup is damaged. Try an earlier one.")
    spool.seek(0)
