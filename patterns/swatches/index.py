"""The index of the clothing-pattern data set: a line for each picture, with its class, address, crop and scales.

Columns as in ``clothingDataset.csv`` of github.com/lstearns86/clothing-pattern-dataset (Medeiros et al., ASSETS 2017).
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from patterns.swatches.fetch import FetchError, parse
from patterns.uploads import UploadError

COLUMNS = (
    "Class Name",
    "URL",
    "Original Width",
    "Original Height",
    "Crop X",
    "Crop Y",
    "Crop Width",
    "Crop Height",
    "Scales",
)
MOST_BYTES, MOST_LINES, MOST_SCALES = 8 * 1024 * 1024, 20_000, 12
LONGEST_ADDRESS = 2000
_LARGEST = 100_000


@dataclass(frozen=True)
class Line:
    """``cut``: {"size": [w, h], "crop": [x, y, w, h], "scales": [...]}, pixels of the original. ``error``: why it cannot be used."""

    number: int
    class_name: str
    address: str
    cut: dict[str, Any] = field(default_factory=dict)
    error: str = ""


class LineError(ValueError):
    """The message is for the report."""


def looks_like_index(content: bytes) -> bool:
    """Do these first bytes begin like an index, whatever the file is called?"""
    head = content[:4096].removeprefix(b"\xef\xbb\xbf").lower()
    return b"\0" not in head and b"url" in head.split(b"\n")[0] and b"," in head.split(b"\n")[0]


def read_index(content: bytes) -> list[Line]:
    """Every line, the broken ones with their error. Raises UploadError when this is no index at all."""
    if len(content) > MOST_BYTES:
        raise UploadError(
            f"This index is larger than {MOST_BYTES // 2**20} MB. Split it, and bring the parts one by one."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UploadError("This index is not text in UTF-8. Save it as “CSV UTF-8” and choose it again.") from None
    rows = csv.DictReader(io.StringIO(text, newline=""))
    try:
        missing = [column for column in COLUMNS if column not in (rows.fieldnames or ())]
        if missing:
            raise UploadError(
                f"This is not an index of pictures: the column “{missing[0]}” is missing in its first line."
            )
        lines = list(_lines(rows))
    except csv.Error as error:
        raise UploadError(f"This index cannot be read as CSV near line {rows.line_num} ({error}).") from None
    if not lines:
        raise UploadError("This index has no lines after its first.")
    return lines


def _lines(rows: csv.DictReader[str]) -> Iterator[Line]:
    for number, row in enumerate(rows, 1):
        if number > MOST_LINES:
            raise UploadError(
                f"This index has more than {MOST_LINES:,} lines. Split it, and bring the parts one by one."
            )
        name, address = (_text(row.get(column)) for column in ("Class Name", "URL"))
        try:
            yield Line(number, name, address[:LONGEST_ADDRESS], read_cut(row, address))
        except (LineError, FetchError) as error:
            yield Line(number, name, address[:LONGEST_ADDRESS], error=str(error))


def read_cut(row: dict[str, Any], address: str) -> dict[str, Any]:
    """Raises LineError, FetchError."""
    if None in row or any(row[column] is None for column in COLUMNS):
        raise LineError("The line has not as many columns as the first line.")
    if len(address) > LONGEST_ADDRESS:
        raise LineError(f"The address is longer than {LONGEST_ADDRESS} characters.")
    parse(address)
    width, height = (_whole(row, f"Original {side}", 1) for side in ("Width", "Height"))
    x, y = (_whole(row, f"Crop {axis}", 0) for axis in "XY")
    across, down = (_whole(row, f"Crop {side}", 1) for side in ("Width", "Height"))
    if x >= width or y >= height:
        raise LineError("The crop begins outside the picture.")
    return {"size": [width, height], "crop": [x, y, across, down], "scales": _scales(_text(row["Scales"]))}


def _scales(text: str) -> list[float]:
    parts = [part for part in text.split(";") if part.strip()]
    if not 1 <= len(parts) <= MOST_SCALES:
        raise LineError(f"“Scales” needs 1 to {MOST_SCALES} numbers, with semicolons between them.")
    try:
        scales = [float(part) for part in parts]
    except ValueError:
        raise LineError(f"“Scales” has something in it that is not a number: {text[:40]}") from None
    if not all(math.isfinite(scale) and 0.001 <= scale <= 100 for scale in scales):
        raise LineError("Every scale must be between 0.001 and 100.")
    return scales


def _whole(row: dict[str, Any], column: str, least: int) -> int:
    text = _text(row[column])
    if not re.fullmatch(r"[0-9]{1,6}", text) or not least <= int(text) <= _LARGEST:
        raise LineError(f"“{column}” must be a whole number from {least} to {_LARGEST:,}; it is “{text[:20]}”.")
    return int(text)


def _text(value: Any) -> str:
    return str(value or "").replace("\0", "").strip()
