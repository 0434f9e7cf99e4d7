"""Where model files lie: in the package those that ship with it, in ``MODELS_ROOT`` those made at run time.

A version names its files and their SHA-256; both kinds are verified when they are loaded. Where people's files are in a bucket, models
made at run time are kept there too, and fetched into ``MODELS_ROOT`` when they are first needed.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage, default_storage

from patterns.files import unwrapped


def model_path(name: str) -> Path:
    """The file of this name, relative to the bundle or to ``MODELS_ROOT``; it may be absent."""
    from ml.bundle import BUNDLED

    if (BUNDLED / name).is_file():
        return BUNDLED / name
    made = Path(settings.MODELS_ROOT) / name
    if not made.is_file() and _bucket() and default_storage.exists(_in_bucket(name)):
        with default_storage.open(_in_bucket(name)) as there:
            _write(made, there)
    return made


def keep_model_file(source: Path, name: str) -> None:
    """Copy a fresh file to where :func:`model_path` finds it. Doing it twice does no harm."""
    with source.open("rb") as content:
        _write(Path(settings.MODELS_ROOT) / name, content)
    if _bucket() and not default_storage.exists(_in_bucket(name)):
        with source.open("rb") as content:
            default_storage.save(_in_bucket(name), File(content))


def home_of_made_models() -> tuple[Storage, str]:
    """Where models made at run time are kept: a storage, and the folder in it."""
    if _bucket():
        return default_storage, "models"
    return FileSystemStorage(location=settings.MODELS_ROOT), ""


def is_bundled(name: str) -> bool:
    from ml.bundle import BUNDLED

    return (BUNDLED / name).is_file()


def _write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    with beside.open("wb") as file:
        shutil.copyfileobj(content, file)
    beside.replace(path)


def _in_bucket(name: str) -> str:
    return f"models/{name}"


def _bucket() -> bool:
    return not isinstance(unwrapped(default_storage), FileSystemStorage)
