"""Take in swatches from a folder, a zip or an index. Stopped and started again, it goes on where it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from patterns.models import Category
from patterns.swatches.models import Delivery, Item
from patterns.swatches.services import receive, receive_folder, run_delivery
from patterns.uploads import UploadError


class Command(BaseCommand):
    help = (
        "Take in swatches from a folder, a zip, or an index (CSV: class, address, size, crop, scales). Without --category, folders "
        "inside a folder or zip, or the classes of an index, name the categories. Run it again after an interruption: it goes on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="a folder, a .zip or a .csv")
        parser.add_argument("--category", default="", help="slug of the category; of an index, only its lines")
        parser.add_argument("--source", required=True, help="who made the pictures, or where they were published")
        parser.add_argument("--licence", required=True, help="what allows to train with them, such as CC0")

    def handle(self, *args: Any, path: Path, category: str, source: str, licence: str, **options: Any) -> None:
        if not source.strip() or not licence.strip():
            raise CommandError("Source and licence may not be empty.")
        chosen = Category.objects.filter(slug=category).first()
        if category and chosen is None:
            raise CommandError(f"There is no category “{category}”; make it in admin first.")
        try:
            delivery = self.receive(path, chosen, source.strip()[:300], licence.strip()[:100])
            counts = run_delivery(delivery, self.progress)
        except UploadError as error:
            raise CommandError(str(error)) from None
        for item in delivery.items.filter(state=Item.State.FAILED):
            self.stderr.write(f"{item.name}: {item.note}")
        kept, known, failed = counts["done"], counts["known"], counts["failed"]
        self.stdout.write(f"{kept} pictures kept, {known} with nothing new, {failed} failed (delivery {delivery.pk}).")

    def receive(self, path: Path, category: Category | None, source: str, licence: str) -> Delivery:
        if path.is_dir():
            return receive_folder(path, category, source, licence)
        try:
            with path.open("rb") as file:
                return receive([(path.name, file)], category, source, licence)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from None

    def progress(self, done: int, total: int) -> None:
        if done % 100 == 0:
            self.stdout.write(f"{done} of {total}")
