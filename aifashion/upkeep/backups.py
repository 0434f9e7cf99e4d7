"""Backups: every row as a line of JSON, read in one moment, and every file that those rows name.

``rows/<stamp>.jsonl.gz`` and ``lists/<stamp>.json`` are one backup's own. Files lie in ``files/``, once for all backups: a file of ours
has a random name and never changes, so that a night copies only what is new. Pruning removes old backups and the files only they had.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import IO, Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage, storages
from django.core.serializers.json import DjangoJSONEncoder
from django.core.serializers.jsonl import Serializer
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from aifashion.upkeep.holdings import HOMES, MODELS, kept_models, named_files, walk
from patterns.model_files import home_of_made_models

STAMP = "%Y%m%dT%H%M%SZ"
CHUNK = 1024 * 1024


@dataclass
class Listing:
    """What one backup holds. files: "home/name" → (SHA-256, bytes), the home being one of STORAGES or "models".

    lost: named by a row, but not there when it was copied.
    """

    stamp: str
    migrations: list[str]
    rows: dict[str, int] = field(default_factory=dict)
    rows_sha256: str = ""
    files: dict[str, tuple[str, int]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)


class Exact(DjangoJSONEncoder):
    """Django's own shortens times to milliseconds."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


def backup_home() -> Storage:
    return storages["backup"]


def make_backup(now: datetime | None = None) -> Listing:
    """Back up everything to ``STORAGES["backup"]``. The listing is written last: without it there is no backup."""
    home = backup_home()
    listing = Listing((now or timezone.now()).strftime(STAMP), applied_migrations())
    known = {name: entry for stamp in stamps() for name, entry in read_listing(stamp).files.items()}
    with tempfile.TemporaryFile() as spool:
        with one_moment():
            listing.rows, listing.rows_sha256 = write_rows(spool)
            wanted = named_files()
        put(home, f"rows/{listing.stamp}.jsonl.gz", File(spool))
    for alias in HOMES:
        for name in sorted(wanted[alias]):
            copy_file(storages[alias], home, alias, name, known, listing)
    models, folder = home_of_made_models()
    for name in walk(models, folder):
        copy_file(models, home, MODELS, name, known, listing, folder)
    put(home, f"lists/{listing.stamp}.json", ContentFile(json.dumps(asdict(listing)).encode()))
    return listing


@contextmanager
def one_moment() -> Iterator[None]:
    """All that is read inside is as it was at one moment, whatever others write meanwhile; nobody waits for it."""
    if connection.vendor == "sqlite":
        connection.transaction_mode = "DEFERRED"  # type: ignore[attr-defined]  # a reader need not lock writers out
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def write_rows(spool: IO[bytes]) -> tuple[dict[str, int], str]:
    """All rows, packed; how many of each model, and the SHA-256 of what was written."""
    counts: dict[str, int] = {}
    with gzip.open(spool, "wt", encoding="utf-8") as packed:
        for model in kept_models():
            rows = model._base_manager.order_by("pk")
            counts[model._meta.label_lower] = rows.count()
            Serializer().serialize(rows.iterator(), stream=packed, cls=Exact)
    spool.seek(0)
    digest = hashlib.file_digest(spool, "sha256").hexdigest()  # type: ignore[arg-type]
    spool.seek(0)
    return counts, digest


def copy_file(
    source: Storage,
    home: Storage,
    alias: str,
    name: str,
    known: dict[str, tuple[str, int]],
    listing: Listing,
    folder: str = "",
) -> None:
    place = f"{alias}/{name.removeprefix(folder).lstrip('/')}"
    is_there = home.exists(f"files/{place}")
    if place in known and is_there:
        listing.files[place] = known[place]
        return
    try:
        with source.open(name) as content:
            listing.files[place] = digest_and_size(content)
            if is_there:
                home.delete(f"files/{place}")  # cut short by a kill, in an earlier night
            content.seek(0)
            put(home, f"files/{place}", File(content))
    except FileNotFoundError:  # its owner deleted it a moment ago, or it was lost before: `reconcile` tells which
        listing.lost.append(place)


def digest_and_size(content: File[Any]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for chunk in content.chunks(CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return digest.hexdigest(), size


def put(home: Storage, name: str, content: File[Any]) -> None:
    saved = home.save(name, content)
    if saved != name:
        raise FileExistsError(f"{name} was there already; two backups run at once.")


def stamps() -> list[str]:
    """All complete backups, oldest first."""
    return sorted(name.removeprefix("lists/").removesuffix(".json") for name in walk(backup_home(), "lists"))


def read_listing(stamp: str) -> Listing:
    with backup_home().open(f"lists/{stamp}.json") as file:
        told = json.load(file)
    told["files"] = {name: (digest, size) for name, (digest, size) in told["files"].items()}
    return Listing(**told)


def prune(keep_latest: int) -> int:
    """Remove all backups but the latest ones, and files that only they had. Returns how many files went."""
    home, all_stamps = backup_home(), stamps()
    for stamp in all_stamps[:-keep_latest]:
        home.delete(f"lists/{stamp}.json")  # first: from here on it is no backup
        home.delete(f"rows/{stamp}.jsonl.gz")
    needed = {f"files/{name}" for stamp in all_stamps[-keep_latest:] for name in read_listing(stamp).files}
    unneeded = [name for name in walk(home, "files") if name not in needed]
    for name in unneeded:
        home.delete(name)
    return len(unneeded)


def applied_migrations() -> list[str]:
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


def sizes(listing: Listing) -> tuple[int, int]:
    """Files, bytes."""
    return len(listing.files), sum(size for _, size in listing.files.values())
