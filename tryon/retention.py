"""How long a person's photo stays: a day after its last use, unless the person keeps it. What was made of it goes with it."""

from __future__ import annotations

import io
import logging
from collections.abc import Hashable
from typing import Any

from django.core.management import call_command
from django.db.models.signals import post_delete
from django.utils import timezone

from patterns.jobs.chores import every
from patterns.queries import one_by_one
from tryon import live, masks, mend, queries
from tryon.models import Photo
from tryon.services import delete_photo

log = logging.getLogger(__name__)


@every(hours=1)
def sweep_photos() -> int:
    """Delete every photo whose time has come, the results made with it, and every file of theirs; returns how many photos."""
    swept = 0
    for photo in one_by_one(queries.photos_over()):  # less those used again, or kept, in the meantime
        delete_photo(photo)
        swept += 1
    if swept:
        log.info("%s photos deleted, a day after their last use", swept)
    return swept


@every(days=1)
def sweep_files() -> None:
    """What a storage that was away could not delete at the time."""
    call_command("sweep_files", stdout=io.StringIO())


def choose(photo: Photo, is_kept: bool) -> None:
    """The person keeps the photo, or lets it go: then its day begins now."""
    Photo.objects.filter(pk=photo.pk).update(is_kept=is_kept, last_used_at=timezone.now())


def connect() -> None:
    """From here on a deleted photo leaves this process's memory as well; the other processes forget within the hour."""
    post_delete.connect(_forget, sender=Photo, dispatch_uid="forget-deleted-photos")


def _forget(sender: type[Photo], instance: Photo, **_: Any) -> None:
    names = {instance.screen.name, instance.evidence.name, instance.labels.name}

    def is_of_photo(key: Hashable) -> bool:
        return (key[0] if isinstance(key, tuple) else key) in names

    for memory in (live.packs, mend.benches, masks.known_areas):
        memory.forget(is_of_photo)
