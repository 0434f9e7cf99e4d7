"""``/health/live``: the process answers. ``/health/ready``: it can also do its work; each part is named."""

from __future__ import annotations

import errno
import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from patterns.services import check_models
from tryon import garment_models

log = logging.getLogger(__name__)
LEAST_FREE = 200_000_000  # bytes: a few uploads, and what the database writes meanwhile


@require_safe
@never_cache
def live(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "live"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    checks = {
        "database": check_database,
        "storage": check_storage,
        "models": check_model_files,
        "queue": check_queue,
    }
    parts = {name: "ok" if _passes(name, check) else "failed" for name, check in checks.items()}
    well = all(state == "ok" for state in parts.values())
    return JsonResponse({"status": "ready" if well else "not ready", **parts}, status=200 if well else 503)


def check_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def check_storage() -> None:
    for alias in ("default", "catalogue"):
        storage = storages[alias]
        storage.exists("health")
        if isinstance(storage, FileSystemStorage):
            check_folder(Path(storage.location))


def check_folder(folder: Path) -> None:
    """Raises OSError unless a photo could still be written there."""
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"{folder} cannot be written to")
    if shutil.disk_usage(folder).free < LEAST_FREE:
        raise OSError(errno.ENOSPC, f"{folder} is nearly full")


def check_queue() -> None:
    """Raises unless workers can be told of work. Where no broker is named, the database is the queue."""
    if not settings.JOB_BROKER_URL:
        check_database()
        return
    from patterns.jobs.celery_app import check_broker

    check_broker()


def check_model_files() -> None:
    check_models()
    garment_models.check_files()


def _passes(name: str, check: Callable[[], None]) -> bool:
    try:
        check()
    except Exception as error:  # whatever it is, the answer is "not ready" and the log says why
        log.warning("not ready: %s: %s", name, error)
        return False
    return True
