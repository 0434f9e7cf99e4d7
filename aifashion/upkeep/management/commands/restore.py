"""Bring back a backup into an empty database and storage: ``manage.py migrate && manage.py restore``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from aifashion.upkeep.backups import sizes, stamps
from aifashion.upkeep.restoring import CannotRestore, restore


class Command(BaseCommand):
    help = "Bring back the latest backup, or the one named, into an empty database and storage."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("stamp", nargs="?", default="", help="which backup, such as 20260131T030000Z; see --list")
        parser.add_argument("--list", action="store_true", help="say which backups there are")

    def handle(self, *args: Any, stamp: str, **options: Any) -> None:
        if options["list"]:
            self.stdout.write("\n".join(stamps()) or "There is no backup.")
            return
        try:
            listing = restore(stamp)
        except CannotRestore as error:
            raise CommandError(str(error)) from None
        files, size = sizes(listing)
        self.stdout.write(
            f"Restored {listing.stamp}: {sum(listing.rows.values())} rows, {files} files, {size / 1e6:.1f} MB."
        )
        if listing.lost:
            self.stderr.write(f"{len(listing.lost)} files were gone when it was made: run `manage.py reconcile`.")
