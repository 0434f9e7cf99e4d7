"""Categories out to CSV or JSON, and in again: what would change is known before anything does, and all of it changes, or nothing."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from patterns.models import Category
from patterns.swatches.book import book_of, takes_plain
from patterns.words import in_digits

COLUMNS = ("slug", "name", "blurb", "order", "is_published", "takes_plain")
MOST_BYTES, MOST_ROWS = 256 * 1024, 1000
TRUE, FALSE = {"true", "yes", "1", "on"}, {"false", "no", "0", "off"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class ExchangeError(ValueError):
    """The file as a whole cannot be read. The message is for the person."""


@dataclass(frozen=True)
class Row:
    """What one row of a file would do. ``changes``: (column, before, after); ``is_new``: there is no such category yet."""

    number: int
    slug: str
    values: dict[str, Any] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    changes: list[tuple[str, Any, Any]] = field(default_factory=list)
    is_new: bool = False

    @property
    def does(self) -> str:
        if self.errors:
            return "error"
        return "new" if self.is_new else "changed" if self.changes else "same"


def as_values(category: Category) -> dict[str, Any]:
    return {column: getattr(category, column) for column in COLUMNS[:-1]} | {"takes_plain": takes_plain(category)}


def every_category() -> list[dict[str, Any]]:
    return [as_values(category) for category in Category.objects.select_related("book")]


def to_json() -> str:
    return json.dumps({"categories": every_category()}, ensure_ascii=False, indent=2) + "\n"


def to_csv() -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows([_to_cell(values[column]) for column in COLUMNS] for values in every_category())
    return out.getvalue()


def _to_cell(value: Any) -> str:
    """Text that no spreadsheet takes for a formula: such a cell begins with an apostrophe, which :func:`_from_cell` takes away."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"'{text}" if text.startswith((*_FORMULA, "'")) else text


def _from_cell(text: str) -> str:
    return text[1:] if text[:1] == "'" and text[1:2] in {*_FORMULA, "'"} else text


def read_rows(content: bytes) -> list[dict[str, Any]]:
    """Rows of a CSV or JSON file, decided by content. Raises ExchangeError."""
    if len(content) > MOST_BYTES:
        raise ExchangeError(
            _("This file is larger than %(most)s kB; categories never take that much.") % {"most": MOST_BYTES // 1024}
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ExchangeError(
            _("This file is not text in UTF-8. Save it as “CSV UTF-8” or JSON and choose it again.")
        ) from None
    rows = _read_json(text) if text.lstrip()[:1] in ("{", "[") else _read_csv(text)
    if not rows:
        raise ExchangeError(_("There are no categories in this file."))
    if len(rows) > MOST_ROWS:
        raise ExchangeError(_("This file has more than %(most)s rows.") % {"most": in_digits(MOST_ROWS)})
    return rows


def _read_json(text: str) -> list[dict[str, Any]]:
    try:
        found = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        if isinstance(error, json.JSONDecodeError):
            raise ExchangeError(_("This is not valid JSON (line %(line)s).") % {"line": error.lineno}) from None
        raise ExchangeError(_("This is not valid JSON.")) from None
    rows = found.get("categories") if isinstance(found, dict) else found
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ExchangeError(_("This JSON has no list “categories” of objects."))
    return rows


def _read_csv(text: str) -> list[dict[str, Any]]:
    try:
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise ExchangeError(f"This file cannot be read as CSV ({error}).") from None
    if not rows or not {"slug", "name"} <= set(rows[0]):
        raise ExchangeError("The first line must name the columns, “slug” and “name” among them.")
    head = rows[0]
    named = [dict(zip(head, map(_from_cell, row), strict=False)) for row in rows[1:] if any(row)]
    for row, cells in zip(named, (row for row in rows[1:] if any(row)), strict=True):
        if len(cells) != len(head):
            row["?"] = f"The row has {len(cells)} cells, the first line {len(head)}."
    return named


def plan(rows: Iterable[dict[str, Any]]) -> list[Row]:
    """What each row would do. Nothing is changed."""
    known = {category.slug: category for category in Category.objects.select_related("book")}
    seen: set[str] = set()
    planned = []
    for number, raw in enumerate(rows, 1):
        row = _plan_one(number, raw, known)
        if row.slug in seen:
            row.errors.append(_("“%(name)s” is in this file twice.") % {"name": row.slug})
        seen.add(row.slug)
        planned.append(row)
    return planned


def _plan_one(number: int, raw: dict[str, Any], known: dict[str, Category]) -> Row:
    slug = str(raw.get("slug") or "").strip()
    errors = [str(raw["?"])] if "?" in raw else []
    errors += [
        _("There is no column “%(name)s”.") % {"name": str(name)[:40]} for name in raw if name not in (*COLUMNS, "?")
    ]
    values: dict[str, Any] = {"slug": slug}
    for column in COLUMNS[1:]:
        if column in raw:
            try:
                values[column] = _clean(column, raw[column])
            except ValueError as error:
                errors.append(str(error))
    category = known.get(slug)
    before = as_values(category) if category else {}
    if "?" not in raw:
        errors += _model_errors(category, values)
    changes = [
        (column, before.get(column, ""), value) for column, value in values.items() if before.get(column) != value
    ]
    return Row(number, slug, values, errors, changes if category else [], category is None)


def _clean(column: str, value: Any) -> Any:
    """Raises ValueError with a sentence."""
    if column in ("is_published", "takes_plain"):
        text = str(value).strip().lower()
        if text not in TRUE | FALSE:
            raise ValueError(
                _("“%(column)s” must be true or false; it is “%(value)s”.")
                % {"column": column, "value": str(value)[:40]}
            )
        return text in TRUE
    if column == "order":
        text = str(value).strip()
        if not (text.isascii() and text.isdigit() and int(text[:9]) <= 32767):
            raise ValueError(
                _("“order” must be a whole number from 0 to %(most)s; it is “%(value)s”.")
                % {"most": in_digits(32767), "value": text[:40]}
            )
        return int(text)
    if not isinstance(value, str) or "\0" in value:
        raise ValueError(_("“%(column)s” must be text.") % {"column": column})
    return value.strip()


def _model_errors(category: Category | None, values: dict[str, Any]) -> list[str]:
    tried = copy(category) if category else Category()
    for column, value in values.items():
        if column != "takes_plain":
            setattr(tried, column, value)
    try:
        tried.full_clean()
    except ValidationError as error:
        return [f"“{name}”: {' '.join(sentences)}" for name, sentences in error.message_dict.items()]
    return []


def carry_out(planned: list[Row]) -> list[tuple[Category, Row]]:
    """Do what was planned, all of it or nothing. Categories that the file does not name stay as they are.

    Returns what became new or changed. Raises ExchangeError when a row has an error.
    """
    if any(row.errors for row in planned):
        raise ExchangeError(_("Nothing was changed: mend the rows with errors first."))
    with transaction.atomic():
        return [(_save(row), row) for row in planned if row.does != "same"]


def _save(row: Row) -> Category:
    fields = {column: value for column, value in row.values.items() if column not in ("slug", "takes_plain")}
    category, _ = Category.objects.update_or_create(slug=row.slug, defaults=fields)
    if "takes_plain" in row.values:
        book = book_of(category)
        book.takes_plain = row.values["takes_plain"]
        book.save(update_fields=["takes_plain"])
    return category
