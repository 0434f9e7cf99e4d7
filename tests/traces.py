"""Looking for what should be gone: in every table, in every file, in every version of a bucket's objects, in memory."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib.sessions.models import Session
from django.core.files.storage import FileSystemStorage, storages
from django.db import connection, models

from tryon import live, masks, mend
from tryon.files import file_fields


def words_of(*rows: models.Model) -> set[str]:
    """What would give these rows away wherever it stood: their ids, and the names of their files."""
    words: set[str] = set()
    for row in rows:
        for field in row._meta.concrete_fields:
            value = getattr(row, field.attname)
            if isinstance(value, UUID):
                words |= {value.hex, str(value)}
        words |= {getattr(row, field.name).name for field in file_fields(type(row)) if getattr(row, field.name)}
    return words


def in_tables(words: Iterable[str]) -> list[str]:
    """Every cell of every table of the database that holds one of the words, and every session."""
    wanted = list(words)
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            for row in cursor.fetchall():
                found += [f"{table}: {word}" for word in wanted if any(word in _text(cell) for cell in row)]
    for session in Session.objects.all():
        text = json.dumps(session.get_decoded())
        found += [f"a session: {word}" for word in wanted if word in text]
    return found


def in_storage() -> list[str]:
    """Every private file there is, or, in a bucket, was: each version and each deletion mark."""
    storage: Any = storages["default"]
    if isinstance(storage, FileSystemStorage):
        return [str(path) for path in Path(storage.location).rglob("*") if path.is_file()]
    return [f"{each.object_key} {each.id}" for each in storage.bucket.object_versions.all()]


def in_memory() -> int:
    """How many things made of people's pictures this process remembers."""
    return sum(len(memory) for memory in (live.packs, mend.benches, masks.known_areas))


def _text(cell: Any) -> str:
    if isinstance(cell, bytes | memoryview):
        return bytes(cell).decode("latin-1")
    return str(cell)
