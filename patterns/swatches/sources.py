"""Where the pictures of a delivery lie, and their bytes: a zip, a folder, the internet.

Nothing is ever unpacked to disk, so no name in a zip leads anywhere; each picture is read up to the size of an upload and no further,
so a bomb goes off in nobody's memory.
"""

from __future__ import annotations

import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any, Protocol

from patterns.swatches.fetch import Fetcher
from patterns.swatches.index import Line, read_index
from patterns.uploads import MAX_BYTES, UploadError

MOST_PICTURES = 20_000
_LITTER = {"__macosx", "thumbs.db", "desktop.ini"}
_TABLE_BYTES = 16 * 1024 * 1024  # of the list of files at a zip's end: read whole, whatever else is in it


@dataclass(frozen=True)
class Entry:
    """One picture: a number that stays the same, a name to show, and the class it is filed under, if any."""

    number: int
    name: str
    class_name: str = ""
    cut: dict[str, Any] = field(default_factory=dict)
    error: str = ""


class Source(Protocol):
    def entries(self) -> Iterator[Entry]: ...

    def read(self, number: int, name: str) -> bytes:
        """Raises UploadError or FetchError with a sentence for the report."""


class ZipSource:
    """Raises UploadError when the file is no zip, or has more in it than we take."""

    def __init__(self, file: IO[bytes]) -> None:
        try:
            end = zipfile._EndRecData(file)  # type: ignore[attr-defined]
            if end and end[5] > _TABLE_BYTES:
                raise UploadError(f"This zip has more than {MOST_PICTURES:,} files in it. Make smaller ones.")
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeError, RecursionError):
            raise UploadError("This zip cannot be read; it may be torn. Pack it again, and choose it again.") from None
        self._infos = self._zip.infolist()
        if len(self._infos) > MOST_PICTURES:
            raise UploadError(f"This zip has more than {MOST_PICTURES:,} files in it. Make smaller ones.")
        if not any(True for _ in self.entries()):
            raise UploadError("There are no files in this zip.")

    def entries(self) -> Iterator[Entry]:
        for number, info in enumerate(self._infos, 1):
            if not info.is_dir() and not is_litter(info.filename):
                yield entry_of(number, info.filename)

    def read(self, number: int, name: str) -> bytes:
        if not 1 <= number <= len(self._infos):
            raise UploadError("It is no longer in the zip.")
        info = self._infos[number - 1]
        if info.flag_bits & 1:
            raise UploadError("It is locked with a password. Pack the zip again without one.")
        if info.compress_type not in (
            zipfile.ZIP_STORED,
            zipfile.ZIP_DEFLATED,
        ):  # others may ask for gigabytes of memory
            raise UploadError("It is packed in an unusual way. Pack the zip again with ordinary compression.")
        try:
            with self._zip.open(info) as opened:
                content = opened.read(MAX_BYTES + 1)
        except (
            zipfile.BadZipFile,
            zlib.error,
            OSError,
            EOFError,
            ValueError,
            NotImplementedError,
            RuntimeError,
            KeyError,
        ):
            raise UploadError("It cannot be unpacked; the zip is damaged here.") from None
        return whole_picture(content)


class FolderSource:
    """Files below a folder of this machine, in the order of their names. Links are not followed. Raises UploadError."""

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise UploadError(f"There is no folder {root}.")
        self._root = root
        self._paths = sorted(
            path for path in root.rglob("*") if not path.is_symlink() and path.is_file() and not self._is_litter(path)
        )
        if not self._paths:
            raise UploadError(f"There are no files in {root}.")

    def _is_litter(self, path: Path) -> bool:
        return is_litter(path.relative_to(self._root).as_posix())

    def entries(self) -> Iterator[Entry]:
        for number, path in enumerate(self._paths, 1):
            yield entry_of(number, path.relative_to(self._root).as_posix())

    def read(self, number: int, name: str) -> bytes:
        path = self._root / name  # by name: files may have come or gone since it was numbered
        if self._root.resolve() not in path.resolve().parents:
            raise UploadError("It lies outside the folder.")
        try:
            with path.open("rb") as opened:
                return whole_picture(opened.read(MAX_BYTES + 1))
        except OSError:
            raise UploadError("It is no longer in the folder, or may not be read.") from None


class IndexSource:
    """Raises UploadError when the content is no index."""

    def __init__(self, content: bytes, fetcher: Fetcher) -> None:
        self._lines: list[Line] = read_index(content)
        self._fetcher = fetcher

    def entries(self) -> Iterator[Entry]:
        for line in self._lines:
            yield Entry(line.number, line.address or "(no address)", line.class_name, line.cut, line.error)

    def read(self, number: int, name: str) -> bytes:
        return self._fetcher.get(name)


def whole_picture(content: bytes) -> bytes:
    """Raises UploadError for what is not worth looking at further."""
    if len(content) > MAX_BYTES:
        raise UploadError(f"It is larger than {MAX_BYTES // 2**20} MB.")
    if content[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        raise UploadError("A zip inside a zip is not opened. Unpack it, and bring it by itself.")
    return content


def is_litter(name: str) -> bool:
    """What computers leave beside pictures: hidden files and folders of thumbnails."""
    return any(part.lower() in _LITTER or part.startswith(".") for part in parts_of(name) if part != "..")


def entry_of(number: int, name: str) -> Entry:
    parts = parts_of(name)
    return Entry(number, clean_name(name), clean_name(parts[0]) if len(parts) > 1 else "")


def parts_of(name: str) -> tuple[str, ...]:
    return PurePosixPath(name.replace("\\", "/")).parts


def clean_name(name: str, longest: int = 300) -> str:
    """A stranger's file name, fit to be shown and stored: no control or direction characters, not too long."""
    shown = "".join("�" if unicodedata.category(c)[0] == "C" else c for c in name)
    return shown if len(shown) <= longest else f"…{shown[-longest + 1 :]}"
