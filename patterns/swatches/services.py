"""Taking deliveries in, step by step, and carrying out what curators decide. Plain values in, rows out."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from secrets import token_urlsafe
from tempfile import TemporaryFile
from typing import IO, Any

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F, Q

from ml.errors import PictureError
from patterns.files import remove
from patterns.models import Category
from patterns.swatches.fetch import Fetcher, FetchError
from patterns.swatches.index import looks_like_index
from patterns.swatches.models import Delivery, Item
from patterns.swatches.queries import category_by_class
from patterns.swatches.sources import FolderSource, IndexSource, Source, ZipSource, clean_name
from patterns.swatches.taking_in import AlreadyTaken, Known, take_in
from patterns.uploads import UploadError

Kind, State = Delivery.Kind, Item.State
Report = Callable[[int, int], None]  # how many of how many; may raise, to stop between two pictures
fetcher = Fetcher()


def receive(
    files: list[tuple[str, IO[bytes]]], category: Category | None, source: str, licence: str, by: Any = None
) -> Delivery:
    """Keep what was brought, to be taken in later: many pictures, one zip or one index. Raises UploadError."""
    kind = kind_of(files)
    if kind == Kind.PICTURES:
        with TemporaryFile() as packed:
            pack(files, packed)
            return _store(
                kind, f"{len(files)} pictures" if len(files) > 1 else files[0][0], packed, category, source, licence, by
            )
    name, file = files[0]
    with _opened(kind, file):  # an error now, while the person is there, is better than a report later
        pass
    return _store(kind, name, file, category, source, licence, by)


def receive_folder(folder: Path, category: Category | None, source: str, licence: str) -> Delivery:
    """The same for a folder of this machine. One that was not finished is gone on with. Raises UploadError."""
    FolderSource(folder)
    fields = {"kind": Kind.FOLDER, "folder": str(folder.resolve()), "category": category}
    open_ones = Delivery.objects.filter(Q(is_planned=False) | Q(items__state=State.WAITING), **fields)
    known = open_ones.filter(source=source, licence=licence).first()
    name = clean_name(folder.name, 200)
    return known or Delivery.objects.create(**fields, name=name, source=source, licence=licence)


def kind_of(files: list[tuple[str, IO[bytes]]]) -> Delivery.Kind:
    """Decided by content. Raises UploadError for a zip or an index among others."""
    kinds = [_kind_of_one(file) for _, file in files]
    if not kinds:
        raise UploadError("Choose pictures, a zip, or an index.")
    if len(kinds) > 1 and set(kinds) != {Kind.PICTURES}:
        raise UploadError("Bring a zip or an index by itself, not together with other files.")
    return kinds[0]


def _kind_of_one(file: IO[bytes]) -> Delivery.Kind:
    head = file.read(4096)
    file.seek(0)
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return Kind.ZIP
    return Kind.INDEX if looks_like_index(head) else Kind.PICTURES


def pack(files: Iterable[tuple[str, IO[bytes]]], into: IO[bytes]) -> None:
    """Many pictures as one zip, so that a delivery is one file."""
    with zipfile.ZipFile(into, "w", zipfile.ZIP_STORED) as packed:
        for number, (name, file) in enumerate(files, 1):
            inside = clean_name(name, 200).replace("/", "_").replace("\\", "_").lstrip(".") or f"picture {number}"
            with packed.open(zipfile.ZipInfo(inside), "w") as out:
                while piece := file.read(1 << 20):
                    out.write(piece)
    into.seek(0)


def _store(
    kind: Delivery.Kind, name: str, file: IO[bytes], category: Category | None, source: str, licence: str, by: Any
) -> Delivery:
    """The file, then the row. What was brought before, into the same category, and is not finished yet, is that delivery."""
    digest = _digest(file)
    same = Delivery.objects.filter(digest=digest, category=category, source=source, licence=licence)
    if known := same.filter(Q(is_planned=False) | Q(items__state=State.WAITING)).first():
        return known
    delivery = Delivery(kind=kind, name=clean_name(name, 200), category=category, source=source, licence=licence)
    delivery.digest, delivery.by = digest, by
    suffix = ".csv" if kind == Kind.INDEX else ".zip"
    delivery.file = default_storage.save(f"deliveries/{token_urlsafe(18)}{suffix}", File(file))
    try:
        delivery.save()
    except BaseException:
        remove(default_storage, str(delivery.file.name))
        raise
    return delivery


def _digest(file: IO[bytes]) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(1 << 20):
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()


@contextmanager
def _opened(kind: str, file: IO[bytes]) -> Iterator[Source]:
    if kind == Kind.INDEX:
        yield IndexSource(file.read(), fetcher)
    else:
        yield ZipSource(file)
    file.seek(0)


@contextmanager
def source_of(delivery: Delivery) -> Iterator[Source]:
    """Where a delivery's pictures are read from. Raises UploadError when it is gone."""
    if delivery.kind == Kind.FOLDER:
        yield FolderSource(Path(delivery.folder))
        return
    try:
        opened = delivery.file.open("rb")
    except (OSError, ValueError):
        raise UploadError("The file of this delivery is no longer there. Bring it again.") from None
    with opened, _opened(delivery.kind, opened) as source:
        yield source


