"""Which of our rows take their files along when they go; how files and rows come and go together, patterns/files.py says."""

from __future__ import annotations

from patterns.files import Write, file_fields, new_files, remove, take_files_along

__all__ = ["Write", "connect", "file_fields", "new_files", "remove"]


def connect() -> None:
    """From here on a deleted Photo, Result or StockGarment takes its files with it, however it was deleted."""
    from tryon.models import Photo, Result, StockGarment

    for model in (Photo, Result, StockGarment):
        take_files_along(model)
