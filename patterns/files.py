"""Files and rows that come and go together.

Coming: files first, under random names, then the row; on any failure the files go again. Going: the row first, then its
files. So there is never a row without its files; a crash in between leaves at most files without a row, which
``manage.py sweep_files`` removes.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.db import models, transaction
from django.db.models.signals import post_delete

log = logging.getLogger(__name__)
Write = Callable[[str, str, bytes], str]


@contextmanager
def new_files(storage: Storage) -> Iterator[Write]:
    """Gives ``write(folder, suffix, content) -> name``; what was written is removed again when the block fails."""
    written: list[str] = []

    def write(folder: str, suffix: str, content: bytes) -> str:
        name = storage.save(f"{folder}/{secrets.token_urlsafe(18)}{suffix}", ContentFile(content))
        written.append(name)
        return name

    try:
        yield write
    except BaseException:
        for name in written:
            remove(storage, name)
        raise


def remove(storage: Storage, name: str) -> None:
    """Delete a file; one that cannot be reached now is left to the sweeper."""
    try:
        storage.delete(name)
    except Exception:  # a file left over is an orphan, never worth a failed request
        log.warning("a file could not be deleted and is left to sweep_files", exc_info=True)


def unwrapped(storage: Storage) -> Storage:
    """The storage itself behind a name that is looked up at first use."""
    bool(storage)  # looks it up
    return getattr(storage, "_wrapped", storage)


def file_fields(model: type[models.Model]) -> list[models.FileField]:
    return [field for field in model._meta.get_fields() if isinstance(field, models.FileField)]


def take_files_along(model: type[models.Model]) -> None:
    """From here on a deleted row of this model takes its files with it, however it was deleted."""
    post_delete.connect(_remove_files, sender=model, dispatch_uid=f"files-of-{model.__name__}")


def _remove_files(sender: type[models.Model], instance: models.Model, **_: Any) -> None:
    for field in file_fields(sender):
        held = getattr(instance, field.name)
        if held:
            transaction.on_commit(partial(remove, field.storage, held.name))