def run_delivery(delivery: Delivery, report: Report = lambda done, total: None) -> dict[str, int]:
    """Take in everything that still waits, one picture after the other; returns how many items ended how.

    Killed at any moment and called again, it goes on with the next picture: each is settled in the transaction that keeps its swatches.
    ``report`` is called after each; what it raises ends this call. Raises UploadError when the delivery itself cannot be read.
    """
    something_waits = not delivery.is_planned or delivery.items.filter(state=State.WAITING).exists()
    if something_waits:  # else its file may be gone already
        _take_what_waits(delivery, report)
    _let_file_go(delivery)
    return {state: delivery.items.filter(state=state).count() for state in (State.DONE, State.KNOWN, State.FAILED)}


def _take_what_waits(delivery: Delivery, report: Report) -> None:
    with source_of(delivery) as source:
        if not delivery.is_planned:
            plan(delivery, source)
        total = delivery.items.count()
        waiting = delivery.items.filter(state=State.WAITING).select_related("category")
        left = waiting.count()
        known: dict[int, Known] = {}
        report(total - left, total)
        while item := waiting.first():
            take_one(item, delivery, source, known)
            left -= 1
            report(total - left, total)


def plan(delivery: Delivery, source: Source) -> None:
    """Every picture gets its item, all at once; with a category chosen, lines of an index that name another are left aside."""
    by_class = category_by_class()
    items = []
    for entry in source.entries():
        category = by_class(entry.class_name) if _names_classes(delivery) else delivery.category
        if delivery.kind == Kind.INDEX and delivery.category and category != delivery.category and not entry.error:
            continue
        error = entry.error or ("" if category else no_such_category(entry.class_name))
        state = State.FAILED if error else State.WAITING
        items.append(
            Item(
                delivery=delivery,
                number=entry.number,
                name=entry.name,
                category=category,
                cut=entry.cut,
                state=state,
                note=error[:400],
            )
        )
    with transaction.atomic():
        if Delivery.objects.filter(pk=delivery.pk, is_planned=False).update(is_planned=True):
            Item.objects.bulk_create(items, 500)
    delivery.is_planned = True


def _names_classes(delivery: Delivery) -> bool:
    return delivery.kind == Kind.INDEX or delivery.category is None


def no_such_category(name: str) -> str:
    if not name:
        return "It lies in no folder, so nothing says which category it belongs to."
    return f"There is no category “{clean_name(name, 60)}”. Make it, and bring this again; nothing comes twice."


def take_one(item: Item, delivery: Delivery, source: Source, known: dict[int, Known]) -> None:
    """Settle one item, whatever it is: kept, nothing new, or failed with the reason."""
    category = item.category
    try:
        if category is None:
            raise UploadError("Its category is no longer there.")
        content = source.read(item.number, item.name)
        if category.pk not in known:
            known[category.pk] = Known(category)
        take_in(item, delivery, category, content, known[category.pk])
    except AlreadyTaken:
        pass
    except (UploadError, PictureError, FetchError) as error:
        with transaction.atomic():
            Item.objects.filter(pk=item.pk, state=State.WAITING).update(state=State.FAILED, note=str(error)[:400])


def _let_file_go(delivery: Delivery) -> None:
    """A zip that is taken in holds nothing more; an index is kept, for its failures may be tried again."""
    if delivery.kind in (Kind.ZIP, Kind.PICTURES) and delivery.file:
        name = str(delivery.file.name)
        if Delivery.objects.filter(pk=delivery.pk, file=name).update(file=""):
            transaction.on_commit(partial(remove, default_storage, name))
        delivery.file = None


def try_failures_again(delivery: Delivery) -> int:
    """The addresses of an index that did not answer wait once more. Returns how many."""
    failed = delivery.items.filter(state=State.FAILED, category__isnull=False).exclude(cut={})
    with transaction.atomic():
        Delivery.objects.filter(pk=delivery.pk).update(times_asked=F("times_asked") + 1)
        return failed.update(state=State.WAITING, note="")
